/** Runs in which `unnest` makes several rows of a record: what the report, the table and the quarantine say of them. */

import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { check, column, format, int, sql, text, z } from '../../core/vocabulary.ts';
import { renderRun } from '../../bin/render.ts';
import { examine } from '../../runtime/doctor.ts';
import { findLeftovers } from '../../runtime/leftovers.ts';
import { runObject } from '../../runtime/local/run.ts';
import { openAlone } from '../support/engine-alone.ts';
import { pipelineOf } from '../support/pipeline.ts';
import { lines } from '../support/lines.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { many, plain, some, unnesting } from '../support/unnested.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

const findings = async () => {
  const { executions } = box.world;
  const { findings: found } = await examine(box.world, {
    isGone: executions.isGone,
    leftovers: () => findLeftovers(box.world, executions.isGone),
    call: (...words) => words.join(' '),
  });
  return found;
};

test('rows are told beside records, one rejected element takes its record along, and the doctor agrees', async () => {
  const content =
    many([1, 2, 3], (id) => some(id)) +
    lines([{ id: 4, who: 'Ann', items: [...some(2), { sku: 'x', qty: 99 }, { sku: 'y', qty: 98 }] }]);
  const record = await box.run(
    unnesting({ transform: plain, checks: (o) => [check.between(o.qty, { max: 50 })] }),
    'a.jsonl',
    content,
  );
  expect(record).toMatchObject({
    status: 'published-with-rejects',
    records: { read: 4, loaded: 3, quarantined: 1 },
    rows: { inserted: 6 },
    reasons: [{ column: 'qty', code: 'check.between', records: 1, example: { record: 4, value: '99' } }],
    warnings: [],
  });
  expect(
    (await box.quarantine()).map(({ text: raw, reasons }) => [JSON.parse(raw).id, reasons.length]),
  ).toEqual([[4, 2]]);
  expect(renderRun(record, { cwd: box.folder })).toContain('rows  6 inserted');
  expect(await findings()).toEqual([]);
});

test('a value of a personal list is masked in the report', async () => {
  const made = unnesting({
    transform: (rows) =>
      rows
        .derive((o) => ({ names: column(z.array(z.string()), sql`string_split(${o.who}, ' ')`) }))
        .unnest('names', { as: 'name' })
        .derive((o) => ({ n: int(sql`${o.name}::BIGINT`) })),
    checks: (o) => [check.between(o.n, { max: 5 })],
  });
  const record = await box.run(
    made,
    'a.jsonl',
    lines([
      { id: 1, who: '1 2' },
      { id: 2, who: '3 77' },
    ]),
  );
  expect(record).toMatchObject({ records: { loaded: 1, quarantined: 1 }, rows: { inserted: 2 } });
  expect(record.reasons[0]!.example.value).not.toContain('77');
});

test('columns may have the names that relations have inside, and those of the engine', async () => {
  const names = { made: 1, records: 'r', rows: 'x', fates: true, reason: 'why', file_row_number: 5 };
  const made = pipelineOf({
    name: 'orders',
    format: format.jsonl(),
    row: z.object({
      made: z.int(),
      records: z.string(),
      rows: z.string(),
      fates: z.boolean(),
      reason: z.string(),
      file_row_number: z.int(),
      elements: z.array(z.object({ place: z.int().optional() })),
    }),
    transform: (rows) =>
      rows
        .unnest('elements', { take: { place: 'place' }, position: 'nth', empty: 'keep' })
        .impute(() => ({ place: 7 }))
        .mask({ reason: { by: 'redact' } }),
    checks: (o) => [check.between(o.place, { max: 9 })],
  });
  const content = [[{ place: 3 }, {}], [], [{ place: 10 }]].map((elements) => ({ ...names, elements }));
  expect(await box.run(made, 'a.jsonl', lines(content))).toMatchObject({
    records: { read: 3, loaded: 2, quarantined: 1 },
    rows: { inserted: 3 },
  });
  const kept = { ...names, reason: '(redacted)' };
  expect(await box.table('orders', 'nth, place')).toEqual([
    { ...kept, place: 3, nth: 1 },
    { ...kept, place: 7, nth: 2 },
    { ...kept, place: 7, nth: null },
  ]);
});

test('lists of a Parquet file', async () => {
  const alone = await openAlone();
  try {
    const content = await alone.parquet(
      `SELECT * FROM (VALUES (1, [{sku: 'a', qty: 2}, {sku: 'b', qty: NULL}]), (2, []), (3, NULL)) t(id, items)`,
    );
    const made = unnesting({ transform: plain, format: format.parquet() });
    expect(await box.run(made, 'a.parquet', content)).toMatchObject({
      records: { read: 3, loaded: 1, filtered: 2 },
      rows: { inserted: 2 },
    });
    expect(await box.table('orders', 'line')).toMatchObject([
      { id: 1, sku: 'a', qty: 2, line: 1, _record: 1 },
      { id: 1, sku: 'b', qty: null, line: 2, _record: 1 },
    ]);
  } finally {
    await alone.close();
  }
});

test('a list out of the text of a CSV', async () => {
  const csv = pipelineOf({
    name: 'orders',
    row: z.object({ id: z.int(), tags: z.string() }),
    transform: (rows) =>
      rows
        .derive((o) => ({ tags: column(z.array(z.string()), sql`string_split(${o.tags}, '|')`) }))
        .unnest('tags', { as: 'tag' })
        .clean({ tag: { trim: true, nulls: [''] } })
        .where((o) => sql`${o.tag} IS NOT NULL`)
        .lookup((o) => ({ region: { of: o.tag, in: { no: 'N', it: 'S' } } }))
        .map(
          (o) => ({ reads: [o.id, o.tag], adds: { label: z.string() } }),
          ({ id, tag }) => ({ label: `${id}${tag}` }),
        )
        .rename({ tag: 'land' }),
  });
  const record = await box.run(csv, 'a.csv', 'id,tags\n1,no| it\n2,\n3,no|xx|yy|xx\n4,it||no\n');
  expect(record).toMatchObject({
    records: { read: 4, loaded: 2, filtered: 1, quarantined: 1 },
    rows: { inserted: 4 },
    warnings: ['1 of 5 elements of accepted records were left out by where().'],
  });
  expect(
    (await box.table('orders', 'label'))!.map(({ label, land, region }) => [label, land, region]),
  ).toEqual([
    ['1it', 'it', 'S'],
    ['1no', 'no', 'N'],
    ['4it', 'it', 'S'],
    ['4no', 'no', 'N'],
  ]);
  const [reject] = await box.quarantine();
  expect(reject!.reasons.map(({ code, value }) => [code, value])).toEqual([
    ['key', 'xx'],
    ['key', 'yy'],
  ]);
});

test('--again takes the place of the rows, and replaced partitions are those that rows are in', async () => {
  const made = unnesting({
    transform: plain,
    into: { write: 'replace', scope: 'partition', partitionBy: [{ column: 'day' }] },
  });
  const first =
    many([1, 2], () => some(3), { day: '2026-01-01' }) + many([3], () => some(2), { day: '2026-01-02' });
  expect(await box.run(made, 'a.jsonl', first)).toMatchObject({ rows: { inserted: 8, deleted: 0 } });
  const second = many([4], () => some(1), { day: '2026-01-02' });
  expect(await box.run(made, 'b.jsonl', second)).toMatchObject({ rows: { inserted: 1, deleted: 2 } });
  const again = await box.run(made, 'b.jsonl', second, true);
  expect(again).toMatchObject({ records: { loaded: 1 }, rows: { inserted: 1, deleted: 1 } });
  expect((await box.table('orders', 'id'))!.map(({ id }) => id)).toEqual([1, 1, 1, 2, 2, 2, 4]);
  expect(await findings()).toEqual([]);
});

test('appended rows are superseded by --again with other rows', async () => {
  const made = (least: number) =>
    unnesting({ transform: (rows) => plain(rows).where((o) => sql`${o.qty} > ${least}`) });
  const content = many([1, 2], () => some(3));
  expect(await box.run(made(0), 'a.jsonl', content)).toMatchObject({ rows: { inserted: 6 }, warnings: [] });
  expect(await box.run(made(2), 'a.jsonl', content, true)).toMatchObject({
    records: { read: 2, loaded: 2 },
    rows: { inserted: 4, deleted: 6 },
    warnings: ['2 of 6 elements of accepted records were left out by where().'],
  });
  expect(await findings()).toEqual([]);
});

test('a pipeline that reads the table has a record for each row', async () => {
  const items = unnesting({ transform: plain });
  const skus = pipelineOf({
    name: 'skus',
    row: z.object({ sku: z.string(), qty: z.int().nullable() }),
    transform: (rows) =>
      rows.aggregate((o) => ({ per: [o.sku], columns: { sold: int(sql`sum(${o.qty})`) } })),
    atMost: 0,
    into: (o) => ({ dedupe: 'table', key: [o.sku] }),
    more: { sources: (source: any) => [source.table(items)] },
  });
  await box.run(
    items,
    'a.jsonl',
    many([1, 2, 3], (id) => some(id)),
  );
  const version = join(box.world.layout.table('orders'), '_delta_log', `${'0'.repeat(20)}.json`);
  expect(await runObject(box.world, skus, { uri: version })).toMatchObject({
    status: 'published',
    records: { read: 6, loaded: 3, deduplicated: 3 },
  });
  expect((await box.table('skus', 'sku'))!.map(({ sku, sold }) => [sku, sold])).toEqual([
    ['s0', 6],
    ['s1', 6],
    ['s2', 4],
  ]);
});

test('held records are records; checks on the run see rows, also those of earlier runs', async () => {
  const counted = (rule: object, atMost = 1) =>
    unnesting({
      transform: plain,
      checks: (o) => [
        check.rowCount(rule as never),
        check.completeness(o.qty, { atLeast: 1, severity: 'warn' }),
      ],
      atMost,
    });
  for (const id of [1, 2, 3, 4, 5])
    await box.run(
      counted({ sigmas: 3 }),
      `${id}.jsonl`,
      many([id, id + 10], () => some(10)),
    );
  const usual = await box.run(
    counted({ sigmas: 3 }),
    '6.jsonl',
    many([6], () => some(20)),
  );
  expect(usual).toMatchObject({ status: 'published', records: { loaded: 1 }, rows: { inserted: 20 } });
  const few = await box.run(
    counted({ sigmas: 3 }),
    '7.jsonl',
    many([7, 8], () => some(2)),
  );
  expect(few).toMatchObject({
    status: 'held',
    records: { read: 2, loaded: 0, held: 2 },
    rows: { inserted: 0 },
  });
  expect(few.checks[0]!.message).toContain('4 rows, expected 20 to 20');
  const nulls = await box.run(
    counted({ min: 1 }),
    '8.jsonl',
    many([9], () => [...some(1), { sku: 'n', qty: null }]),
  );
  expect(nulls.warnings).toEqual([
    'Check completeness: qty has a value in 50 % of 2 rows, expected at least 100 %',
  ]);
});

test('a derived text of each element, for a list of a million', async () => {
  const size = 1_000_000;
  const made = unnesting({
    transform: (rows) =>
      rows
        .derive((o) => ({ n: column(z.array(z.int()), sql`range(${o.id})`) }))
        .unnest('n', { as: 'n', position: 'line' })
        .where((o) => sql`${o.n} % 2 = 0`)
        .derive((o) => ({ word: text(sql`'w' || ${o.n}`) })),
  });
  expect(await box.run(made, 'a.jsonl', lines([{ id: size }, { id: 1 }]))).toMatchObject({
    records: { loaded: 2 },
    rows: { inserted: size / 2 + 1 },
    warnings: [`${size / 2} of ${size + 1} elements of accepted records were left out by where().`],
  });
});
