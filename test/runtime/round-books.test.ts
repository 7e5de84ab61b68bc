/** The books of rounds: what is missing, twice or in a wrong place between them ends the run, and each guard is needed. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { int, sql, z } from '../../core/vocabulary.ts';
import { readValue, writeValue } from '../../runtime/staging.ts';
import { validate } from '../../runtime/validate.ts';
import {
  bucketResultSchema,
  manifestSchema,
  type BucketResult,
  type Ingested,
  type PartedFile,
} from '../../runtime/values.ts';
import { pipelineOf } from '../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { placesIn, upToChunks } from '../support/stages.ts';

/** What the engine is asked to write is changed: nothing in reach makes it write other rows than it was given. */
const lies = vi.hoisted((): { parted?: ((select: string) => string) | undefined } => ({}));
vi.mock(import('../../core/plan/write.ts'), async (original) => {
  const real = await original();
  return {
    ...real,
    partedSql: (select, ...given) => real.partedSql(lies.parted?.(select) ?? select, ...given),
  };
});

const pipeline = pipelineOf({
  name: 'sales',
  row: z.object({ id: z.int(), shop: z.string() }),
  transform: (rows) =>
    rows
      .latest((o) => ({ per: [o.id] }))
      .aggregate((o) => ({ per: [o.shop], columns: { sales: int(sql`count(*)`) } })),
  atMost: 0,
});

const records = Array.from({ length: 60 }, (_, i) => `${i % 40},shop ${i % 7}`);
const content = `id,shop\n${records.join('\n')}\n`;
const limits = { chunkBytes: 300, bucketBytes: 250 };

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox(limits);
});
afterEach(async () => {
  lies.parted = undefined;
  await box.close();
});

/** The numbers of the buckets of each round. */
const roundsOf = ({ rounds }: Ingested): number[][] => {
  const found: number[][] = [];
  for (let at = rounds; at.buckets.length > 0; at = at.next!) found.push([...at.buckets]);
  return found;
};

/** Ingest, the chunks and the first rounds, as the state machine calls them. */
async function upTo(rounds: number): Promise<Ingested> {
  const ingested = await upToChunks(box, pipeline, 'a.csv', content);
  expect(roundsOf(ingested).map(({ length }) => length > 1)).toEqual([true, true]);
  for (const round of Array.from({ length: rounds }, (_, i) => i)) await work(ingested, round);
  return ingested;
}

async function work(ingested: Ingested, round: number): Promise<void> {
  const { manifest } = ingested;
  for (const bucket of roundsOf(ingested)[round]!)
    await validate(box.world, pipeline, { manifest, round, bucket });
}

const whole = ({ manifest, attempt }: Ingested) => validate(box.world, pipeline, { manifest, attempt });

/** Changes what a bucket left, as if it had been written so. */
async function change(round: number, n: number, how: (result: BucketResult) => Partial<BucketResult>) {
  const place = placesIn(box, pipeline).bucket({ round, n });
  const result = await readValue(box.world.files, place, bucketResultSchema);
  await writeValue(box.world.files, place, bucketResultSchema, { ...result, ...how(result) });
}
const partsOf = ({ rows }: BucketResult): PartedFile => rows as PartedFile;

/** The name and the message of what it throws. */
const failureOf = (ended: Promise<unknown>): Promise<string> =>
  ended.then(
    () => 'It passed.',
    ({ name, message }: Error) => `${name}: ${message}`,
  );

test('through the state machine of this process, the rounds give what one piece gives', async () => {
  const names: string[] = [];
  const { files } = box.world;
  const watched: Sandbox['world'] = {
    ...box.world,
    files: {
      ...files,
      write: (uri, ...given) => {
        names.push(uri);
        return files.write(uri, ...given);
      },
    },
  };
  const { runObject } = await import('../../runtime/local/run.ts');
  const uri = join(box.folder, 'a.csv');
  await writeFile(uri, content);
  const run = await runObject(watched, pipeline, { uri });
  expect(run).toMatchObject({
    status: 'published',
    records: { read: 60, loaded: 7, deduplicated: 53, filtered: 0, quarantined: 0 },
  });
  const sold = (await box.table('sales', 'shop'))!.map(({ shop, sales }) => [shop, Number(sales)]);
  // Of the sixty records the last twenty are the latest of their ids.
  const latest = records.slice(20).map((record) => record.split(',')[1]!);
  const expected = new Map<string, number>();
  for (const shop of latest) expected.set(shop, (expected.get(shop) ?? 0) + 1);
  expect(sold).toEqual([...expected].toSorted());
  const results = names.flatMap((name) => /\/buckets\/(\d+)\/\d+\.json$/.exec(name)?.[1] ?? []);
  expect([...new Set(results)]).toEqual(['0', '1']);
});

test('a run that is small enough has no rounds, and is told so', async () => {
  const small = await openSandbox();
  try {
    const { manifest, rounds } = await upToChunks(small, pipeline, 'a.csv', content);
    expect(rounds).toEqual({ buckets: [] });
    expect((await readValue(small.world.files, manifest, manifestSchema)).rounds).toEqual([]);
  } finally {
    await small.close();
  }
});

describe('a run ends where', () => {
  test('a part of a round is not brought to the next one', async () => {
    const ingested = await upTo(1);
    await change(0, 0, (result) => {
      const [, ...parts] = partsOf(result).parts;
      return { rows: { ...partsOf(result), parts } };
    });
    await work(ingested, 1);
    expect(await failureOf(whole(ingested))).toMatch(
      /^ReconciliationError: .*round 1 counts 40, round 2 counts 3\d/,
    );
  });

  test('a part of a round is brought to the next one twice', async () => {
    const ingested = await upTo(1);
    await change(0, 0, (result) => {
      const { parts } = partsOf(result);
      return { rows: { ...partsOf(result), parts: [parts[0]!, ...parts] } };
    });
    await work(ingested, 1);
    expect(await failureOf(whole(ingested))).toMatch(
      /^ReconciliationError: .*round 1 counts 40, round 2 counts 4\d/,
    );
  });

  test('a part is brought to the next round twice, and another one not', async () => {
    const ingested = await upTo(1);
    let changed = 0;
    for (const n of roundsOf(ingested)[0]!) {
      await change(0, n, (result) => {
        const { parts } = partsOf(result);
        const twice = parts.find((one, i) => parts.slice(0, i).some(({ records: n }) => n === one.records));
        if (twice === undefined || changed++ > 0) return {};
        const lost = parts.find(({ records: n }) => n === twice.records);
        const rows = { ...partsOf(result), parts: parts.map((part) => (part === lost ? twice : part)) };
        return { rows };
      });
    }
    expect(changed).toBeGreaterThan(0);
    await work(ingested, 1);
    expect(await failureOf(whole(ingested))).toMatch(
      /^ReconciliationError: .*, record numbers: round 1 counts \d+, round 2 counts \d+/,
    );
  });

  test('a part is brought to another bucket than its rows are of', async () => {
    const ingested = await upTo(1);
    await change(0, 0, (result) => {
      const [first, ...parts] = partsOf(result).parts;
      const bucket = first!.bucket === 0 ? 1 : 0;
      return { rows: { ...partsOf(result), parts: [{ ...first!, bucket }, ...parts] } };
    });
    expect(await failureOf(work(ingested, 1))).toMatch(
      /^ReconciliationError: .*round 2, bucket \d of \d: its parts counts \d+, the hash of its rows/,
    );
  });

  test('the parts of a round have other records than its rows, as many', async () => {
    const ingested = await upTo(0);
    lies.parted = (select) => `SELECT * REPLACE ("_n" + 1 AS "_n") FROM (${select})`;
    expect(await failureOf(work(ingested, 0))).toMatch(
      /^ReconciliationError: .*record numbers: the rows to part counts \d+, their parts counts \d+/,
    );
  });

  test('the parts of a chunk have other records than its rows, as many', async () => {
    lies.parted = (select) => `SELECT * REPLACE ("_n" + 1 AS "_n") FROM (${select})`;
    expect(await failureOf(upTo(0))).toMatch(
      /^ReconciliationError: .*record numbers: the rows to part counts \d+, their parts counts \d+/,
    );
  });

  test('a record leaves one round in no way and another one in two', async () => {
    const ingested = await upTo(2);
    await change(0, 0, ({ deduplicated }) => ({ deduplicated: deduplicated - 1 }));
    await change(1, 0, ({ deduplicated }) => ({ deduplicated: deduplicated + 1 }));
    expect(await failureOf(whole(ingested))).toMatch(
      /^ReconciliationError: .*round 1: 60 read is not 40 accepted \+ 0 quarantined/,
    );
  });

  test('a bucket left no result: the first round that lacks one is told, with its reason', async () => {
    const ingested = await upTo(1);
    const { files } = box.world;
    const { bucket, bucketFailure } = placesIn(box, pipeline);
    await files.remove(bucket({ round: 0, n: 1 }));
    const noted = { n: 1, name: 'LimitExceededError', message: 'out of disk' };
    await files.write(bucketFailure({ round: 0, n: 1 }), Buffer.from(JSON.stringify(noted)));
    const missing = /^Round 1, bucket 1 of \d left no result: LimitExceededError: out of disk/;
    await expect(work(ingested, 1)).rejects.toThrow(missing);
    await expect(whole(ingested)).rejects.toThrow(missing);
  });
});

test('a bucket that there is not is refused', async () => {
  const { manifest } = await upTo(0);
  const [round, bucket] = [2, 0];
  const error = validate(box.world, pipeline, { manifest, round, bucket });
  expect(await failureOf(error)).toMatch(/^EngineError: .* has no bucket 0 in round 3/);
});

test('a bucket that is worked on twice leaves what the first left, and the next round reads that', async () => {
  const ingested = await upTo(2);
  const { bucket } = placesIn(box, pipeline);
  const first = await readValue(box.world.files, bucket({ round: 0, n: 0 }), bucketResultSchema);
  await work(ingested, 0);
  expect(await readValue(box.world.files, bucket({ round: 0, n: 0 }), bucketResultSchema)).toEqual(first);
  expect(await whole(ingested)).toMatchObject({ status: 'passed' });
});
