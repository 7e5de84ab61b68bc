/** One field of a source as one column of the row: its layers of SQL, its value, and what can be wrong with it. */

import type { DecodeOptions } from '../decode-rule.ts';
import type { Tag } from '../formats/format.ts';
import type { Column } from '../row.ts';
import { partsOf } from '../schema.ts';
import { quote } from '../sql.ts';
import { typeOf } from '../types/index.ts';
import type { Reading, ValueType } from '../types/type.ts';
import { judge } from '../zod-call.ts';
import { judgingOf, type Judging } from './decode-checks.ts';
import { lackOf } from './decode-lack.ts';
import { checkRule } from './decode-rules.ts';
import { textOf, type Made, type TextSource } from './decode-text.ts';
import type { Masked } from './faults.ts';
import { typedOf } from './typed-source.ts';

export interface Field extends Masked {
  /** The text as it was received, NULL for a null or a field that is not there. */
  readonly received: string;
  /** The tag that most texts of the column have, or null where the field is not there or has none. */
  readonly usualTag: Tag | null;
  /** Layers over the received text, each over the one before. */
  readonly layers: readonly (readonly Made[])[];
  /** The final value; `fine` is TRUE where the column has no fault, null if it cannot have one. */
  value(fine: string | null): string;
  /** The value as a text for the function that judges the row, and what zod sees of that text. */
  readonly asText: string;
  seen(text: string): unknown;
  readonly call: Judging['call'];
}

export interface FieldInput {
  readonly column: Column;
  readonly at: number;
  readonly rule: DecodeOptions;
  /** Null where the object has no such field. */
  readonly source: TextSource | null;
  readonly tagged: boolean;
}

/** What the text of a value starts with: it is as zod left it, or zod is to say again what it makes of it. */
const VALUE = '=';
const AGAIN = '~';

/** @throws DefinitionError if the rule does not fit the column. */
export function fieldOf({ column, at, rule, source, tagged }: FieldInput): Field {
  const where = `Column ${column.name}`;
  const parts = partsOf(column.schema, where);
  const type = typeOf(parts, where);
  checkRule(rule, type, tagged, where);
  const reading: Reading = { parts, rule, where };
  const typed = typedOf(source, at, rule, type, reading);
  const text = typed?.text ?? textOf({ source, at, type, reading, undefinable: parts.undefinable });
  const [value, decoding] =
    typed === undefined ? stages(type, reading, text.text, at) : [typed.value, typed.layers];
  const lacking = lackOf(column, type, reading, text, decoding.length > 0);
  const judging = judgingOf(column.name, at, parts, type, value, text.received);
  const split = lacking.faults.length;
  return {
    received: text.received,
    usualTag: text.usualTag,
    layers: [...text.layers, ...decoding, ...judging.layers],
    faults: [...lacking.faults, ...judging.faults],
    mask(bits) {
      const judged = judging.mask(bits.slice(split));
      return split === 0
        ? judged
        : `CASE WHEN ${value} IS NULL THEN ${lacking.mask(bits.slice(0, split))} ELSE ${judged} END`;
    },
    value(fine) {
      const own = type.nested === undefined ? judging.left : type.nested.read(judging.left, parts, where);
      const { fills } = lacking;
      const filled =
        fills.length === 0 ? own : `CASE WHEN ${value} IS NOT NULL THEN ${own} ${fills.join(' ')} END`;
      // A value that could not be read is NULL already.
      const mayBeWrong = fine !== null && (filled !== value || judging.faults.length > 0);
      const kept = mayBeWrong ? `CASE WHEN ${fine} THEN ${filled} END` : filled;
      return type.final === undefined ? kept : type.final(kept);
    },
    asText: `CASE ${judging.continued === null ? '' : `WHEN ${judging.continued} THEN '${AGAIN}' || ${judging.left} `}WHEN ${value} IS NOT NULL THEN '${VALUE}' || ${type.write === undefined ? type.shown(value) : judging.left}
      ${lacking.said.map(({ when }, i) => `WHEN ${when} THEN '${i}'`).join(' ')} END`,
    seen(shown) {
      const given = shown.slice(1);
      if (shown.startsWith(VALUE)) return type.seen(given, parts);
      if (shown.startsWith(AGAIN)) return judge(column.schema, type.seen(given, parts)).value;
      return lacking.said[Number(shown)]?.value;
    },
    call: judging.call,
  };
}

/** The layers from a text to a value, and the value's name; a stage that changes nothing makes no layer. */
function stages(type: ValueType, reading: Reading, text: string, at: number): [string, (readonly Made[])[]] {
  const layers: (readonly Made[])[] = [];
  let value = text;
  for (const [i, stage] of type.decode(reading).entries()) {
    const next = stage(value, text);
    if (next === value) continue;
    value = quote(`_v${at}_${i}`);
    layers.push([[value, next]]);
  }
  return [value, layers];
}
