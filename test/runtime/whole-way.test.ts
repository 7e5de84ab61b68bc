/** The whole way of a run: what becomes visible, what is held, what is a duplicate, and what the books say. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  check,
  date,
  decimal,
  definePipeline,
  flag,
  format,
  int,
  run as theRun,
  sink,
  sql,
  z,
  type Pipeline,
} from '../../core/vocabulary.ts';
import { runResultSchema } from '../../runtime/result.ts';
import { settleFailure } from '../../runtime/recover.ts';
import { good, header, people } from '../support/people.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

const orders = (options: { write?: 'append' | 'replace'; severity?: 'reject' | 'fail' | 'warn' } = {}) =>
  definePipeline({
    name: 'orders',
    owner: 'test',
    description: 'Orders, for tests.',
    row: z.object({
      id: z.int(),
      customer: z.email().meta({ pii: true }),
      amount: decimal(12, 2).min(0).max(100_000),
      at: z.iso.datetime(),
    }),
    sources: (source) => [
      source.files({
        prefix: 'orders/',
        match: '*.csv',
        format: format.csv({ delimiter: ';' }),
        decode: { id: 'Order ID' },
      }),
    ],
    transform: (rows) =>
      rows
        .skip((o) => sql`${o.id} = 'TOTAL'`)
        .where((o) => sql`${o.customer} <> 'test@example.com'`)
        .derive((o) => ({
          day: date(sql`${o.at}::date`),
          share: int(sql`(100 / ${o.id})::BIGINT`),
          old: flag(sql`${o.at} < ${theRun.time}`),
        }))
        .latest((o) => ({ per: [o.id], by: o.at })),
    checks: (o) => [
      check.between(o.amount, { max: 500, severity: options.severity ?? 'reject' }),
      check.unique(o.at),
    ],
    gate: { rejected: { atMost: 0.6 } },
    sinks: (o) => [
      sink.lake({
        table: 'orders',
        write: options.write ?? 'append',
        partitionBy: [o.day],
        metadata: ['_file', '_record', '_run', '_loaded_at'],
      }),
    ],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

const head = 'Order ID;customer;amount;at\n';
const order = (id: number | string, at: string, amount = '10.00', who = 'a@example.com') =>
  `${id};${who};${amount};${at}\n`;

describe('a run with every kind of step', () => {
  test('each record leaves in exactly one way', async () => {
    const content = [
      head,
      order(1, '2026-01-01T10:00:00Z'), //         1 superseded by record 3
      order(2, '2026-01-02T10:00:00+02:00'), //    2 loaded
      order(1, '2026-01-03T10:00:00Z', '20.00'), // 3 loaded, the latest of 1
      order(3, '2026-01-03T11:00:00Z', '10.00', 'test@example.com'), // 4 filtered
      order('x', '2026-01-03T11:00:00Z'), //       5 rejected by the schema
      order(4, '2026-01-04T10:00:00Z', '600.00'), // 6 rejected by a check
      order(5, '2026-01-02T08:00:00Z'), //         7 rejected: the same time as record 2
      order(0, '2026-01-05T10:00:00Z'), //         8 rejected: 100 / 0
      'TOTAL;;;\n', //                             9 skipped
    ].join('');
    const run = await box.run(orders(), 'a.csv', content);
    expect(run.status).toBe('published-with-rejects');
    expect(run.records).toEqual({
      read: 9,
      loaded: 2,
      quarantined: 4,
      filtered: 2,
      deduplicated: 1,
      held: 0,
    });
    expect(run.rows).toEqual({ inserted: 2, updated: 0, unchanged: 0, deleted: 0 });
    expect(runResultSchema.safeParse(run).success).toBe(true);

    const rows = (await box.table('orders', 'id'))!;
    expect(
      rows.map((row) => [row['id'], Number(row['amount']), row['share'], row['old'], row['_record']]),
    ).toEqual([
      [1, 20, 100, true, 3],
      [2, 10, 50, true, 2],
    ]);
    expect(rows[0]).toMatchObject({ _run: run.run, _file: join(box.folder, 'in', 'a.csv') });
    const quarantined = await box.quarantine();
    expect(quarantined.map((q) => [q.record, q.reasons[0]!.column, q.reasons[0]!.code])).toEqual([
      [5, 'id', 'decode'],
      [6, 'amount', 'check.between'],
      [7, 'at', 'check.unique'],
      [8, 'share', 'expression'],
    ]);
    expect(quarantined[1]!.text).toBe('4;a@example.com;600.00;2026-01-04T10:00:00Z');
  });

  test('personal columns are masked in the report, and whole in quarantine', async () => {
    const run = await box.run(orders(), 'a.csv', head + order(1, '2026-01-01T10:00:00Z', '1.00', 'nobody'));
    expect(run.status).toBe('held');
    expect(run.reasons[0]).toMatchObject({
      column: 'customer',
      example: { record: 1, value: '(personal, masked)' },
    });
    expect(await readFile(run.report, 'utf8')).not.toContain('nobody');
    expect((await box.quarantine())[0]!.reasons[0]!.value).toBe('nobody');
  });

  test('an error of the engine brings no personal value into the report', async () => {
    const error = {
      name: 'EngineError',
      message: `Could not convert string 'nobody@example.com' to INT32\nLine: nobody`,
    };
    const start = {
      pipeline: 'x',
      execution: 'e',
      objects: [{ uri: '/x.csv' }],
      again: false,
      startedAt: '2026-01-01T00:00:00Z',
    };
    const personal = await settleFailure(box.world, orders(), { start, error });
    expect(personal.error?.message).toBe(`Could not convert string '…' to INT32`);
    const nested = { name: 'EngineError', message: `Could not convert "say \\"nobody\\" now" to 'O'Brien'` };
    const quoted = await settleFailure(box.world, orders(), {
      start: { ...start, execution: 'g' },
      error: nested,
    });
    expect(quoted.error?.message).toBe(`Could not convert '…'`);
    const open = await settleFailure(box.world, people('csv'), {
      start: { ...start, execution: 'f' },
      error,
    });
    expect(open.error?.message).toBe(error.message);
  });

  test('a check of severity `fail` holds the run, one of severity `warn` only reports', async () => {
    const content = head + order(1, '2026-01-01T10:00:00Z', '600.00') + order(2, '2026-01-02T10:00:00Z');
    const held = await box.run(orders({ severity: 'fail' }), 'a.csv', content);
    expect(held).toMatchObject({ status: 'held', records: { read: 2, loaded: 0, held: 2 }, tables: [] });
    expect(held.error?.message).toContain('1 row breaks the rule: amount at most 500');
    expect(await box.table('orders')).toBeNull();
    const warned = await box.run(orders({ severity: 'warn' }), 'a.csv', content);
    expect(warned).toMatchObject({ status: 'published', records: { read: 2, loaded: 2 } });
    expect(warned.checks.find((c) => c.name === 'between')).toMatchObject({
      passed: false,
      severity: 'warn',
    });
    expect(warned.warnings).toEqual(['Check between: 1 row breaks the rule: amount at most 500']);
  });
});

describe('what is visible', () => {
  test('the same content again is a duplicate and loads nothing', async () => {
    const first = await box.run(people('csv'), 'a.csv', header + good(1));
    const second = await box.run(people('csv'), 'other-name.csv', header + good(1));
    expect(first.status).toBe('published');
    expect(second).toMatchObject({ status: 'duplicate', records: { read: 0, loaded: 0 }, tables: [] });
    expect(second.warnings[0]).toContain(first.run);
    expect(second.run).not.toBe(first.run);
    expect(await box.table('people')).toHaveLength(1);
  });

  test('again takes the place of the run that published the content, rows and rejects, in one version', async () => {
    const content = `${header}${good(1)}x,Bob,1.00,\n`;
    const first = await box.run(people('csv'), 'a.csv', content);
    const other = await box.run(people('csv'), 'b.csv', `${header}${good(2)}y,Bob,1.00,\n`);
    const second = await box.run(people('csv'), 'a.csv', content, true);
    expect(second).toMatchObject({
      status: 'published-with-rejects',
      attempt: 2,
      records: { read: 2, loaded: 1, quarantined: 1 },
      rows: { inserted: 1, deleted: 1 },
      tables: [{ version: 2 }],
    });
    expect(second.run).toBe(`${second.run.replace(/-2$/, '')}-2`);
    expect((await box.table('people', 'id'))!.map((row) => row['id'])).toEqual([1, 2]);
    expect((await box.quarantine()).map((record) => record.run).toSorted()).toEqual(
      [other.run, second.run].toSorted(),
    );
    const third = await box.run(people('csv'), 'a.csv', content, true);
    expect(third).toMatchObject({ attempt: 3, rows: { inserted: 1, deleted: 1 } });
    expect(await box.table('people')).toHaveLength(2);
    expect([first.run, second.run, third.run]).toHaveLength(new Set([first.run, second.run, third.run]).size);
  });

  test('append adds, replace replaces', async () => {
    for (const id of [1, 2])
      await box.run(orders(), `${id}.csv`, head + order(id, `2026-01-0${id}T00:00:00Z`));
    expect(await box.table('orders')).toHaveLength(2);
    const run = await box.run(orders({ write: 'replace' }), '3.csv', head + order(3, '2026-01-03T00:00:00Z'));
    expect(run).toMatchObject({
      rows: { inserted: 1, deleted: 2 },
      tables: [{ name: 'orders', version: 2 }],
    });
    expect((await box.table('orders'))!.map((row) => row['id'])).toEqual([3]);
  });

  test('a held run leaves the table as it was and its rejects in quarantine', async () => {
    await box.run(people('csv', 0.1), 'a.csv', header + good(1));
    const held = await box.run(people('csv', 0.1), 'b.csv', `${header}${good(2)}x,Bob,1.00,\n`);
    expect(held).toMatchObject({ status: 'held', records: { read: 2, loaded: 0, quarantined: 1, held: 1 } });
    expect(held.error).toMatchObject({ name: 'HeldByQualityGateError' });
    expect((await box.table('people'))!.map((row) => row['id'])).toEqual([1]);
    expect(await box.quarantine()).toHaveLength(1);
    const again = await box.run(people('csv', 0.5), 'b.csv', `${header}${good(2)}x,Bob,1.00,\n`);
    expect(again).toMatchObject({ status: 'published-with-rejects', attempt: 2 });
  });

  test('a table with other columns is refused by name, and nothing is lost', async () => {
    await box.run(orders(), 'a.csv', head + order(1, '2026-01-01T00:00:00Z'));
    const other = definePipeline({
      name: 'other',
      owner: 'test',
      description: 'Writes other columns into the same table.',
      row: z.object({ id: z.string() }),
      sources: (source) => [source.files({ prefix: 'x/', format: format.csv() })],
      gate: { rejected: { atMost: 0 } },
      sinks: () => [sink.lake({ table: 'orders', write: 'append' })],
      sla: { latency: '1 hour' },
    });
    const run = await box.run(other as unknown as Pipeline, 'b.csv', 'id\n1\n');
    expect(run.status).toBe('failed');
    expect(run.error?.name).toBe('DefinitionError');
    expect(await box.table('orders')).toHaveLength(1);
  });

  test('work is emptied, the ledger has one line for each run, and a report', async () => {
    const runs = [
      await box.run(people('csv'), 'a.csv', `${header}${good(1)}x,y,z,\n`),
      await box.run(people('csv'), 'a.csv', `${header}${good(1)}x,y,z,\n`),
      await box.run(people('csv'), 'b.csv', 'nothing,of,it\n1,2,3\n'),
    ];
    expect(runs.map((run) => run.status)).toEqual(['published-with-rejects', 'duplicate', 'rejected']);
    const left = await Array.fromAsync(box.world.files.list(`${box.world.layout.root}/work/people/`));
    expect(left).toEqual([]);
    expect(await readdir(join(box.world.layout.root, 'work', 'people'))).toEqual([]);
    const history = await readFile(join(box.world.layout.ledger, 'people', 'history.jsonl'), 'utf8');
    expect(
      history
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).status),
    ).toEqual(runs.map((run) => run.status));
    expect(await readdir(join(box.world.layout.root, 'reports', 'people'))).toHaveLength(3);
  });
});

describe('a run without accepted rows', () => {
  const counting = definePipeline({
    name: 'counting',
    owner: 'test',
    description: 'Holds runs that bring nothing.',
    row: z.object({ id: z.int() }),
    sources: (source) => [source.files({ prefix: 'x/', format: format.csv() })],
    checks: (o) => [check.rowCount({ min: 1 }), check.completeness(o.id, { atLeast: 1 })],
    gate: { rejected: { atMost: 1 } },
    sinks: () => [sink.lake({ table: 'counting', write: 'replace' })],
    sla: { latency: '1 hour' },
  }) as unknown as Pipeline;

  test.each([
    ['an empty object', '', { read: 0, quarantined: 0 }],
    ['a header only', 'id\n', { read: 0, quarantined: 0 }],
    ['only rejects', 'id\nx\n', { read: 1, quarantined: 1 }],
  ])('%s is held by rowCount, and by nothing else', async (_, content, records) => {
    await box.run(counting, 'good.csv', 'id\n1\n');
    const run = await box.run(counting, 'bad.csv', content);
    expect(run).toMatchObject({ status: 'held', records: { ...records, loaded: 0, held: 0 } });
    expect(run.error?.message).toBe('check rowCount: 0 rows, expected at least 1');
    expect(run.checks.map(({ name, passed }) => [name, passed])).toEqual([
      ['rowCount', false],
      ['completeness', true],
    ]);
    expect(await box.table('counting')).toEqual([{ id: 1 }]);
  });
});

describe('chunks', () => {
  test('many small ones give the same rows, record numbers and rejects as one', async () => {
    const lines = Array.from({ length: 300 }, (_, i) =>
      i % 7 === 3 ? `${i},"odd\n${i}",x,\n` : good(i + 1),
    );
    const content = header + lines.join('');
    const whole = await box.run(people('csv'), 'a.csv', content);
    const wholeRows = await box.table('people', 'id');
    const wholeRejects = await box.quarantine();
    const cut = await openSandbox({ chunkBytes: 500 });
    try {
      const run = await cut.run(people('csv'), 'a.csv', content);
      expect(run.records).toEqual(whole.records);
      expect(run.reasons).toEqual(whole.reasons);
      expect(await cut.table('people', 'id')).toEqual(wholeRows);
      const strip = (records: typeof wholeRejects) =>
        records.map((record) => ({ ...record, run: null, object: null, quarantined_at: null }));
      expect(strip(await cut.quarantine())).toEqual(strip(wholeRejects));
      const { layout, tables } = cut.world;
      for (const uri of [layout.table('people'), layout.quarantinedRecords]) {
        expect((await tables.snapshot(uri))!.files).toHaveLength(1);
      }
    } finally {
      await cut.close();
    }
  });
});
