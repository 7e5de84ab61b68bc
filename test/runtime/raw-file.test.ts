import * as fc from 'fast-check';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { appendRaw, readRaw } from '../../runtime/raw-file.ts';
import { openEngine, type OpenEngine } from '../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

let files = 0;
const newFile = async (): Promise<string> => {
  const path = join(engine.folder, `raw-${files++}`);
  await writeFile(path, '');
  return path;
};
const readBack = async (path: string, longest: number) =>
  (await engine.rows(`SELECT n, byte_offset, hex(raw) AS raw FROM ${readRaw(path, longest)} ORDER BY n`)).map(
    ({ n, byte_offset, raw }) => [n, byte_offset, Buffer.from(String(raw), 'hex')],
  );

/** Records side by side in one part, and where they stand. */
function part(records: readonly Uint8Array[]) {
  const starts = new Uint32Array(records.length);
  const ends = new Uint32Array(records.length);
  records.reduce((at, record, i) => {
    starts[i] = at;
    return (ends[i] = at + record.length);
  }, 0);
  return { bytes: Buffer.concat(records), index: { count: records.length, starts, ends } };
}

test('numbers, offsets and bytes come back as they were, whatever they are', async () => {
  const place = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER - 1_000_000 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.uint8Array({ maxLength: 50 }), { minLength: 1, maxLength: 40 }),
      place,
      place,
      async (records, first, start) => {
        const { bytes, index } = part(records);
        const numbers = records.map((_, i) => first + i).filter((n) => n % 3 !== 0);
        const path = await newFile();
        await appendRaw(path, { bytes, index, first, start, numbers, from: 0, to: numbers.length });
        expect(await readBack(path, 50)).toEqual(
          numbers.map((n) => [n, start + index.starts[n - first]!, Buffer.from(records[n - first]!)]),
        );
      },
    ),
    { seed: 20_261_121, numRuns: 60 },
  );
});

test('records of many megabytes are kept whole, beside small ones and over several parts', async () => {
  const path = await newFile();
  const long = Buffer.alloc(12 * 1024 * 1024, 'ab');
  for (const first of [0, 3]) {
    const records = [Buffer.from('x'), long, Buffer.from([0, 255, 10, 44])];
    const { bytes, index } = part(records);
    const numbers = [first, first + 1, first + 2];
    await appendRaw(path, { bytes, index, first, start: 0, numbers, from: 0, to: 3 });
  }
  const back = await readBack(path, long.length);
  expect(back.map(([n, offset, raw]) => [n, offset, (raw as Buffer).length])).toEqual(
    [0, 1, 2, 3, 4, 5].map((n) => [n, [0, 1, long.length + 1][n % 3], [1, long.length, 4][n % 3]]),
  );
  expect(long.equals(back[4]![2] as Buffer)).toBe(true);
});
