/** Decoding a few rows with the real engine, for tests that look at single values. */

import { VARCHAR } from '@duckdb/node-api';
import { z } from 'zod';
import type { DecodeOptions } from '../../core/decode-rule.ts';
import { MISSING } from '../../core/formats/canonical.ts';
import { compileDecode, type Decode, type DecodeInput } from '../../core/plan/decode.ts';
import type { Reason } from '../../core/reasons.ts';
import { columnsOf } from '../../core/row.ts';
import { quote } from '../../core/sql.ts';
import type { Engine } from '../../runtime/engine.ts';
import { shownSql } from './decode-oracle.ts';

export interface DecodeSetup extends Partial<Pick<DecodeInput, 'tagged' | 'faulty' | 'skip'>> {
  readonly rules?: Readonly<Record<string, DecodeOptions>>;
  /** Columns that the object does not have. */
  readonly without?: readonly string[];
}

export interface DecodedRow {
  readonly values: Readonly<Record<string, string | null>>;
  readonly reasons: readonly Reason[] | null;
  readonly filtered: boolean;
}

export function compiled(row: z.ZodObject, setup: DecodeSetup = {}): Decode {
  const { rules = {}, without = [], tagged = false, faulty = false, skip = [] } = setup;
  const columns = columnsOf(row.shape, 'row');
  const fields = Object.fromEntries(
    columns.map(({ name }, i) => [name, { text: without.includes(name) ? null : `f${i}` }]),
  );
  return compileDecode({ row, columns, rules, fields, tagged, faulty, skip });
}

/**
 * Decodes rows given as texts, in the order of the row's columns, `_fault` first if there is one. A tagged text starts
 * with its tag; the empty text is a missing field.
 */
export async function decoded(
  engine: Engine,
  row: z.ZodObject,
  rows: readonly (readonly (string | null)[])[],
  setup: DecodeSetup = {},
): Promise<DecodedRow[]> {
  const decode = compiled(row, setup);
  for (const fn of decode.functions) engine.register(fn);
  const columns = columnsOf(row.shape, 'row');
  const marks = setup.faulty === true ? ['_fault'] : [];
  const names = [...marks, ...columns.map((_, i) => `f${i}`), ...(setup.tagged === true ? ['_tags'] : [])];
  const given = setup.tagged === true ? rows.map((row) => tagsApart(row, marks.length)) : rows;
  await engine.run(`CREATE OR REPLACE TABLE received (${names.map((name) => `${name} VARCHAR`).join(', ')})`);
  const texts = names.map((_, i) => given.map((texts) => texts[i]!));
  await engine.append('received', names.map(() => VARCHAR), texts); // prettier-ignore
  if (decode.functions.length === 0) await spellsOrNot(engine, decode);
  const shown = columns.map((column, i) => `${shownSql(column)} AS "${i}"`).join(', ');
  const got = await engine.rows(
    `SELECT ${shown}, to_json("_reasons")::VARCHAR AS r, "_filtered" AS f FROM (${decode.select('received')})`,
  );
  return got.map((one) => ({
    values: Object.fromEntries(columns.map(({ name }, i) => [name, one[String(i)] as string | null])),
    reasons: JSON.parse((one['r'] as string | null) ?? 'null') as readonly Reason[] | null,
    filtered: one['f'] as boolean,
  }));
}

/** Whether reasons are spelled out or not, the same rows have some, and have the same values. */
async function spellsOrNot(engine: Engine, decode: Decode): Promise<void> {
  const told = (spells: boolean) =>
    `(SELECT list(r) FROM (SELECT * REPLACE ("_reasons" IS NOT NULL AS "_reasons") FROM (${decode.select('received', spells)})) r)`;
  const [both] = await engine.rows(`SELECT ${told(true)} IS NOT DISTINCT FROM ${told(false)} AS same`);
  if (both!['same'] !== true) throw new Error('Without the words of reasons other rows are accepted.');
}

const tagsApart = (row: readonly (string | null)[], marks: number): (string | null)[] => [
  ...row.slice(0, marks),
  ...row.slice(marks).map((text) => (text ?? '').slice(1)),
  row.slice(marks).map((text) => text?.[0] ?? MISSING).join(''), // prettier-ignore
];

/** What each text becomes in one column: its value, or the code of the reason in angle brackets. */
export async function outcomes(
  engine: Engine,
  schema: z.ZodType,
  texts: readonly string[],
  rule: DecodeOptions = {},
  tagged = false,
): Promise<Record<string, string | null>> {
  const rows = await decoded(engine, z.object({ c: schema }), texts.map((text) => [text]), { rules: { c: rule }, tagged }); // prettier-ignore
  const shown = rows.map(({ values, reasons }) =>
    reasons === null ? values['c']! : `<${reasons.map(({ code }) => code).join()}>`,
  );
  return Object.fromEntries(texts.map((text, i) => [text, shown[i]!]));
}

/** What the engine makes of a text by itself. */
export async function bareCast(engine: Engine, text: string, type: string): Promise<string | null> {
  const literal = `'${text.replaceAll("'", "''")}'`;
  const [row] = await engine.rows(`SELECT TRY_CAST(${literal} AS ${type})::VARCHAR AS ${quote('v')}`);
  return row!['v'] as string | null;
}

/** The reasons of a row as `column:code`. */
export const codes = (reasons: readonly { column: string | null; code: string }[] | null) =>
  reasons?.map(({ column, code }) => `${column}:${code}`) ?? null;
