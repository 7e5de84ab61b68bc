/** Rows that meet, worked on in buckets: the same rows, rejects, reasons and books as in one piece. */

import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EngineError, ReconciliationError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import type { ReceivedRows, Rows, Shape } from '../../core/rows.ts';
import { check, column, format, int, reference, sql, z, type Pipeline } from '../../core/vocabulary.ts';
import { readValue, writeValue } from '../../runtime/staging.ts';
import { validate } from '../../runtime/validate.ts';
import { bucketResultSchema, chunkResultSchema, type Ingested } from '../../runtime/values.ts';
import { outcomeOf } from '../support/outcome.ts';
import { pipelineOf } from '../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { placesIn, upToChunks } from '../support/stages.ts';

const row = z.object({
  id: z.int(),
  shop: z.string().min(1),
  price: z.number().max(90).nullable(),
  on: z.iso.date(),
});
type In = typeof row.shape;

interface Asked<Out extends Shape> {
  readonly transform?: (rows: ReceivedRows<In>) => Rows<Out>;
  readonly unique?: boolean;
  readonly upsert?: boolean;
}

const pipeline = <Out extends Shape = In>({ transform, unique, upsert }: Asked<Out>): Pipeline =>
  pipelineOf({
    name: 'met',
    row,
    ...(transform && { transform }),
    checks: (o) => [
      ...(unique ? [check.unique(o.id, o.shop), check.unique(o.shop, o.id, o.on, { severity: 'warn' })] : []),
      check.completeness(o.shop, { atLeast: 1 }),
      check.rowCount({ min: 1, severity: 'warn' }),
    ],
    into: (o) => ({
      metadata: ['_record'],
      ...(upsert ? { write: 'upsert', key: [o.shop, o.id], newest: o.on } : {}),
    }),
  });

const places = (folder: string) =>
  reference({
    uri: join(folder, 'shops.csv'),
    format: format.csv(),
    row: z.object({ name: z.string(), city: z.string() }),
  });

const pipelines: Record<string, (folder: string) => Pipeline> = {
  latest: () => pipeline({ transform: (rows) => rows.latest((o) => ({ per: [o.shop, o.id], by: o.on })) }),
  'dedupe, then numbers': () =>
    pipeline({
      transform: (rows) =>
        rows
          .dedupe((o) => ({ per: [o.shop, o.id], keep: 'last' }))
          .where((o) => sql`${o.price} IS NULL OR ${o.price} > 3`)
          .over((o) => ({
            per: [o.shop],
            by: o.on,
            columns: { place: int(sql`row_number()`), days: int(sql`count(DISTINCT ${o.on})`) },
            frame: 'all',
          })),
    }),
  'the price before': () =>
    pipeline({ transform: (rows) => rows.impute((o) => ({ price: { from: 'previous', per: [o.shop] } })) }),
  'the price before, of shops that a constant makes one': () =>
    pipeline({
      transform: (rows) =>
        rows
          .derive((o) => ({ place: column(z.string().nullable(), sql`nullif(${o.shop}, 'nowhere')`) }))
          .impute((o) => ({ place: 'east', price: { from: 'previous', per: [o.place] } })),
    }),
  aggregate: () =>
    pipeline({
      transform: (rows) =>
        rows.aggregate((o) => ({
          per: [o.shop],
          columns: { sales: int(sql`count(*)`), last: int(sql`max(${o.id})`) },
        })),
    }),
  'a join alone': (folder) =>
    pipeline({
      transform: (rows) =>
        rows.join(places(folder), (o) => ({ on: { name: o.shop }, take: { city: 'city' } })),
    }),
  'a join, then sessions': (folder) =>
    pipeline({
      transform: (rows) =>
        rows
          .join(places(folder), (o) => ({ on: { name: o.shop }, take: { city: 'city' }, onMiss: 'keep' }))
          .sessionize((o) => ({ per: [o.shop], by: o.on, gap: '2 days', as: 'visit' })),
    }),
  unique: () => pipeline({ unique: true }),
  'an upsert': () => pipeline({ upsert: true, unique: true }),
};

/** Shops that few and many rows share, prices and dates that repeat, some that no row may have. */
const sale = fc.record({
  id: fc.nat(9),
  shop: fc.constantFrom('north', 'south', 'east', 'nowhere', '"a ""b"""', ''),
  price: fc.constantFrom('', '1.5', '4', '88', '91', 'much'),
  on: fc.constantFrom('2026-01-01', '2026-01-02', '2026-01-04', '2026-02-30'),
});
const csvOf = (sales: readonly { id: number; shop: string; price: string; on: string }[]): string =>
  ['id,shop,price,on', ...sales.map((one) => `${one.id},${one.shop},${one.price},${one.on}`), ''].join('\n');
const shops = 'name,city\nnorth,Oslo\nsouth,Rome\neast,Kyiv\n"a ""b""",Bern\n';

const seed = Number(process.env['SLUICE_SEED'] ?? 20261121);

describe('one piece and many buckets', () => {
  test.each(Object.entries(pipelines))('%s', async (_name, make) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(sale, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 30, max: 900 }),
        fc.integer({ min: 20, max: 700 }),
        async (sales, chunkBytes, bucketBytes) => {
          const content = csvOf(sales);
          const whole = await outcome(make, content, {});
          const parted = await outcome(make, content, { chunkBytes, bucketBytes });
          expect(parted).toEqual(whole);
        },
      ),
      { numRuns: 3, seed },
    );
  });
});

test('rows that a constant makes equal before they meet are worked on together', async () => {
  const content = csvOf(
    Array.from({ length: 12 }, (_, id) => ({
      id,
      shop: id % 2 === 0 ? 'east' : 'nowhere',
      price: id % 3 === 1 ? '4' : '',
      on: '2026-01-01',
    })),
  );
  const make = pipelines['the price before, of shops that a constant makes one']!;
  const whole = await outcome(make, content, {});
  expect(whole.table!.filter(({ price }) => price === null)).toHaveLength(1);
  expect(await outcome(make, content, { chunkBytes: 100, bucketBytes: 60 })).toEqual(whole);
});

test.each([
  ['of some buckets', 7, 'published-with-rejects'],
  ['of any bucket', 0, 'published'],
])('rows of which a round leaves none %s for the next one', async (_what, last, status) => {
  const content = csvOf(
    Array.from({ length: 20 }, (_, i) => ({
      id: i % 10,
      shop: i === 1 && last > 0 ? '' : `shop ${i % 3}`,
      price: i % 10 < last ? '4' : '1.5',
      on: '2026-01-01',
    })),
  );
  // Two rounds: rows of one id are in many shops.
  const make = () =>
    pipeline({
      transform: (rows) =>
        rows
          .dedupe((o) => ({ per: [o.id], keep: 'last' }))
          .where((o) => sql`${o.price} > 3`)
          .over((o) => ({ per: [o.shop], by: o.on, columns: { place: int(sql`row_number()`) } })),
    });
  const whole = await outcome(make, content, {});
  expect(whole.status).toBe(status);
  expect(whole.table ?? []).toHaveLength(last);
  expect(await outcome(make, content, { chunkBytes: 300, bucketBytes: 120 })).toEqual(whole);
});

test('a chunk that leaves no row for any bucket', async () => {
  const content = csvOf(
    Array.from({ length: 30 }, (_, i) => ({
      id: i % 4,
      shop: i < 15 ? '' : `shop ${i % 3}`,
      price: '1',
      on: '2026-01-01',
    })),
  );
  const whole = await outcome(pipelines['latest']!, content, {});
  expect(whole.table).toHaveLength(12);
  expect(await outcome(pipelines['latest']!, content, { chunkBytes: 100, bucketBytes: 100 })).toEqual(whole);
});

const outcome = (make: (folder: string) => Pipeline, content: string, limits: Partial<Limits>) =>
  outcomeOf(make, { name: 'a.csv', content, beside: { 'shops.csv': shops }, limits });

describe('a bucket', () => {
  let box: Sandbox;
  beforeEach(async () => {
    box = await openSandbox({ chunkBytes: 100, bucketBytes: 100 });
  });
  afterEach(() => box.close());

  const latest = pipelines['latest']!('');
  const content = csvOf(
    Array.from({ length: 40 }, (_, i) => ({
      id: i % 10,
      shop: `shop ${i % 4}`,
      price: '1',
      on: '2026-01-01',
    })),
  );

  /** Ingest and transform as the state machine calls them. */
  async function upToBuckets(): Promise<Ingested> {
    const ingested = await upToChunks(box, latest, 'a.csv', content);
    expect(ingested.rounds.buckets.length).toBeGreaterThan(2);
    return ingested;
  }

  test('that left no result fails the run', async () => {
    const { manifest, attempt, rounds } = await upToBuckets();
    const { buckets } = rounds;
    for (const bucket of buckets.slice(1)) await validate(box.world, latest, { manifest, round: 0, bucket });
    const whole = validate(box.world, latest, { manifest, attempt });
    await expect(whole).rejects.toThrow(EngineError);
    await expect(whole).rejects.toThrow(`Bucket 0 of ${buckets.length} left no result`);
    await validate(box.world, latest, { manifest, round: 0, bucket: 0 });
    expect(await validate(box.world, latest, { manifest, attempt })).toMatchObject({ status: 'passed' });
  });

  test('whose numbers do not agree fails the run by that name', async () => {
    const { manifest, attempt, rounds } = await upToBuckets();
    const { buckets } = rounds;
    for (const bucket of buckets.slice(1)) await validate(box.world, latest, { manifest, round: 0, bucket });
    const { bucketFailure } = placesIn(box, latest);
    const noted = { n: 0, name: 'ReconciliationError', message: 'a: 3, b: 2' };
    await box.world.files.write(bucketFailure({ round: 0, n: 0 }), Buffer.from(JSON.stringify(noted)));
    await expect(validate(box.world, latest, { manifest, attempt })).rejects.toThrow(ReconciliationError);
  });

  test('worked on twice counts once, with what the first left', async () => {
    const { manifest, attempt, rounds } = await upToBuckets();
    const { buckets } = rounds;
    for (const bucket of buckets) await validate(box.world, latest, { manifest, round: 0, bucket });
    const { bucket } = placesIn(box, latest);
    const first = await readValue(box.world.files, bucket({ round: 0, n: 1 }), bucketResultSchema);
    await validate(box.world, latest, { manifest, round: 0, bucket: 1 });
    expect(await readValue(box.world.files, bucket({ round: 0, n: 1 }), bucketResultSchema)).toEqual(first);
    expect(await validate(box.world, latest, { manifest, attempt })).toMatchObject({ status: 'passed' });
  });

  test('whose rows are not those that the chunks left for it fails by the digest of its records', async () => {
    const { manifest, rounds } = await upToBuckets();
    const { buckets } = rounds;
    const { chunk } = placesIn(box, latest);
    const result = await readValue(box.world.files, chunk(0), chunkResultSchema);
    if (result.rows === null || !('parts' in result.rows)) throw new Error('The rows are not in parts.');
    // Two parts with as many rows change places: their counts agree, and their digests do not.
    const [one, other] = result.rows.parts;
    const swapped = [
      { ...one!, digest: other!.digest },
      { ...other!, digest: one!.digest },
      ...result.rows.parts.slice(2),
    ];
    const rows = { ...result.rows, parts: swapped };
    await writeValue(box.world.files, chunk(0), chunkResultSchema, { ...result, rows });
    const ends = await Promise.allSettled(
      buckets.map((bucket) => validate(box.world, latest, { manifest, round: 0, bucket })),
    );
    const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as Error] : []));
    expect(errors.map(({ message }) => message).join()).toContain('record numbers');
    expect(errors.every((error) => error instanceof ReconciliationError)).toBe(true);
  });

  test('that is missing from the books fails the run', async () => {
    const { manifest, attempt, rounds } = await upToBuckets();
    const { buckets } = rounds;
    for (const bucket of buckets) await validate(box.world, latest, { manifest, round: 0, bucket });
    const { bucket } = placesIn(box, latest);
    const full = await Promise.all(
      buckets.map(async (n) => readValue(box.world.files, bucket({ round: 0, n }), bucketResultSchema)),
    );
    const { n, definition } = full.find(({ read }) => read > 0)!;
    await writeValue(box.world.files, bucket({ round: 0, n }), bucketResultSchema, {
      n,
      definition,
      read: 0,
      digest: '0',
      accepted: 0,
      quarantined: 0,
      filtered: 0,
      deduplicated: 0,
      rows: null,
      rejects: null,
      reasons: [],
      violations: {},
      measured: {},
      notices: {},
    });
    await expect(validate(box.world, latest, { manifest, attempt })).rejects.toThrow(ReconciliationError);
  });
});
