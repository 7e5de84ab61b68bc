/** Books that are told wrong: each count is held against another one, and a run in which they differ loads nothing. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ReconciliationError } from '../../core/errors.ts';
import type { Format } from '../../core/formats/format.ts';
import { check, definePipeline, format, sink, z, type Pipeline } from '../../core/vocabulary.ts';
import { ingest } from '../../runtime/ingest.ts';
import { placesOf, readValue, writeValue } from '../../runtime/staging.ts';
import { transform } from '../../runtime/transform.ts';
import { validate } from '../../runtime/validate.ts';
import { chunkResultSchema, type ChunkResult } from '../../runtime/values.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

interface Lies {
  counts?: ((n: string) => string | undefined) | undefined;
  copied?: ((path: string) => boolean) | undefined;
}

/** Nothing in reach makes the engine lose or double a row: what it is asked is changed instead. */
const lies = vi.hoisted((): Lies => ({}));
vi.mock(import('../../core/plan/write.ts'), async (original) => {
  const real = await original();
  return {
    ...real,
    countsSql(from, n) {
      const lie = lies.counts?.(n);
      const sql = real.countsSql(from, n);
      return lie === undefined ? sql : `SELECT * REPLACE (${lie}) FROM (${sql})`;
    },
    copySql: (select, path) =>
      real.copySql(lies.copied?.(path) === true ? `SELECT * FROM (${select}) OFFSET 1` : select, path),
  };
});

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(async () => {
  [lies.counts, lies.copied] = [undefined, undefined];
  await box.close();
});

const numbers = ({ meets = false, of = format.csv() }: { meets?: boolean; of?: Format } = {}): Pipeline =>
  definePipeline({
    name: 'numbers',
    owner: 'test',
    description: 'Numbers, for tests.',
    row: z.object({ id: z.int(), value: z.int() }),
    sources: (source) => [source.files({ prefix: 'numbers/', format: of })],
    checks: (o) => (meets ? [check.unique(o.id)] : []),
    gate: { rejected: { atMost: 1 } },
    sinks: () => [sink.lake({ table: 'numbers', write: 'append', metadata: ['_record'] })],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

const content = 'id,value\n1,1\n2,x\n3,3\n4,x\n5,5\n';

const ofChunk = (lie: string): Lies => ({ counts: (n) => (n === '"_n"' ? undefined : lie) });
const ofBucket = (lie: string): Lies => ({ counts: (n) => (n === '"_n"' ? lie : undefined) });
const ofFile = (name: string): Lies => ({ copied: (path) => path.includes(name) });

describe('a run that loads nothing', () => {
  test.each([
    ['a record less', ofChunk('"read" - 1 AS "read"'), /intake counts 5, the engine counts 4/, false],
    ['an accepted row less', ofChunk('accepted - 1 AS accepted'), /5 read is not 2 accepted/, false],
    ['a reject more', ofChunk('quarantined + 1 AS quarantined'), /5 read is not 3 accepted \+ 3/, false],
    [
      'a record twice in the place of another',
      ofChunk('(numbers::HUGEINT + 1)::VARCHAR AS numbers'),
      /the numbers of its records are not each there once/,
      false,
    ],
    [
      'a reject less in its file',
      ofFile('rejects.parquet'),
      /the engine counts 2, the file of rejects counts 1/,
      false,
    ],
    ['a row less in the parts', ofFile('_bucket=0'), /the rows to part counts 3, their parts counts 2/, true],
    [
      'a row less in a bucket',
      ofBucket('"read" - 1 AS "read"'),
      /the chunks counts 3, the engine counts 2/,
      true,
    ],
    [
      'a row of a bucket that is nowhere',
      ofBucket('accepted - 1 AS accepted'),
      /3 read is not 2 accepted/,
      true,
    ],
  ])('%s', async (_, lie, message, meets) => {
    Object.assign(lies, lie);
    const run = await box.run(numbers({ meets }), 'a.csv', content);
    expect(run).toMatchObject({ status: 'failed', error: { message: expect.stringMatching(message) } });
    expect(await box.table('numbers')).toBeNull();
    Object.assign(lies, { counts: undefined, copied: undefined });
    expect(await box.run(numbers({ meets }), 'a.csv', content)).toMatchObject({
      records: { loaded: 3, quarantined: 2 },
    });
  });

  test('rejects that are not found again in the bytes', async () => {
    const csv = format.csv();
    const fewer: Format = {
      ...csv,
      index(...given) {
        const { count, ...places } = csv.index(...given);
        return { count: count - 1, ...places };
      },
    };
    const run = await box.run(numbers({ of: { ...fewer, readAs: () => fewer } }), 'a.csv', content);
    expect(run).toMatchObject({
      status: 'failed',
      error: { message: expect.stringMatching(/5 records were counted, 4 found again/) },
    });
    expect(await box.table('numbers')).toBeNull();
  });
});

describe('results of chunks that do not agree', () => {
  test.each([
    [
      'an accepted record less',
      ({ accepted }: ChunkResult) => ({ accepted: accepted - 1 }),
      /5 read is not 2 accepted/,
    ],
    [
      'a reject more in its file',
      ({ rejects }: ChunkResult) => ({ rejects: { ...rejects!, records: 3 } }),
      /rejects in files counts 3, their counts counts 2/,
    ],
  ])('%s', async (_, change, message) => {
    const uri = join(box.folder, 'a.csv');
    await writeFile(uri, content);
    const started = {
      pipeline: 'numbers',
      execution: 'e',
      objects: [{ uri }],
      startedAt: '2026-01-01T00:00:00.000Z',
    };
    const { manifest, attempt, chunks } = await ingest(box.world, numbers(), started);
    for (const chunk of chunks) await transform(box.world, numbers(), { manifest, chunk });
    const place = placesOf(box.world, 'numbers', 'e').chunk(0);
    const result = await readValue(box.world.files, place, chunkResultSchema);
    await writeValue(box.world.files, place, chunkResultSchema, { ...result, ...change(result) });
    const judged = validate(box.world, numbers(), { manifest, attempt });
    await expect(judged).rejects.toThrow(ReconciliationError);
    await expect(judged).rejects.toThrow(message);
  });
});
