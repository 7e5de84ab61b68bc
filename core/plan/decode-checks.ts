/** What is asked of a decoded value: checks as SQL where that is exact, or zod as a function inside the scan. */

import type { Parts } from '../schema.ts';
import { quote } from '../sql.ts';
import { checksOf } from '../types/checks-of.ts';
import type { ValueType, ZodFinding } from '../types/type.ts';
import { sentence } from '../words.ts';
import { marks, zodCall } from '../zod-call.ts';
import type { Made } from './decode-text.ts';
import { found, reason, type Fault, type Masked } from './faults.ts';

export interface Judging extends Masked {
  readonly layers: readonly (readonly Made[])[];
  readonly call: { readonly name: string; call(text: string): string | null } | null;
  /** The value after zod, which may have changed it; for a nested one its text. */
  readonly left: string;
  /** TRUE where zod found faults after which it goes on with what it made of the value; null if it never does. */
  readonly continued: string | null;
}

const REMEMBERED = 10_000;

/** The mask is asked only of rows that have a value. */
export function judgingOf(
  column: string,
  at: number,
  parts: Parts,
  type: ValueType,
  value: string,
  received: string,
): Judging {
  const checks = checksOf(parts, type, value);
  const inSql = checks === 'zod' ? [] : checks;
  const faults: Fault[] = inSql.map(({ issue, words, aborts }) => {
    const expects = words ?? sentence(issue) ?? issue.code;
    return {
      code: issue.code,
      expects,
      engine: 'sql',
      aborts,
      reasons: reason(column, issue.code, expects, received),
    };
  });
  const sqlMask = (bits: readonly string[]) =>
    inSql.map(({ broken }, i) => `CASE WHEN ${broken} THEN ${bits[i]} ELSE 0 END`).join(' + ') || '0';
  const unless = [...new Set(inSql.flatMap((check) => check.unless ?? []))];
  if (checks !== 'zod' && unless.length === 0)
    return { faults, layers: [], call: null, left: value, continued: null, mask: sqlMask };

  const name = callName(column, at);
  const [asks, answer] = [quote(`_u${at}`), quote(`_z${at}`)];
  const asked = unless.length > 0 ? asks : `${value} IS NOT NULL`;
  const layers: (readonly Made[])[] = unless.length > 0 ? [[[asks, unless.join(' OR ')]]] : [];
  layers.push([[answer, `CASE WHEN ${asked} THEN ${quote(name)}(${type.shown(value)}) END`]]);
  for (const aborts of [true, false]) {
    const reasons = found(answer, () => received);
    faults.push({
      code: 'zod',
      expects: 'what the schema asks, judged by zod',
      engine: 'zod',
      aborts,
      reasons,
    });
  }
  return {
    faults,
    layers,
    call: { name, call: columnCall(column, parts, type) },
    continued: type.write === undefined ? null : `${answer}[1] = '${marks.continued}'`,
    left:
      type.write === undefined
        ? value
        : `CASE WHEN ${answer}[1] = '${marks.changed}' THEN substr(${answer}, 2) ELSE ${value} END`,
    mask(bits) {
      const byZod = `CASE ${answer}[1] WHEN '${marks.aborted}' THEN ${bits.at(-2)} WHEN '${marks.continued}' THEN ${bits.at(-1)} ELSE 0 END`;
      return unless.length === 0 ? byZod : `CASE WHEN ${asks} THEN ${byZod} ELSE ${sqlMask(bits)} END`;
    },
  };
}

const columnCall = (column: string, parts: Parts, type: ValueType): ((text: string) => string | null) =>
  zodCall({
    schema: parts.schema,
    read: (text) => type.nested?.received(text, parts) ?? { value: type.seen(text, parts) },
    write: type.write,
    finding: (finding) => ({ column, code: finding.code, message: inField(finding) }),
    remembered: REMEMBERED,
  });

const callName = (column: string, at: number): string =>
  /^[A-Za-z][A-Za-z0-9_]*$/.test(column) ? `zod_${column}` : `zod__${at}`;

/** A message with its place inside the value; positions in lists are left out, so that equal faults read the same. */
export function inField({ path, message }: ZodFinding, words = message): string {
  if (path.length === 0) return words;
  const place = path.map((part) => (/^\d+$/.test(part) ? '[]' : `.${part}`)).join('');
  return `at ${place.replace(/^\./, '')}: ${words}`;
}
