/** The word `join` on a real engine, against a plain model, and what it refuses. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DefinitionError } from '../../../core/errors.ts';
import { jsonl } from '../../../core/formats/jsonl.ts';
import { reference } from '../../../core/reference.ts';
import { ReceivedRows } from '../../../core/rows.ts';
import { sql } from '../../../core/sql.ts';
import { column, places, stepped } from '../../support/transform.ts';

const ours = { id: z.int(), code: z.string().nullable(), place: z.int().nullable() };
const theirs = { iata: z.string(), no: z.int(), city: z.string().nullable(), size: z.number() };
const airports = reference({ uri: '/somewhere/airports.jsonl', format: jsonl(), row: z.object(theirs) });
const row = (iata: string, no: number, city: string | null) => ({ iata, no, city, size: no / 2 });
const around = (records: readonly object[]) => ({
  relations: { ref_0: { shape: theirs, records: records as readonly Record<string, unknown>[] } },
});

const code = fc.constantFrom('A', 'B', 'C');
const no = fc.integer({ min: 1, max: 2 });
const ourRows = fc.array(
  fc.record({ code: fc.option(code, { freq: 5 }), place: fc.option(no, { freq: 5 }) }),
  {
    maxLength: 8,
  },
);
const theirRows = fc.array(fc.tuple(code, no, fc.option(fc.constantFrom('x', 'y'))), { maxLength: 8 });

test.each([
  ['reject', 'reject'],
  ['keep', 'reject'],
  ['reject', 'first'],
  ['keep', 'first'],
] as const)('a miss: %s, several: %s; every row stays one, as a model has it', async (onMiss, onMany) => {
  await fc.assert(
    fc.asyncProperty(ourRows, theirRows, async (left, right) => {
      const records = left.map((one, id) => ({ id, ...one }));
      const found = await stepped(
        ours,
        records,
        (r) =>
          r.join(airports, (o) => ({
            on: { iata: o.code, no: o.place },
            take: { city: 'city', size: 'size' },
            onMiss,
            onMany,
          })),
        around(right.map(([iata, n, city]) => row(iata, n, city))),
      );
      const wanted = records.map((one) => {
        const met = right.filter(([iata, n]) => iata === one.code && n === one.place);
        const rejects = met.length === 0 ? onMiss === 'reject' : met.length > 1 && onMany === 'reject';
        return rejects ? 'key code, place' : (met[0]?.[2] ?? null);
      });
      expect(found.rows.map(({ place, values }) => (place === 'accepted' ? values['city'] : place))).toEqual(
        wanted,
      );
    }),
    { numRuns: 15, seed: 20_261_121 },
  );
});

test('reasons say what was missed, with the key; types, nulls and personal marks are those of the reference', async () => {
  const personal = { ...theirs, city: z.string().meta({ pii: true }) };
  const people = reference({ uri: 'people.jsonl', format: jsonl(), row: z.object(personal) });
  const records = [
    { id: 1, code: 'A', place: 1 },
    { id: 2, code: 'B', place: 1 },
    { id: 3, code: 'C', place: null },
  ];
  const found = await stepped(
    ours,
    records,
    (r) =>
      r
        .where((o) => sql`${o.id} < 9`)
        .join(people, (o) => ({ on: { iata: o.code }, take: { city: 'city', much: 'size' } })),
    {
      relations: {
        ref_1: { shape: personal, records: [row('A', 1, 'x'), row('B', 1, 'y'), row('B', 2, 'z')] },
      },
    },
  );
  expect(places(found)).toEqual(['accepted', 'key code', 'key code']);
  expect(found.rows.flatMap(({ reasons }) => reasons.map(({ message, value }) => [message, value]))).toEqual([
    ['expected one row of people.jsonl with this key, found several', 'B'],
    ['expected one row of people.jsonl with this key, found none', 'C'],
  ]);
  expect(column(found, 'much')).toEqual([0.5]);
  expect(found.columns.map(({ name, pii, nullable }) => [name, pii, nullable]).slice(3)).toEqual([
    ['city', true, false],
    ['much', false, false],
  ]);
});

describe('is refused', () => {
  const join = (choose: object, to: unknown = airports) =>
    stepped(ours, [], (r) => r.join(to as typeof airports, () => choose as never));
  const id = { column: 'id' };
  const table = { row: z.object(ours), rows: new ReceivedRows(ours), sinks: [{ table: 'orders' }] };

  test.each([
    ['no key', { on: {}, take: {} }, airports, /needs a column in `on`/],
    [
      'a key of another type',
      { on: { iata: id }, take: {} },
      airports,
      /id is BIGINT and iata of the reference is VARCHAR; only columns of one type/,
    ],
    [
      'a column that the reference does not have',
      { on: { no: id }, take: { x: 'lost' } },
      airports,
      /"lost", which is not a column there/,
    ],
    [
      'a column that the rows do not have',
      { on: { no: { column: 'lost' } }, take: {} },
      airports,
      /"lost", which is not a column there/,
    ],
    [
      'a miss that is none',
      { on: { no: id }, take: {}, onMiss: 'kep' },
      airports,
      /onMiss is "kep"; write "reject" or/,
    ],
    [
      'another of many',
      { on: { no: id }, take: {}, onMany: 'last' },
      airports,
      /onMany is "last"; write "reject" or/,
    ],
    [
      'a key that is lost',
      { on: { no: id, iata: undefined }, take: {} },
      airports,
      /on\.iata is undefined; give a column/,
    ],
    ['the first row of a table', { on: { id }, take: {}, onMany: 'first' }, table, /none is the first/],
    ['a pipeline without a table', { on: { id }, take: {} }, { ...table, sinks: [] }, /has no table/],
  ])('%s', async (_, choose, to, message) => {
    await expect(async () => join(choose, to)).rejects.toThrow(message);
    await expect(async () => join(choose, to)).rejects.toThrow(DefinitionError);
  });

  test('a reference with a row that no column can hold', () => {
    const wrong = z.object({ a: z.date() });
    expect(() => reference({ uri: 'a', format: jsonl(), row: wrong })).toThrow(/write z.iso.datetime\(\)/);
    expect(() => reference({ uri: '', format: jsonl(), row: z.object({}) })).toThrow(/uri/);
  });
});
