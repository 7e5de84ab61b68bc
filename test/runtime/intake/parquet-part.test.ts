/** Row groups brought by themselves: their rows and no others, and bytes that are not those that were counted. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../core/limits.ts';
import { literal } from '../../../core/sql.ts';
import type { Asked, Conversion, Kept } from '../../../runtime/intake/converter.ts';
import { parquet } from '../../../runtime/intake/parquet.ts';
import { parquetParts } from '../../../runtime/intake/parquet-part.ts';
import type { Files } from '../../../runtime/ports.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { memoryFiles } from '../../support/memory-files.ts';

const asked = (name: string, optional = false): Asked => ({
  name, from: name, type: 'int', sql: 'BIGINT', optional, omitsNull: false, zoned: false, epoch: false, pii: false,
}); // prettier-ignore
const columns = [asked('v'), asked('none', true)];

let engine: OpenEngine;
let content: Buffer;
let kept: Kept;
beforeAll(async () => {
  engine = await openEngine();
  const path = join(engine.folder, 'whole.parquet');
  await engine.run(
    `COPY (SELECT i AS v, -i AS other FROM range(5000) t(i)) TO ${literal(path)} (FORMAT parquet, ROW_GROUP_SIZE 2048)`,
  );
  content = await readFile(path);
  const conversion = {
    object: {
      size: content.length,
      async *blocks() {
        yield content;
      },
    },
    columns,
    options: {},
    limits: { ...defaultLimits, chunkBytes: 1 },
    inEngine: (work: (own: OpenEngine) => Promise<unknown>) => work(engine),
  };
  await parquet.convert(
    conversion as unknown as Conversion,
    async () => {},
    async (_, own) => void (kept = own),
  );
});
afterAll(() => engine.close());

const decoded = () => ({ uri: '/x', version: 'v1', bytes: content.length });

/** The part of the middle chunk, read from files that may be made to fail. */
function part(faults: Partial<Files> = {}, { isCounted = true } = {}) {
  const files = { ...memoryFiles({ '/x': content }, 1000), ...faults };
  const { crc32, ...place } = kept.chunks[1]!;
  const chunk = isCounted ? { ...place, crc32 } : place;
  return parquetParts(engine, { files, decoded: decoded(), found: kept.found, chunk, columns, options: {} });
}

test('its rows are those of the chunk, with their own numbers', async () => {
  const { rows, records, typed, extra, close } = await part();
  expect([Object.keys(typed), extra]).toEqual([['v'], ['other']]);
  const [told] = await engine.rows(
    `SELECT count(*) AS n, min(f0) AS low, max(f0) AS high, count_if(f0 = "_n") AS same FROM ${rows(['v', 'none'])}`,
  );
  expect(told).toEqual({ n: 2048, low: 2048, high: 4095, same: 2048 });
  await engine.run('CREATE OR REPLACE TABLE wanted AS SELECT unnest([0, 2048, 4095, 4096]) AS n');
  const found = await engine.rows(
    `SELECT n, byte_offset, decode(raw) AS line FROM (${records('wanted')}) ORDER BY n`,
  );
  const byte_offset = kept.chunks[1]!.start;
  expect(found).toEqual([
    { n: 2048, byte_offset, line: '{"v":2048,"other":"-2048"}' },
    { n: 4095, byte_offset, line: '{"v":4095,"other":"-4095"}' },
  ]);
  await close();
});

describe('bytes', () => {
  /** What the store gives of the object, made into something else. */
  const given = (change: (bytes: Buffer) => Uint8Array): Partial<Files> => ({
    async *read(_, { start = 0, end } = {}) {
      yield change(Buffer.from(content.subarray(start, end)));
    },
  });

  test('that are not those that were counted fail the run, where they were counted', async () => {
    const changed = given((bytes) => bytes.fill(bytes[0]! ^ 1, 0, 1));
    await expect(part(changed)).rejects.toMatchObject({
      name: 'ObjectChangedError',
      message: expect.stringMatching(/^\/x: the bytes from \d+ to \d+ are not those that were counted/),
    });
    // Without the checksum nobody would know; the footer has one in any case.
    const chunkAlone: Partial<Files> = {
      async *read(_, { start = 0, end } = {}) {
        const bytes = Buffer.from(content.subarray(start, end));
        if (start === kept.chunks[1]!.start) bytes[0]! ^= 1;
        yield bytes;
      },
    };
    await expect(part(chunkAlone)).rejects.toMatchObject({ name: 'ObjectChangedError' });
    await (await part(chunkAlone, { isCounted: false })).close();
    await expect(part(changed, { isCounted: false })).rejects.toMatchObject({ name: 'ObjectChangedError' });
  });

  test.each<[string, (bytes: Buffer) => Uint8Array]>([
    ['fewer', (bytes) => bytes.subarray(1)],
    ['more', (bytes) => Buffer.concat([bytes, Buffer.of(0)])],
  ])('that are %s than they are asked for fail the run, to be tried again', async (_, change) => {
    const { start, end } = kept.chunks[1]!;
    await expect(part(given(change))).rejects.toMatchObject({
      name: 'TransientError',
      message: `/x gave another number of bytes than the ${end - start} from ${start} to ${end}; try again.`,
    });
  });
});
