/** Rows of a table's files as lines: columns that the table had, as they are asked for, and others not at all. */

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DeltaField, DeltaType } from '../../../core/row.ts';
import type { OfferedColumn, Versions } from '../../../core/sources/source.ts';
import { literal } from '../../../core/sql.ts';
import type { Asked } from '../../../runtime/intake/converter.ts';
import { rowsOf } from '../../../runtime/intake/table-rows.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const offer = (name: string, sql: string, nullable = false) => ({ name, sql, nullable }) as OfferedColumn;
const field = (name: string, type: DeltaType): DeltaField => ({ name, type, nullable: true }) as DeltaField;
const asked = (from: string, omitsNull = false): Asked => ({
  name: from, from, type: 'text', sql: 'VARCHAR', optional: false, omitsNull, zoned: false, epoch: false, pii: false,
}); // prettier-ignore

interface Table {
  readonly offered: readonly OfferedColumn[];
  readonly fields: readonly DeltaField[];
  readonly columns: readonly Asked[];
  /** The rows of the file. */
  readonly query?: string;
  readonly partition?: Readonly<Record<string, string | null>>;
}

async function lines({ offered, fields, columns, query = 'SELECT 1 AS other', partition = {} }: Table) {
  const rows = await rowsOf(engine, 'Version 1 of t', fields, columns, { columns: offered } as Versions);
  const path = join(engine.folder, 'rows.parquet');
  await engine.run(`COPY (${query}) TO ${literal(path)} (FORMAT parquet)`);
  const found = await engine.rows(rows.of(path, partition));
  return found.map((row) => row['line']);
}

const one = (sql: string, query: string, type: DeltaType, omitsNull = false): Table => ({
  offered: [offer('v', sql)],
  fields: [field('v', type)],
  columns: [asked('v', omitsNull)],
  query: `SELECT ${query} AS v`,
});
const struct = { type: 'struct', fields: [field('a', 'long')] } as DeltaType;

test.each<[string, string, DeltaType, string]>([
  ['BIGINT', '9007199254740993', 'long', '9007199254740993'],
  ['BOOLEAN', 'TRUE', 'boolean', 'true'],
  ['DOUBLE', '0.1::DOUBLE', 'double', '0.1'],
  ['DOUBLE', `'-inf'::DOUBLE`, 'double', '"-inf"'],
  ['DATE', `DATE '2024-02-29'`, 'date', '"2024-02-29"'],
  ['TIMESTAMPTZ', `'2024-01-01 10:00:00.5+02'::TIMESTAMPTZ`, 'timestamp', '"2024-01-01T08:00:00.5Z"'],
  ['DECIMAL(2,2)', '-0.05::DECIMAL(2,2)', 'decimal(2,2)', '-0.05'],
  ['DECIMAL(38,3)', '12345678901234567890123456789012345.678::DECIMAL(38,3)', 'decimal(38,3)', '12345678901234567890123456789012345.678'],
  ['DECIMAL(38,38)', `'-0.12345678901234567890123456789012345678'::DECIMAL(38,38)`, 'decimal(38,38)', '-0.12345678901234567890123456789012345678'],
  ['DECIMAL(9,2)', '1.10::DECIMAL(9,2)', 'decimal(9,2)', '1.10'],
  ['VARCHAR', `'a"' || chr(10)`, 'string', String.raw`"a\"\n"`],
  ['BIGINT[]', '[1, NULL]', { type: 'array', elementType: 'long', containsNull: true } as DeltaType, '[1,null]'],
  ['STRUCT(a BIGINT)', `{'a': 1}`, struct, '{"a":1}'],
])('a value of %s is told with every digit: %s', async (sql, query, type, json) => {
  expect(await lines(one(sql, query, type))).toEqual([`{"v":${json}}`]);
  expect(await lines(one(sql, `NULL::${sql}`, type))).toEqual(['{"v":null}']);
  expect(await lines(one(sql, `NULL::${sql}`, type, true))).toEqual(['{}']);
}); // prettier-ignore

test('what the files do not hold is told by the log, and what nobody has is null', async () => {
  const table = {
    offered: [
      offer('day', 'DATE'),
      offer('new', 'BIGINT', true),
      offer('text', 'VARCHAR'),
      offer('w', 'BIGINT'),
    ],
    fields: [field('day', 'date'), field('text', 'string')],
    columns: [asked('day'), asked('new'), asked('text'), asked('never')],
    query: 'SELECT 7 AS other FROM range(2)',
  };
  expect(await lines({ ...table, partition: { day: '2024-02-29', text: '' } })).toEqual(
    Array(2).fill('{"day":"2024-02-29","new":null,"text":null}'),
  );
  expect(await lines({ ...table, partition: { day: null } })).toEqual(
    Array(2).fill('{"day":null,"new":null,"text":null}'),
  );
});

test.each<[string, Partial<Table>, string, string]>([
  ['a column that the table had not', { fields: [field('a', 'long'), field('b', 'long')] }, 'object.header', 'has no column v, which its definition has; it has a, b.'],
  ['another type', { fields: [field('v', 'string')] }, 'object.format', 'has the column v as string, and its definition says BIGINT.'],
  ['a decimal of other digits', { fields: [field('v', 'decimal(9,2)')], offered: [offer('v', 'DECIMAL(9,3)')] }, 'object.format', 'has the column v as decimal(9,2), and its definition says DECIMAL(9,3).'],
  ['a nested one for a plain one', { fields: [field('v', struct)] }, 'object.format', 'has the column v as a nested one, and its definition says BIGINT.'],
  ['a plain one for a list', { fields: [field('v', 'long')], offered: [offer('v', 'BIGINT[]')] }, 'object.format', 'has the column v as long, and its definition says a nested one.'],
])('%s refuses the version', async (_, table, code, words) => {
  const base = { offered: [offer('v', 'BIGINT')], fields: [], columns: [asked('v')] };
  await expect(lines({ ...base, ...table })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(`Version 1 of t ${words} Run its pipeline by its definition as it is now`),
  });
}); // prettier-ignore
