/** Fields whose values have types of the engine: what JSON would have had in their place, so that both are judged alike. */

import type { DecodeOptions } from '../decode-rule.ts';
import type { Tag } from '../formats/format.ts';
import { quote } from '../sql.ts';
import type { Reading, ValueType } from '../types/type.ts';
import {
  hasTextRule,
  mismatchOf,
  type Absence,
  type Made,
  type Text,
  type TextSource,
} from './decode-text.ts';

/** How the values of a field are told, for one column of the row. SQL of a value is given and taken. */
export interface TypedField {
  /** The engine's type of them. */
  readonly type: string;
  /** What they may be in JSON, and which of these a value is that is not null. */
  readonly tags: readonly Tag[];
  tag(value: string): string;
  /** A value as JSON has it: a text itself, of others the JSON. */
  text(value: string): string;
  /** What a null stands for; `never` where there is none. */
  readonly nullIs: Absence['as'] | 'never';
}

export interface TypedSource extends TextSource {
  readonly value: string;
  readonly field: TypedField;
}

/** A tag that stands for a field that is not there. */
const MISSING = '-';

/** @param value the engine column, quoted. */
export function typedSource(value: string, field: TypedField): TypedSource {
  const ofNull = field.nullIs === 'null' ? 'z' : MISSING;
  return {
    value,
    field,
    text: field.text(value),
    tag:
      field.nullIs === 'never'
        ? field.tag(value)
        : `CASE WHEN ${value} IS NULL THEN '${ofNull}' ELSE ${field.tag(value)} END`,
  };
}

export interface Typed {
  readonly text: Text;
  /** The name of the value, and the layers that make it. */
  readonly value: string;
  readonly layers: readonly (readonly Made[])[];
}

/** The value of a column as it is, or undefined where it is to be read by its text: a rule speaks of that, or the kind asks for it. */
export function typedOf(
  source: TextSource | null,
  at: number,
  rule: DecodeOptions,
  type: ValueType,
  reading: Reading,
): Typed | undefined {
  if (source === null || !('field' in source) || hasTextRule(rule)) return undefined;
  const { value: given, field, text } = source as TypedSource;
  const accepted = type.tags(rule, false);
  if (!field.tags.some((tag) => accepted.includes(tag))) return undefined;
  const made = type.typed?.(given, field.type, reading);
  if (made === undefined) return undefined;
  const isAccepted = field.tags.every((tag) => accepted.includes(tag));
  const absence: Absence =
    field.nullIs === 'null'
      ? { when: `${given} IS NULL`, as: 'null', found: 'null' }
      : { when: `${given} IS NULL`, as: 'missing', found: 'nothing' };
  const isNever = field.nullIs === 'never';
  const received = isNever ? text : `CASE WHEN ${given} IS NOT NULL THEN ${text} END`;
  const value = made === given ? given : quote(`_v${at}_0`);
  return {
    value,
    layers: made === given ? [] : [[[value, made]]],
    text: {
      received,
      text: text,
      usualTag: null,
      layers: [],
      absences: isNever ? [] : [absence],
      mismatch: isAccepted ? null : mismatchOf(field.tag(given), accepted, received),
    },
  };
}
