/** A row of a sheet as a line of JSON: each value under its name once, dates as their columns need them. */

import { expect, test } from 'vitest';
import type { Asked } from '../../../runtime/intake/converter.ts';
import { rowLine } from '../../../runtime/intake/excel-line.ts';
import type { CellValue } from '../../../runtime/intake/excel-sheet.ts';

const asked = (type: string, more: Partial<Asked> = {}): Asked => ({
  name: 'v', from: 'v', type, sql: 'VARCHAR', optional: false, omitsNull: false, zoned: false, epoch: false, pii: false, ...more,
}); // prettier-ignore
const lineOf = (value: CellValue, column: Asked | undefined): string =>
  rowLine(
    new Map([[1, 'v']]),
    column === undefined ? [] : [column],
  )({
    number: 2,
    cells: [{ column: 1, value }],
  });
const date = (days: number): CellValue => ({ kind: 'date', days });
const nothing: CellValue = { kind: 'text', text: '' };
const empty: CellValue = { kind: 'empty' };

test.each<[CellValue, Asked | undefined, string]>([
  [date(59), asked('date'), '"1900-02-28"'],
  [date(60), asked('date'), '"1900-02-29"'],
  [date(60.5), asked('text'), '"1900-02-29T12:00:00"'],
  [date(61), asked('date'), '"1900-03-01"'],
  [date(61), asked('datetime'), '"1900-03-01T00:00:00"'],
  [date(61.25), asked('date'), '"1900-03-01T06:00:00"'],
  [date(61.25), undefined, '"1900-03-01T06:00:00"'],
  [date(0.25), asked('time'), '"06:00:00"'],
  [date(1.25), asked('time'), '"1900-01-01T06:00:00"'],
  [date(0.25), asked('datetime'), '"1899-12-31T06:00:00"'],
  [date(1.9999999999), asked('datetime'), '"1900-01-02T00:00:00"'],
  [date(0.9999999999), asked('time'), '"1900-01-01"'],
  [date(1e12), asked('date'), '"1000000000000"'],
  [nothing, asked('text'), '""'],
  [nothing, asked('int'), 'null'],
  [nothing, undefined, '""'],
  [{ kind: 'text', text: 'a' }, asked('int'), '"a"'],
  [{ kind: 'other', json: '1.50' }, asked('text'), '1.50'],
  [empty, asked('text'), 'null'],
])('%j as %#', (value, column, json) => {
  expect(lineOf(value, column)).toBe(`{"v":${json}}`);
});

test('nothing is left out where that is asked for', () => {
  const [text, int] = [asked('text', { omitsNull: true }), asked('int', { omitsNull: true })];
  expect([lineOf(empty, text), lineOf(nothing, text), lineOf(nothing, int)]).toEqual([
    '{}',
    '{"v":""}',
    '{}',
  ]);
});

test('each name is told once, and what has no name by the number of its column', () => {
  const line = rowLine(new Map([[1, 'a'], [2, 'a'], [4, 'b"']]), []); // prettier-ignore
  const one = (column: number, json: string) => ({ column, value: { kind: 'other', json } as const });
  const cells = [one(1, '1'), one(2, '2'), one(3, '3'), { column: 5, value: empty }];
  expect(line({ number: 2, cells })).toBe('{"a":1,"b\\"":null,"column 3":3}');
});
