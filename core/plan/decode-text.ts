/** Where the text of a field is, and what it means where there is none: nulls, missing fields, values of another type. */

import type { DecodeOptions } from '../decode-rule.ts';
import { tags, type Tag } from '../formats/format.ts';
import { literal, literals, quote } from '../sql.ts';
import type { Reading, ValueType } from '../types/type.ts';
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
  /** The tag that most texts have that the column takes; null where there is no tag. */
  readonly usualTag: Tag | null;
  /** The text to decode, NULL where there is none. */
  readonly text: string;
  readonly layers: readonly (readonly Made[])[];
  /** Asked in this order. */
  readonly absences: readonly Absence[];
  /** A value of another JSON type: when, and the list of reasons. */
  readonly mismatch: { readonly when: string; reasons(column: string, noun: string): string } | null;
}

/** Where a received text stands. */
export interface TextSource {
  /** The engine column, quoted. */
  readonly text: string;
  /** What the text was in JSON, as SQL; null where the format has no tags. */
  readonly tag: string | null;
}

export interface TextInput {
  /** Null where the object has no such field. */
  readonly source: TextSource | null;
  readonly at: number;
  readonly type: ValueType;
  readonly reading: Reading;
  /** Whether a null in a format that has no "missing" counts as undefined. */
  readonly undefinable: boolean;
}

/** TRUE where every field has the tag that its column takes mostly: then no tag is looked at by itself. */
export const USUAL = '"_usual"';

/** The text of a field as JSON's tags have it, or as it is. */
export function textOf(input: TextInput): Text {
  const { source } = input;
  if (source === null) {
    const absences: readonly Absence[] = [{ when: 'TRUE', as: 'missing', found: 'nothing' }];
    return {
      received: 'NULL::VARCHAR',
      text: 'NULL::VARCHAR',
      usualTag: null,
      layers: [],
      absences,
      mismatch: null,
    };
  }
  return source.tag === null ? plainText(input, source.text) : taggedText(input, source.text, source.tag);
}

/** The received text of a field for `skip`: what is null or missing in JSON is NULL. */
export const receivedText = ({ text, tag }: TextSource): string =>
  tag === null ? text : untagged(text, tag);

const untagged = (text: string, tag: string): string =>
  `CASE WHEN ${isOneOf(tag, ofValues)} THEN ${text} END`;

/** The engine may give the empty field as NULL; it is the empty text. */
function plainText({ at, type, reading: { rule }, undefinable }: TextInput, source: string): Text {
  const as = undefinable ? 'missing' : 'null';
  const trimmed = rule.trim === true ? trim(source) : source;
  const given = type.emptyIsValue ? `coalesce(${trimmed}, '')` : trimmed;
  const read = withoutNulls(given, rule);
  const text = read === source ? source : quote(`_t${at}`);
  const none: Absence = { when: `coalesce(${text} = '', TRUE)`, as, found: 'none' };
  const nulls: Absence = { when: `${text} IS NULL`, as, found: 'none' };
  return {
    usualTag: null,
    received: type.emptyIsValue ? `coalesce(${source}, '')` : `nullif(${source}, '')`,
    text,
    layers: read === source ? [] : [[[text, read]]],
    absences: type.emptyIsValue ? (rule.nulls?.length ? [nulls] : []) : [none],
    mismatch: null,
  };
}

/** What is none of these stands for a field that is missing. */
const known = Object.keys(tags) as readonly Tag[];
const ofValues = known.filter((tag) => tag !== 'z');

/** The engine makes a join of a long IN. */
const isOneOf = (tag: string, those: readonly Tag[]): string =>
  `contains(${literal(those.join(''))}, ${tag})`;

/** Rules that speak of how a value is written as text, and so allow a text where JSON has a type of its own. */
const textRules = ['decimal', 'thousands', 'true', 'false', 'nulls', 'trim', 'pattern'] as const;

export const hasTextRule = (rule: DecodeOptions): boolean =>
  textRules.some((name) => rule[name] !== undefined);

function taggedText({ at, type, reading, undefinable }: TextInput, source: string, ownTag: string): Text {
  const { rule } = reading;
  const tag = quote(`_g${at}`);
  const text = quote(`_t${at}`);
  const accepted = type.tags(rule, hasTextRule(rule));
  const usualTag = accepted[0]!;
  const received = untagged(source, ownTag);
  const written = withoutNulls(rule.trim === true ? trim(source) : source, rule);
  const numeral = type.fromNumber === undefined ? source : type.fromNumber(source, reading);
  const byTag = accepted.map(
    (one) => `WHEN ${literal(one)} THEN ${one === 's' ? written : one === 'n' ? numeral : source}`,
  );
  const absences: Absence[] = [
    { when: `NOT ${isOneOf(tag, known)}`, as: 'missing', found: 'nothing' },
    { when: `${tag} = 'z'`, as: 'null', found: 'null' },
  ];
  if (rule.nulls?.length) {
    absences.push({
      when: `${tag} = 's' AND ${text} IS NULL`,
      as: undefinable ? 'missing' : 'null',
      found: 'none',
    });
  }
  return {
    received,
    text,
    usualTag,
    layers: [
      [[tag, `CASE WHEN ${USUAL} THEN ${literal(usualTag)} ELSE ${ownTag} END`]],
      [[text, `CASE ${tag} ${byTag.join(' ')} END`]],
    ],
    absences,
    mismatch: mismatchOf(tag, accepted, received),
  };
}

/** What is said of a value that JSON has as another type than those that are accepted. */
export function mismatchOf(tag: string, accepted: readonly Tag[], received: string): Text['mismatch'] {
  const others = ofValues.filter((one) => !accepted.includes(one));
  return {
    when: `${tag} NOT IN ${literals(accepted)}`,
    reasons(column, noun) {
      const whens = others.map((one) => {
        const message = `expected ${noun}, found ${tags[one]}`;
        return `WHEN ${literal(one)} THEN ${reason(column, 'invalid_type', message, received)}`;
      });
      return `CASE ${tag} ${whens.join(' ')} END`;
    },
  };
}

const withoutNulls = (text: string, { nulls = [] }: DecodeOptions): string =>
  nulls.length === 0 ? text : `CASE WHEN ${text} NOT IN ${literals(nulls)} THEN ${text} END`;

/** What `String.prototype.trim` removes: white space and line ends. */
const trim = (text: string): string => `trim(${text}, ${literal(WHITE_SPACE)})`;
