/**
 * What a kind of value is: how its schema is recognised, what the engine and the table hold, how text becomes it. A
 * kind is pure data and functions from SQL to SQL; running it, and telling the faults of a row, is done elsewhere.
 */

import type { DecodeOptions } from '../decode-rule.ts';
import type { Tag } from '../formats/format.ts';
import type { DeltaType } from '../delta-type.ts';
import type { CheckDef, Parts } from '../schema.ts';
import type { IssueFacts } from '../words.ts';

/** An issue as it leaves zod. */
export interface ZodFinding {
  readonly code: string;
  readonly message: string;
  readonly path: readonly string[];
}

/** The value that zod sees of a text, or what is wrong with the text itself: then zod is not asked. */
export type Received = { readonly value: unknown } | { readonly fault: ZodFinding };

/** The rules by which a text is read, beside the field's name, trimming and null texts, which all kinds know. */
export type RuleName = Exclude<keyof DecodeOptions, 'from' | 'nulls' | 'trim'>;

/** A layer of decoding: an SQL expression made of what the layer below made, and of the received text. */
export type Stage = (below: string, text: string) => string;

export interface Held {
  readonly sql: string;
  readonly delta: DeltaType;
}

/** How one field is read. */
export interface Reading {
  readonly parts: Parts;
  readonly rule: DecodeOptions;
  readonly where: string;
}

/** A check as SQL: a row for which `broken` is TRUE has the issue. */
export interface Broken {
  readonly broken: string;
  readonly issue: IssueFacts;
  /** The definition's own words for it. */
  readonly words?: string | undefined;
  /** zod goes no further with this value (`invalid_value`). */
  readonly aborts: boolean;
  /** TRUE where zod and not SQL must decide. */
  readonly unless?: string;
}

/** What a kind says to a check: its SQL, or that zod itself must judge. */
export type CheckSql = readonly Broken[] | 'zod';

export interface ValueType {
  /** Its name in `Column.type`. */
  readonly name: string;
  /** As a sentence says it: `a whole number`. */
  noun(parts: Parts): string;
  matches(parts: Parts): boolean;
  /** @throws DefinitionError if the schema asks for more than the engine can hold exactly. */
  held(parts: Parts, where: string): Held;
  readonly rules: readonly RuleName[];
  /** The JSON types that are read; `textRule`: the field has a rule about how its text is written. */
  tags(rule: DecodeOptions, textRule: boolean): readonly Tag[];
  /** The text to decode of the text of a JSON number. Default: as it is. */
  fromNumber?(text: string, reading: Reading): string;
  /** Whether the empty text is a value and not null. */
  readonly emptyIsValue: boolean;
  /**
   * A value that has a type of the engine already (`INTEGER`) as one of `internal`: NULL just where its text would not be
   * of the kind. Undefined where it is read by its text all the same. Absent for kinds that always are.
   */
  typed?(value: string, engineType: string, reading: Reading): string | undefined;
  /** From the text to a value of `internal`, NULL where the text is not of the type. At least one stage. */
  decode(reading: Reading): readonly Stage[];
  /** The engine's type between decode and the end. Default: `held.sql`. */
  readonly internal?: string;
  /** The value for the table. Default: the internal one as it is. */
  final?(value: string): string;
  /** What the reason of a text says that is not of the type. */
  expects(reading: Reading): string;
  /** Which values of the table's type, that an expression may make, are none of the kind. Absent where all are. */
  readonly unfit?: { when(value: string): string; readonly expects: string };
  /** What the base schema itself demands of a value (an enumeration, a format). */
  own(parts: Parts, value: string): CheckSql;
  check(check: CheckDef, parts: Parts, value: string): CheckSql;
  /** The value as the text that zod's function gets. */
  shown(value: string): string;
  /** The value that zod sees, of that text. */
  seen(text: string, parts: Parts): unknown;
  /** The text of a value that zod gave back, or what is wrong with it; absent where zod cannot change a value. */
  write?(value: unknown): string | readonly ZodFinding[];
  /** For lists and objects, whose value inside is JSON: how the engine reads it. Never read from other text. */
  readonly nested?: {
    read(json: string, parts: Parts, where: string): string;
    /** The JSON as it was received, whatever zod will say of it. */
    received(json: string, parts: Parts): Received;
  };
  /** Whether JavaScript cannot hold every value of the column, so that zod cannot judge it. Default: it can. */
  inexact?(parts: Parts): boolean;
  /** A value as SQL, of the internal type. @throws DefinitionError if it is not one of the type. */
  literal(value: unknown, parts: Parts, where: string): string;
}
