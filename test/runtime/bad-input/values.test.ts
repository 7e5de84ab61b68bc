/** Texts that a cast takes for something else, one by one (rows 36, 38 and 39 of the faults). */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { check, decimal, definePipeline, format, sink, z, type Pipeline } from '../../../core/vocabulary.ts';
import { runObject } from '../../../runtime/local/run.ts';
import { replacing } from '../../support/pipeline.ts';
import { openBeside, type Came } from './beside.ts';

const beside = openBeside();
const REJECTED = Symbol('rejected');
/** A column, a text for it, its value (or that it is rejected), and what the engine's own cast makes of it. */
const trap = (column: keyof typeof columns, text: string, is: unknown, cast: string | null) => ({
  column,
  text,
  is,
  cast,
});

const columns = {
  int: z.int(),
  double: z.number(),
  money: decimal(6, 2),
  flag: z.boolean(),
  day: z.iso.date(),
  at: z.iso.datetime(),
  local: z.iso.datetime(),
};
const casts: Record<keyof typeof columns, string> = {
  int: 'INTEGER',
  double: 'DOUBLE',
  money: 'DECIMAL(6,2)',
  flag: 'BOOLEAN',
  day: 'DATE',
  at: 'TIMESTAMP',
  local: 'TIMESTAMP',
};

const traps = [
  trap('int', '1.9', REJECTED, '2'),
  trap('int', '1_000', REJECTED, '1000'),
  trap('int', '0x10', REJECTED, '16'),
  trap('int', ' 12', REJECTED, '12'),
  trap('int', '12e3', REJECTED, '12000'),
  trap('int', '1,000', REJECTED, null),
  trap('int', '1.0', REJECTED, '1'),
  trap('int', '+7', 7, '7'),
  trap('int', '007', 7, '7'),
  trap('int', '٣', REJECTED, null),
  trap('int', 'NaN', REJECTED, null),
  trap('double', 'NaN', REJECTED, 'nan'),
  trap('double', '-Infinity', REJECTED, '-inf'),
  trap('double', '1e400', REJECTED, 'inf'),
  trap('double', '1_0.5', REJECTED, '10.5'),
  trap('double', '1,5', REJECTED, null),
  trap('double', '1e3', 1000, '1000.0'),
  trap('money', '1.005', REJECTED, '1.01'),
  trap('money', '1.239', REJECTED, '1.24'),
  trap('money', '12345.6', REJECTED, null),
  trap('money', '9999.995', REJECTED, null),
  trap('money', '1e2', REJECTED, '100.00'),
  trap('money', '9999.99', 9999.99, '9999.99'),
  trap('flag', '1', REJECTED, 'true'),
  trap('flag', 'yes', REJECTED, 'true'),
  trap('flag', 't', REJECTED, 'true'),
  trap('flag', 'TRUE', true, 'true'),
  trap('day', '2026-02-30', REJECTED, null),
  trap('day', '2026-1-5', REJECTED, '2026-01-05'),
  trap('day', '2026/01/05', REJECTED, '2026-01-05'),
  trap('day', 'infinity', REJECTED, 'infinity'),
  trap('day', 'epoch', REJECTED, '1970-01-01'),
  trap('day', '2026-01-05 (BC)', REJECTED, '2026-01-05 (BC)'),
  trap('day', '2024-02-29', '2024-02-29', '2024-02-29'),
  trap('at', '2026-01-01T00:00:00+02:00', '2025-12-31T22:00:00.000Z', '2026-01-01 00:00:00'),
  trap('at', '2026-01-01T24:00:00Z', REJECTED, '2026-01-02 00:00:00'),
  trap('at', '2016-12-31T23:59:60Z', REJECTED, null),
  trap('at', '2026-01-01T00:00:00', REJECTED, '2026-01-01 00:00:00'),
  trap('at', '2026-01-01', REJECTED, '2026-01-01 00:00:00'),
  trap('at', '2026-01-01T00:00:00.1234567Z', REJECTED, '2026-01-01 00:00:00.123456'),
  trap('at', 'infinity', REJECTED, 'infinity'),
  trap('at', '1767225600', REJECTED, null),
  trap('local', '2026-03-29T02:30:00', REJECTED, '2026-03-29 02:30:00'),
  trap('local', '2026-10-25T02:30:00', '2026-10-25T01:30:00.000Z', '2026-10-25 02:30:00'),
  trap('local', '2026-07-01T12:00:00', '2026-07-01T10:00:00.000Z', '2026-07-01 12:00:00'),
] as const;

describe('a text', () => {
  let came: Came;
  beforeAll(async () => {
    const optional = Object.fromEntries(Object.entries(columns).map(([name, one]) => [name, one.optional()]));
    const pipeline = replacing({
      row: z.object(optional),
      format: format.csv(),
      decode: { local: { zone: 'Europe/Berlin' } },
    });
    const names = Object.keys(columns);
    const lines = traps.map(({ column, text }) =>
      names.map((name) => (name === column ? `"${text}"` : '')).join(','),
    );
    came = await beside.came(await beside.run(pipeline, 'x.csv', [names.join(), ...lines].join('\n')));
  });

  test.each(traps)('$column $text', async ({ column, text, is, cast }) => {
    const record = traps.findIndex((one) => one.column === column && one.text === text) + 1;
    const at = Object.keys(columns).indexOf(column);
    const value = came.rejects![record] ?? came.rows![record]![at];
    const expected = is === REJECTED ? `${column}:decode` : is;
    expect(column === 'money' && is !== REJECTED ? Number(value) : value).toEqual(expected);
    const alone = `SELECT TRY_CAST('${text}' AS ${casts[column]})::VARCHAR`;
    expect(await beside.alone.value(alone), 'DuckDB alone').toBe(cast);
  });
});

describe('repeats', () => {
  const orders = (latest: boolean): Pipeline =>
    replacing({
      row: z.object({ id: z.int().nullable(), state: z.string(), at: z.iso.datetime() }),
      transform: (rows) => (latest ? rows.latest((o) => ({ per: [o.id], by: o.at })) : rows),
      checks: (o) => (latest ? [] : [check.unique(o.id)]),
    });
  const content = [
    'id,state,at',
    '1,placed,2026-01-01T10:00:00Z',
    '1,paid,2026-01-01T11:00:00Z',
    ',lost,2026-01-01T10:00:00Z',
    '2,equal,2026-01-02T10:00:00Z',
    '2,other,2026-01-02T10:00:00Z',
    '1,late by days,2025-12-24T10:00:00Z',
    '3,same,2026-01-03T10:00:00Z',
    '3,same,2026-01-03T10:00:00Z',
  ].join('\n');

  test('the latest wins, of equal ones the last record; a null key is rejected', async () => {
    const run = await beside.run(orders(true), 'x.csv', content);
    expect(run.records).toMatchObject({ read: 8, loaded: 3, quarantined: 1, deduplicated: 4 });
    const { rows, rejects } = await beside.came(run);
    expect(Object.entries(rows!).map(([record, [id, state]]) => [Number(record), id, state])).toEqual([
      [2, 1, 'paid'],
      [5, 2, 'other'],
      [8, 3, 'same'],
    ]);
    expect(rejects).toEqual({ 3: 'id:key' });
  });

  test('unique keeps the first and rejects the others with their content; nulls are not compared', async () => {
    const came = await beside.came(await beside.run(orders(false), 'x.csv', content));
    expect(Object.keys(came.rows!).map(Number)).toEqual([1, 3, 4, 7]);
    expect(came.rejects).toEqual({
      2: 'id:check.unique',
      5: 'id:check.unique',
      6: 'id:check.unique',
      8: 'id:check.unique',
    });
    expect(came.quarantined[1]!.text).toBe('2,other,2026-01-02T10:00:00Z');
  });

  test('the engine alone, asked for distinct keys, keeps a row that nobody chose, and the null as one', async () => {
    const path = await beside.alone.put('x.csv', content);
    const kept = await beside.alone.ask(`SELECT DISTINCT ON (id) id FROM read_csv('${path}') ORDER BY id`);
    expect(kept).toEqual([[1], [2], [3], [null]]);
  });
});

describe('clocks', () => {
  const events = definePipeline({
    name: 'events',
    owner: 'test',
    description: 'Events by the day that they say.',
    row: z.object({ day: z.iso.date(), at: z.iso.datetime() }),
    sources: (source) => [source.files({ prefix: 'x/', format: format.csv() })],
    gate: { rejected: { atMost: 0 } },
    sinks: (o) => [sink.lake({ table: 't', write: 'replace', partitionBy: [o.day], metadata: ['_record'] })],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

  test('an event of 1970, of tomorrow and of the year 9999 lies where it says that it belongs', async () => {
    const lines = [
      '1970-01-01,1970-01-01T00:00:00Z',
      '2030-01-01,2030-01-01T00:00:00Z',
      '9999-12-31,9999-12-31T23:59:59Z',
    ];
    const run = await beside.run(events, 'x.csv', ['day,at', ...lines].join('\n'));
    expect(run).toMatchObject({ status: 'published', records: { loaded: 3 } });
    const { tables, layout } = beside.box.world;
    const files = (await tables.snapshot(layout.table('t')))!.files;
    expect(files.map(({ partitionValues }) => partitionValues['day']).toSorted()).toEqual([
      '1970-01-01',
      '2030-01-01',
      '9999-12-31',
    ]);
  });

  test('a clock that goes back during a run makes no time below zero', async () => {
    const { box } = beside;
    let hour = 20;
    const world = { ...box.world, now: () => new Date(Date.UTC(2026, 0, 1, hour > 0 ? hour-- : 0)) };
    const uri = join(box.folder, 'in', 'clock.csv');
    await writeFile(uri, 'day,at\n2026-01-01,2026-01-01T00:00:00Z\n');
    const run = await runObject(world, events, { uri });
    expect(run.status).toBe('published');
    expect(run.durationMs).toBeGreaterThanOrEqual(0);
    expect(run.recordsPerSecond).toBeGreaterThanOrEqual(0);
    expect(hour).toBeLessThan(20);
  });
});
