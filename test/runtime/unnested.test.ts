/** Records of which `unnest` makes several rows, on the whole way of a run: books of records, a table of rows. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ReconciliationError } from '../../core/errors.ts';
import { Rows, type ReceivedRows, type Shape } from '../../core/rows.ts';
import type { Empty } from '../../core/transforms/unnest.ts';
import type { Step } from '../../core/transforms/step.ts';
import {
  check,
  column,
  definePipeline,
  format,
  int,
  sink,
  sql,
  text,
  z,
  type Pipeline,
} from '../../core/vocabulary.ts';
import { renderRun } from '../../bin/render.ts';
import { examine } from '../../runtime/doctor.ts';
import { ingest } from '../../runtime/ingest.ts';
import { findLeftovers } from '../../runtime/leftovers.ts';
import { load } from '../../runtime/load.ts';
import { runObject } from '../../runtime/local/run.ts';
import { placesOf, readValue, writeValue } from '../../runtime/staging.ts';
import { transform } from '../../runtime/transform.ts';
import { validate } from '../../runtime/validate.ts';
import { validatedSchema } from '../../runtime/values.ts';
import { writeCounted } from '../../runtime/write-counted.ts';
import { openEngine } from '../support/engine.ts';
import { openAlone } from '../support/engine-alone.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

const seed = Number(process.env['SLUICE_SEED'] ?? 20261121);

const row = z.object({
  id: z.int(),
  day: z.iso.date().optional(),
  who: z.string().meta({ pii: true }).optional(),
  items: z.array(z.object({ sku: z.string(), qty: z.int().nullable() })).nullish(),
});
type In = typeof row.shape;

interface Asked<Out extends Shape> {
  readonly transform: (rows: ReceivedRows<In>) => Rows<Out>;
  readonly checks?: (o: any) => readonly any[];
  readonly write?: object;
  readonly atMost?: number;
  readonly source?: (source: any) => readonly any[];
}

const pipeline = <Out extends Shape>({ atMost = 1, write = {}, checks = () => [], ...asked }: Asked<Out>) =>
  definePipeline({
    name: 'orders',
    owner: 'test',
    description: 'Orders, a row for each item.',
    row,
    sources: asked.source ?? ((source) => [source.files({ prefix: 'orders/', format: format.jsonl() })]),
    transform: asked.transform,
    checks,
    gate: { rejected: { atMost } },
    sinks: () => [sink.lake({ table: 'orders', write: 'append', metadata: ['_record'], ...write } as never)],
    sla: { latency: '1 hour' },
  }) as unknown as Pipeline;

const take = { sku: 'sku', qty: 'qty' } as const;
const plain = (rows: ReceivedRows<In>) => rows.unnest('items', { take, position: 'line' });
const lines = (records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');

interface Item {
  readonly sku: string;
  readonly qty: number | null;
}
interface Order {
  readonly id: number;
  /** Of `bad` no list can be made. */
  readonly items?: readonly Item[] | null | 'bad';
}
interface Asking {
  readonly empty: Empty;
  readonly setwise: boolean;
}

const judged = ({ empty, setwise }: Asking): Pipeline =>
  pipeline({
    transform: (rows) => {
      const kept = rows.where((o) => sql`${o.id} > 0`);
      const met = setwise ? kept.latest((o) => ({ per: [o.id] })) : kept;
      return met
        .unnest('items', { take, position: 'line', empty })
        .where((o) => sql`CASE WHEN ${o.qty} = 40 THEN ${o.sku}::INTEGER > 0 ELSE ${o.qty} > 1 END`)
        .derive((o) => ({ share: int(sql`100 // (${o.qty} - 13)`) }));
    },
    checks: (o) => [
      check.between(o.qty, { max: 50 }),
      check.between(o.qty, { min: 4, severity: 'warn' }),
      check.rowCount({ min: 0 }),
    ],
  });

/** The same in plain TypeScript: what becomes of each record and its rows. */
function model(orders: readonly Order[], { empty, setwise }: Asking) {
  const books = { loaded: 0, quarantined: 0, filtered: 0, deduplicated: 0 };
  const rows: unknown[] = [];
  const rejects: unknown[] = [];
  let [made, leftOut, small] = [0, 0, 0];
  const isLive = ({ id, items }: Order): boolean => items !== 'bad' && id > 0;
  for (const [n, order] of orders.entries()) {
    const { id, items } = order;
    const reject = (reasons: readonly (readonly unknown[])[]): void => {
      books.quarantined++;
      rejects.push([n + 1, [...new Map(reasons.map((one) => [JSON.stringify(one), one])).values()]]);
    };
    if (items === 'bad') reject([['items', 'invalid_type']]);
    else if (!isLive(order)) books.filtered++;
    else if (setwise && orders.slice(n + 1).some((one) => isLive(one) && one.id === id)) books.deduplicated++;
    else if ((items ?? []).length === 0 && empty === 'filter') books.filtered++;
    else if ((items ?? []).length === 0 && empty === 'reject') reject([['items', 'too_small']]);
    else {
      const elements = (items ?? []).length === 0 ? [{ sku: null, qty: null }] : items!;
      const fates = elements.map(({ qty }) => {
        if (qty === 40) return [[null, 'expression', null]];
        if (qty === null || qty <= 1) return 'left out';
        if (qty === 13) return [['share', 'expression', null]];
        return qty > 50 ? [['qty', 'check.between', String(qty)]] : 'kept';
      });
      const faults = fates.flatMap((fate) => (typeof fate === 'string' ? [] : fate));
      if (faults.length > 0) reject(faults);
      else if (!fates.includes('kept')) books.filtered++;
      else {
        books.loaded++;
        made += elements.length;
        for (const [i, { sku, qty }] of elements.entries()) {
          if (fates[i] === 'left out') leftOut++;
          else {
            if (qty! < 4) small++;
            rows.push({ id, sku, qty, line: i + 1, share: Math.trunc(100 / (qty! - 13)), _record: n + 1 });
          }
        }
      }
    }
  }
  const told = {
    records: { read: orders.length, ...books, held: 0 },
    inserted: rows.length,
    warnings:
      leftOut === 0 ? [] : [`${leftOut} of ${made} elements of accepted records were left out by where().`],
    small,
    rows,
    rejects,
  };
  return { told, leftOut };
}

const item = fc.record({
  sku: fc.constantFrom('a', 'b', ''),
  qty: fc.oneof(fc.integer({ min: -2, max: 60 }), fc.constantFrom(null, 13, 13, 40, 60, 60, 70)),
});
const fine = fc.record({ sku: fc.constantFrom('a', 'b'), qty: fc.integer({ min: 0, max: 12 }) });
const order = fc.record(
  {
    id: fc.integer({ min: 0, max: 20 }),
    items: fc.oneof(
      { weight: 6, arbitrary: fc.array(fine, { maxLength: 6 }) },
      { weight: 3, arbitrary: fc.array(item, { maxLength: 5 }) },
      { weight: 1, arbitrary: fc.constantFrom(null, 'bad' as const) },
    ),
  },
  { requiredKeys: ['id'] },
);

async function outcome(orders: readonly Order[], asking: Asking, limits: object) {
  const box = await openSandbox(limits);
  try {
    const content = lines(
      orders.map(({ items, ...rest }) => ({
        ...rest,
        items: items === 'bad' ? [{ sku: 1, qty: 2 }] : items,
      })),
    );
    const { records, rows, warnings, checks, error } = await box.run(judged(asking), 'a.jsonl', content);
    if (error !== undefined) throw new Error(`${error.name}: ${error.message}`);
    const [, small] = checks;
    const rejects = await box.quarantine();
    return {
      records,
      inserted: rows.inserted,
      warnings: warnings.filter((warning) => !warning.startsWith('Check ')),
      small: Number(/^\d+/.exec(small!.message)![0]),
      rows:
        (await box.table('orders', '_record, line'))?.map(({ day: _day, who: _who, ...one }) => one) ?? [],
      rejects: rejects.map(({ record, reasons }) => [
        record,
        reasons.map(({ column: of, code, value }) => (of === 'items' ? [of, code] : [of, code, value])),
      ]),
    };
  } finally {
    await box.close();
  }
}

test.each<[string, Order]>([
  ['no list', { id: 1 }],
  ['null', { id: 1, items: null }],
  ['an empty one', { id: 1, items: [] }],
  ['one that is none', { id: 1, items: 'bad' }],
  ['elements of which none is left', { id: 1, items: [{ sku: 'a', qty: 1 }] }],
  ['a record that was left out before', { id: 0 }],
])('a run of one record alone: %s', async (_what, one) => {
  for (const empty of ['filter', 'reject', 'keep'] as const) {
    const asking = { empty, setwise: false };
    expect(await outcome([one], asking, {})).toEqual(model([one], asking).told);
  }
});

test.each([false, true])(
  'books, rows and reasons are those of the model, in one piece and in many (after a set-wise word: %s)',
  async (setwise) => {
    const seen = { left: 0, rejected: 0, filtered: 0, rows: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.array(order, { minLength: 15, maxLength: 50 }),
        fc.constantFrom<Empty>('filter', 'reject', 'keep'),
        fc.integer({ min: 300, max: 1500 }),
        fc.integer({ min: 400, max: 2000 }),
        async (orders, empty, chunkBytes, bucketBytes) => {
          const { told: expected, leftOut } = model(orders, { empty, setwise });
          expect(await outcome(orders, { empty, setwise }, {})).toEqual(expected);
          const cut = setwise ? { chunkBytes, bucketBytes } : { chunkBytes };
          expect(await outcome(orders, { empty, setwise }, cut)).toEqual(expected);
          seen.left += leftOut;
          seen.rejected += expected.records.quarantined;
          seen.filtered += expected.records.filtered;
          seen.rows += expected.rows.length;
        },
      ),
      { numRuns: 4, seed },
    );
    expect(Object.entries(seen).filter(([, times]) => times === 0)).toEqual([]);
  },
);

test('a file with other rows than were counted is refused where it is written', async () => {
  const engine = await openEngine();
  try {
    const write = (count: number) =>
      writeCounted(
        engine,
        'SELECT unnest([1, 2, 3]) AS id',
        join(engine.folder, 'a.parquet'),
        'Chunk 0',
        count,
      );
    await expect(write(3)).resolves.toBeUndefined();
    await expect(write(2)).rejects.toThrow(ReconciliationError);
    await expect(write(2)).rejects.toThrow(
      'Chunk 0: what became of its records counts 2, the file of accepted rows counts 3',
    );
  } finally {
    await engine.close();
  }
});

describe('in an environment', () => {
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
  const many = (ids: readonly number[], items: (id: number) => readonly Item[], more: object = {}) =>
    lines(ids.map((id) => ({ id, items: items(id), ...more })));
  const some = (n: number): Item[] => Array.from({ length: n }, (_, i) => ({ sku: `s${i}`, qty: i + 2 }));

  test('rows are told beside records, one rejected element takes its record along, and the doctor agrees', async () => {
    const content =
      many([1, 2, 3], (id) => some(id)) +
      lines([{ id: 4, who: 'Ann', items: [...some(2), { sku: 'x', qty: 99 }, { sku: 'y', qty: 98 }] }]);
    const record = await box.run(
      pipeline({ transform: plain, checks: (o) => [check.between(o.qty, { max: 50 })] }),
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
    const made = pipeline({
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
    const made = definePipeline({
      name: 'orders',
      owner: 'test',
      description: 'Names.',
      row: z.object({
        made: z.int(),
        records: z.string(),
        rows: z.string(),
        fates: z.boolean(),
        reason: z.string(),
        file_row_number: z.int(),
        elements: z.array(z.object({ place: z.int().optional() })),
      }),
      sources: (source) => [source.files({ prefix: 'orders/', format: format.jsonl() })],
      transform: (rows) =>
        rows
          .unnest('elements', { take: { place: 'place' }, position: 'nth', empty: 'keep' })
          .impute(() => ({ place: 7 }))
          .mask({ reason: { by: 'redact' } }),
      checks: (o) => [check.between(o.place, { max: 9 })],
      gate: { rejected: { atMost: 1 } },
      sinks: () => [sink.lake({ table: 'orders', write: 'append' })],
      sla: { latency: '1 hour' },
    }) as unknown as Pipeline;
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
      const path = join(alone.folder, 'a.parquet');
      await alone.ask(
        `COPY (SELECT * FROM (VALUES (1, [{sku: 'a', qty: 2}, {sku: 'b', qty: NULL}]), (2, []), (3, NULL)) t(id, items)) TO '${path}' (FORMAT parquet)`,
      );
      const made = pipeline({
        transform: plain,
        source: (source) => [
          source.files({ prefix: 'orders/', match: '*.parquet', format: format.parquet() }),
        ],
      });
      expect(await box.run(made, 'a.parquet', await readFile(path))).toMatchObject({
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
    const csv = definePipeline({
      name: 'orders',
      owner: 'test',
      description: 'Orders.',
      row: z.object({ id: z.int(), tags: z.string() }),
      sources: (source) => [source.files({ prefix: 'orders/', format: format.csv() })],
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
      gate: { rejected: { atMost: 1 } },
      sinks: () => [sink.lake({ table: 'orders', write: 'append' })],
      sla: { latency: '1 hour' },
    }) as unknown as Pipeline;
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
    const made = pipeline({
      transform: plain,
      write: { write: 'replace', scope: 'partition', partitionBy: [{ column: 'day' }] },
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
      pipeline({ transform: (rows) => plain(rows).where((o) => sql`${o.qty} > ${least}`) });
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
    const items = definePipeline({
      name: 'orders',
      owner: 'test',
      description: 'Items.',
      row,
      sources: (source) => [source.files({ prefix: 'orders/', format: format.jsonl() })],
      transform: plain,
      gate: { rejected: { atMost: 1 } },
      sinks: () => [sink.lake({ table: 'orders', write: 'append' })],
      sla: { latency: '1 hour' },
    });
    const skus = definePipeline({
      name: 'skus',
      owner: 'test',
      description: 'Articles.',
      row: z.object({ sku: z.string(), qty: z.int().nullable() }),
      sources: (source) => [source.table(items)],
      transform: (rows) =>
        rows.aggregate((o) => ({ per: [o.sku], columns: { sold: int(sql`sum(${o.qty})`) } })),
      gate: { rejected: { atMost: 0 } },
      sinks: (o) => [sink.lake({ table: 'skus', write: 'append', dedupe: 'table', key: [o.sku] })],
      sla: { latency: '1 hour' },
    }) as unknown as Pipeline;
    await box.run(
      items as unknown as Pipeline,
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
      pipeline({
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

  /** A transform with a step that breaks its promise after the records were taken apart. */
  const broken = (harm: (below: string) => string, setwise = false): Pipeline =>
    pipeline({
      transform: (rows) => {
        const met = setwise ? rows.latest((o) => ({ per: [o.id] })) : rows;
        const after = met.unnest('items', { take, position: 'line' });
        const step: Step = {
          word: 'harm',
          options: { harm },
          says: 'harm',
          setwise: false,
          leaves: (shape) => shape,
          apply: (below) => ({ columns: below.columns, sql: harm(below.sql) }),
        };
        return new Rows(after.shape, [...after.steps, step]);
      },
    });
  const three = many([1, 2, 3], () => some(3));

  test.each([false, true])(
    'rows that get lost, come twice or change records fail the run (set-wise: %s)',
    async (setwise) => {
      const harms: [(below: string) => string, RegExp][] = [
        [
          (below) => `SELECT * FROM (${below}) WHERE "line" <> 2`,
          /lists of the records counts 9, the rows that were made of them counts 6/,
        ],
        [
          (below) => `SELECT * FROM (${below}) UNION ALL SELECT * FROM (${below}) WHERE "line" = 1`,
          /counts 9, .* counts 12/,
        ],
        [
          (below) =>
            `SELECT * REPLACE (CASE WHEN "_n" = 0 AND "line" = 1 THEN 1 ELSE "_n" END AS "_n") FROM (${below})`,
          /2 records have other rows than their lists say/,
        ],
      ];
      for (const [i, [harm, message]] of harms.entries()) {
        const record = await box.run(broken(harm, setwise), `${i}.jsonl`, `${three}${' '.repeat(i)}\n`);
        expect(record).toMatchObject({
          status: 'failed',
          error: { message: expect.stringMatching(message) },
          rows: { inserted: 0 },
        });
      }
      expect(await box.table('orders')).toBeNull();
    },
  );

  test('files with other rows than were counted are not committed', async () => {
    const made = pipeline({ transform: plain });
    const uri = join(box.folder, 'a.jsonl');
    await writeFile(uri, three);
    const started = {
      pipeline: 'orders',
      execution: 'e',
      objects: [{ uri }],
      startedAt: '2026-01-01T00:00:00.000Z',
    };
    const { manifest, attempt, chunks } = await ingest(box.world, made, started);
    for (const chunk of chunks) await transform(box.world, made, { manifest, chunk });
    await validate(box.world, made, { manifest, attempt });
    const { validated } = placesOf(box.world, 'orders', 'e');
    const found = await readValue(box.world.files, validated, validatedSchema);
    expect(found).toMatchObject({ accepted: 3, tableRows: 9 });
    await writeValue(box.world.files, validated, validatedSchema, { ...found, tableRows: 3 });
    await expect(load(box.world, made, { manifest, attempt })).rejects.toThrow(ReconciliationError);
    await writeValue(box.world.files, validated, validatedSchema, found);
    expect(await load(box.world, made, { manifest, attempt })).toMatchObject({ status: 'published' });
  });

  test('a derived text of each element, for a list of a million', async () => {
    const size = 1_000_000;
    const made = pipeline({
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
});
