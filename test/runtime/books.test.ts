/** Books that are told wrong: each count is held against another one, and a run in which they differ loads nothing. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ReconciliationError } from '../../core/errors.ts';
import type { Format } from '../../core/formats/format.ts';
import { check, format, z, type Pipeline } from '../../core/vocabulary.ts';
import { readValue, writeValue } from '../../runtime/staging.ts';
import { validate } from '../../runtime/validate.ts';
import { chunkResultSchema, type ChunkResult } from '../../runtime/values.ts';
import { pipelineOf } from '../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { placesIn, upToChunks } from '../support/stages.ts';

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
  pipelineOf({
    name: 'numbers',
    row: z.object({ id: z.int(), value: z.int() }),
    format: of,
    checks: (o) => (meets ? [check.unique(o.id)] : []),
    into: { metadata: ['_record'] },
  });

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
    const { manifest, attempt } = await upToChunks(box, numbers(), 'a.csv', content);
    const place = placesIn(box, numbers()).chunk(0);
    const result = await readValue(box.world.files, place, chunkResultSchema);
    await writeValue(box.world.files, place, chunkResultSchema, { ...result, ...change(result) });
    const judged = validate(box.world, numbers(), { manifest, attempt });
    await expect(judged).rejects.toThrow(ReconciliationError);
    await expect(judged).rejects.toThrow(message);
  });
});
