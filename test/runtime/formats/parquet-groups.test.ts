/** Parquet read by row groups: cut anywhere the same rows come of it, and what a file says of itself is not believed. */

import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../core/limits.ts';
import { check, format, sql, z, type Pipeline } from '../../../core/vocabulary.ts';
import { runObject } from '../../../runtime/local/run.ts';
import { openAlone, type EngineAlone } from '../../support/engine-alone.ts';
import { pipelineOf } from '../../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';
import { SEED } from '../../support/schemas.ts';

let box: Sandbox;
let alone: EngineAlone;
beforeAll(async () => {
  [box, alone] = await Promise.all([openSandbox(), openAlone()]);
});
afterAll(() => Promise.all([box.close(), alone.close()]));

const pipeline = (row: z.ZodObject, { unique = false, metadata = ['_record'] as string[] } = {}): Pipeline =>
  pipelineOf({
    row,
    format: format.parquet(),
    transform: (rows) => rows.where((o) => sql`${o['id']!} % 11 <> 5`),
    checks: (o) => (unique ? [check.unique(o.key)] : []),
    into: { write: 'replace', metadata },
  });

const numbered = z.object({ id: z.int().max(9_900), key: z.string(), text: z.string().min(1).nullable() });

const fileOf = (query: string, options: string) => alone.parquet(query, `, ${options}`);

const mixed = `SELECT i AS id, (i // 2 * 2)::VARCHAR AS key, CASE WHEN i % 97 = 3 THEN '' WHEN i % 89 = 0 THEN NULL ELSE 'text ' || i END AS text
FROM range(10000) t(i)`;

/** What comes of a content in chunks of so many bytes; which parts of the object were read for them. */
async function load(content: Uint8Array, chunkBytes: number, as = pipeline(numbered)) {
  const ranges = new Set<string>();
  const uri = join(box.folder, 'x.parquet');
  await box.world.files.write(uri, content);
  const read: Sandbox['world']['files']['read'] = (of, options) => {
    if (of === uri && options?.start !== undefined) ranges.add(`${options.start}-${options.end}`);
    return box.world.files.read(of, options);
  };
  const world = {
    ...box.world,
    limits: { ...defaultLimits, chunkBytes },
    files: { ...box.world.files, read },
  };
  const run = await runObject(world, as, { uri, again: true });
  const rejects = (await box.quarantine()).filter((one) => one.run === run.run);
  return {
    ranges: [...ranges],
    rejects,
    told: {
      status: run.status,
      error: run.error?.message,
      records: run.records,
      reasons: run.reasons,
      rows: (await box.table('t', 'id'))?.map((row) => JSON.stringify(row, plain)),
      rejects: rejects.map(({ record, text, byte_offset, reasons }) => [record, text, byte_offset, reasons]),
    },
  };
}

const plain = (_key: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value);

describe('cut into runs of row groups', () => {
  test('of any size, the same rows and rejects come', async () => {
    const content = await fileOf(mixed, 'ROW_GROUP_SIZE 2048');
    for (const unique of [false, true]) {
      const as = pipeline(numbered, { unique });
      const whole = await load(content, 1024 ** 3, as);
      expect(whole.told.records).toMatchObject({ read: 10_000 });
      expect(whole.told.records.quarantined).toBeGreaterThan(100);
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: content.length }), async (chunkBytes) => {
          const cut = await load(content, chunkBytes, as);
          expect(cut.told).toEqual(whole.told);
        }),
        { seed: SEED, numRuns: 3, examples: [[1]], endOnFailure: true },
      );
    }
  }, 240_000);

  test('each by its own bytes and the footer, and no others', async () => {
    const content = await fileOf(mixed, 'ROW_GROUP_SIZE 2048');
    const { ranges, told, rejects } = await load(content, 1);
    const footer = content.length - 8 - content.readUInt32LE(content.length - 8);
    const groups = ranges.filter((range) => !range.startsWith(`${footer}-`));
    expect(groups).toHaveLength(5);
    expect(groups[0]).toMatch(/^4-/);
    expect(groups.at(-1)).toMatch(new RegExp(`-${footer}$`));
    // One begins where the one before ends.
    expect(groups.slice(1).map((range) => range.split('-')[0])).toEqual(
      groups.slice(0, -1).map((range) => range.split('-')[1]),
    );
    expect(told.records).toMatchObject({ read: 10_000 });
    // A rejected row stands in the row group that has it.
    const last = rejects.at(-1)!;
    expect(last.byte_offset).toBe(Number(groups.at(-1)!.split('-')[0]));
  }, 60_000);

  test('in a file with a column of the name that the engine has for numbers of rows', async () => {
    const content = await fileOf(
      `SELECT i AS id, i::VARCHAR AS key, CASE WHEN i = 4500 THEN '' ELSE 'x' END AS text, 7 AS file_row_number, 1 AS _at FROM range(5000) t(i)`,
      'ROW_GROUP_SIZE 2048',
    );
    const { told, rejects } = await load(content, 1);
    expect(told.records).toMatchObject({ read: 5000, quarantined: 1 });
    expect(rejects.map(({ record, text }) => [record, text])).toEqual([
      [4501, '{"id":4500,"key":"4500","text":"","file_row_number":"7","_at":"1"}'],
    ]);
  }, 60_000);
});

/** Puts other bytes in the place of all that are the same as some of the footer. @returns how many there were */
function inFooter(content: Buffer, from: Buffer, to: Buffer): number {
  let at = content.length - 8 - content.readUInt32LE(content.length - 8);
  let found = 0;
  while ((at = content.indexOf(from, at)) !== -1) {
    content.set(to, at);
    found++;
    at += from.length;
  }
  return found;
}

const int64 = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
};

describe('a file that tells wrong things of itself', () => {
  test('has its values judged, not the bounds that it tells of them', async () => {
    const row = z.object({ id: z.int().min(1_234_600), key: z.string(), text: z.string() });
    const content = await fileOf(
      `SELECT 1234567 + i AS id, i::VARCHAR AS key, 'x' AS text FROM range(3000) t(i)`,
      'ROW_GROUP_SIZE 2048',
    );
    expect(inFooter(content, int64(1_234_567n), int64(1_234_999n))).toBeGreaterThan(0);
    const path = await alone.put('wrong.parquet', content);
    // The engine by itself believes it.
    expect(
      await alone.value(`SELECT count_if(CASE WHEN id < 1234600 THEN TRUE ELSE FALSE END) FROM '${path}'`),
    ).toBe(0);
    const { told } = await load(content, 1, pipeline(row, { metadata: [] }));
    expect(told.records).toMatchObject({ read: 3000, quarantined: 33 });
  }, 60_000);

  test('is refused if it has another number of rows than it says', async () => {
    const content = await fileOf(mixed, 'ROW_GROUP_SIZE 20000');
    // The number of rows is a varint of Thrift: 10,000 zigzagged, once for the file and once for its row group.
    const [from, to] = [Buffer.from([0x16, 0xa0, 0x9c, 0x01]), Buffer.from([0x16, 0xa2, 0x9c, 0x01])];
    const start = content.length - 8 - content.readUInt32LE(content.length - 8);
    const at = content.indexOf(from, start);
    content.set(to, at);
    const { told } = await load(content, 1024 ** 2);
    expect([told.status, told.error]).toEqual(['rejected', expect.stringMatching(/^object\.unreadable: /)]);
  }, 60_000);
});

test('a file that is another when it is read again fails the run, though the store calls it the same', async () => {
  const content = await fileOf(mixed, 'ROW_GROUP_SIZE 2048, COMPRESSION uncompressed');
  const uri = join(box.folder, 'changing.parquet');
  await box.world.files.write(uri, content);
  const at = content.indexOf('text 4500');
  const read: Sandbox['world']['files']['read'] = async function* (of, options) {
    let from = options?.start ?? 0;
    for await (const block of box.world.files.read(of, options)) {
      if (of === uri && options?.start !== undefined && from <= at && at < from + block.length)
        block[at - from] = 'T'.charCodeAt(0);
      from += block.length;
      yield block;
    }
  };
  const world = { ...box.world, files: { ...box.world.files, read } };
  const run = await runObject(world, pipeline(numbered), { uri, again: true });
  expect([run.status, run.records.loaded]).toEqual(['failed', 0]);
  expect(run.error?.message).toMatch(/ObjectChangedError: .*not those that were counted/);
}, 60_000);

test('a store that gives fewer bytes than it was asked for fails the run, to be tried again', async () => {
  const uri = join(box.folder, 'short.parquet');
  await box.world.files.write(uri, await fileOf(mixed, 'ROW_GROUP_SIZE 20000'));
  const read: Sandbox['world']['files']['read'] = async function* (of, options) {
    const isPart = of === uri && options?.start !== undefined;
    yield* box.world.files.read(of, isPart ? { ...options, end: options.end! - 1 } : options);
  };
  const world = { ...box.world, files: { ...box.world.files, read } };
  const run = await runObject(world, pipeline(numbered), { uri, again: true, retryDelays: 1 });
  expect([run.status, run.error?.message]).toEqual([
    'failed',
    expect.stringMatching(/TransientError: .* gave another number of bytes than the \d+ from/),
  ]);
}, 60_000);
