/** Where the text of a field is, and what it means where there is none: nulls, missing fields, values of another type. */

import type { DecodeOptions } from '../decode-rule.ts';
import { tags, type Tag } from '../formats/format.ts';
import { literal, literals, quote } from '../sql.ts';
import type { ValueType } from '../types/type.ts';
import { WHITE_SPACE } from '../white-space.ts';
import { reason } from './faults.ts';

/** A column of a layer: its name, already quoted, and its expression. */
export type Made = readonly [name: string, sql: string];

/** A way in which a field can have no text. */
export interface Absence {
  readonly when: string;
  /** What zod is told: that the field is missing (undefined), or null. */
  readonly as: 'missing' | 'null';
  /** What the reason says was found. */
  readonly found: string;
}

export interface Text {
  /** As it was received, NULL for a null or a field that is not there. */
  readonly received: string;
  /** The text to decode, NULL where there is none. */
  readonly text: string;
  readonly layers: readonly (readonly Made[])[];
  /** Asked in this order. */
  readonly absences: readonly Absence[];
  /** A value of another JSON type: when, and the list of reasons. */
  readonly mismatch: { readonly when: string; reasons(column: string, noun: string): string } | null;
}

export interface TextInput {
  /** The engine column, quoted, or null where the object has no such field. */
  readonly source: string | null;
  readonly at: number;
  readonly rule: DecodeOptions;
  readonly type: ValueType;
  /** Whether a null in a format that has no "missing" counts as undefined. */
  readonly undefinable: boolean;
}

/** The text of a field as JSON's tags have it, or as it is. */
export function textOf(input: TextInput, tagged: boolean): Text {
  const { source } = input;
  if (source === null) {
    const absences: readonly Absence[] = [{ when: 'TRUE', as: 'missing', found: 'nothing' }];
    return { received: 'NULL::VARCHAR', text: 'NULL::VARCHAR', layers: [], absences, mismatch: null };
  }
  return tagged ? taggedText(input, source) : plainText(input, source);
}

/** The received text of a tagged field, for reasons and for `skip`. */
export const untagged = (source: string): string =>
  `CASE WHEN ${source} IS NULL OR ${source} IN ('', 'z') OR ${source}[1] = 'z' THEN NULL ELSE substr(${source}, 2) END`;

/** The engine may give the empty field as NULL; it is the empty text. */
function plainText({ at, rule, type, undefinable }: TextInput, source: string): Text {
  const as = undefinable ? 'missing' : 'null';
  const trimmed = rule.trim === true ? trim(source) : source;
  const given = type.emptyIsValue ? `coalesce(${trimmed}, '')` : trimmed;
  const read = withoutNulls(given, rule);
  const text = read === source ? source : quote(`_t${at}`);
  const none: Absence = { when: `coalesce(${text} = '', TRUE)`, as, found: 'none' };
  const nulls: Absence = { when: `${text} IS NULL`, as, found: 'none' };
  return {
    received: type.emptyIsValue ? `coalesce(${source}, '')` : `nullif(${source}, '')`,
    text,
    layers: read === source ? [] : [[[text, read]]],
    absences: type.emptyIsValue ? (rule.nulls?.length ? [nulls] : []) : [none],
    mismatch: null,
  };
}

/** Rules that speak of how a value is written as text, and so allow a text where JSON has a type of its own. */
const textRules = ['decimal', 'thousands', 'true', 'false', 'nulls', 'trim', 'pattern'] as const;

function taggedText({ at, rule, type, undefinable }: TextInput, source: string): Text {
  const tag = quote(`_g${at}`);
  const text = quote(`_t${at}`);
  const accepted = type.tags(
    rule,
    textRules.some((name) => rule[name] !== undefined),
  );
  const whole = `substr(${source}, 2)`;
  const written = withoutNulls(rule.trim === true ? trim(whole) : whole, rule);
  const numeral = type.fromNumber === undefined ? whole : type.fromNumber(whole, rule);
  const byTag = accepted.map(
    (one) => `WHEN ${literal(one)} THEN ${one === 's' ? written : one === 'n' ? numeral : whole}`,
  );
  const absences: Absence[] = [
    { when: `${tag} = ''`, as: 'missing', found: 'nothing' },
    { when: `${tag} = 'z'`, as: 'null', found: 'null' },
  ];
  if (rule.nulls?.length) {
    absences.push({
      when: `${tag} = 's' AND ${text} IS NULL`,
      as: undefinable ? 'missing' : 'null',
      found: 'none',
    });
  }
  const others = (Object.keys(tags) as Tag[]).filter((one) => one !== 'z' && !accepted.includes(one));
  return {
    received: untagged(source),
    text,
    layers: [[[tag, `coalesce(${source}[1], '')`]], [[text, `CASE ${tag} ${byTag.join(' ')} END`]]],
    absences,
    mismatch: {
      when: `${tag} NOT IN ${literals(accepted)}`,
      reasons(column, noun) {
        const whens = others.map((one) => {
          const message = `expected ${noun}, found ${tags[one]}`;
          return `WHEN ${literal(one)} THEN ${reason(column, 'invalid_type', message, untagged(source))}`;
        });
        return `CASE ${tag} ${whens.join(' ')} END`;
      },
    },
  };
}

const withoutNulls = (text: string, { nulls = [] }: DecodeOptions): string =>
  nulls.length === 0 ? text : `CASE WHEN ${text} NOT IN ${literals(nulls)} THEN ${text} END`;

/** What `String.prototype.trim` removes: white space and line ends. */

const trim = (text: string): string => `trim(${text}, ${literal(WHITE_SPACE)})`;
