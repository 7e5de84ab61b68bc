/** Parquet files that say of themselves what cannot be: values that there are not, sizes that break the reader, secrets. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decimal, format, z } from '../../../core/vocabulary.ts';
import { checkPages } from '../../../runtime/intake/parquet-pages.ts';
import { footerOf } from '../../../runtime/intake/parquet-footer.ts';
import { openAlone, type EngineAlone } from '../../support/engine-alone.ts';
import { replacing } from '../../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

let box: Sandbox;
let alone: EngineAlone;
beforeAll(async () => {
  [box, alone] = await Promise.all([openSandbox({ ratioFloor: 600_000 }), openAlone()]);
});
afterAll(() => Promise.all([box.close(), alone.close()]));

const fileOf = (query: string, options = ', COMPRESSION uncompressed') => alone.parquet(query, options);

async function load(row: z.ZodObject, content: Uint8Array, zone?: string) {
  const decode = zone === undefined ? {} : { v: { zone } };
  const pipeline = replacing({ row, decode, format: format.parquet() });
  const run = await box.run(pipeline, 'x.parquet', content, true);
  return [run.status, run.error?.message ?? run.records.loaded];
}

const long = (value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return bytes;
};

/** A copy in which all that is alike from a place on is something else. */
function changed(content: Buffer, from: Buffer, to: Buffer, at = 0): Buffer {
  const copy = Buffer.from(content);
  for (let next = copy.indexOf(from, at); next !== -1; next = copy.indexOf(from, next + to.length))
    to.copy(copy, next);
  return copy;
}

const footerStart = (content: Buffer): number =>
  content.length - 8 - content.readUInt32LE(content.length - 8);

/** A copy with other bytes in the place of the footer. */
function withFooter(content: Buffer, made: (footer: Buffer) => Buffer): Buffer {
  const start = footerStart(content);
  const footer = made(Buffer.from(content.subarray(start, -8)));
  const size = Buffer.alloc(4);
  size.writeUInt32LE(footer.length);
  return Buffer.concat([content.subarray(0, start), footer, size, Buffer.from('PAR1')]);
}

describe('a time of day outside of the day, which ends the process where the engine makes a text of it', () => {
  const noon = 43_200_123_456n;
  const outside = [['before it', -1n], ['just behind it', 86_400_000_001n], ['far away', 2n ** 62n]] as const; // prettier-ignore
  const places = {
    'in a column': [`TIME '12:00:00.123456' AS v`, z.object({ v: z.iso.time() })],
    'in a list': [`[NULL, TIME '12:00:00.123456'] AS v`, z.object({ v: z.array(z.string().nullable()) })],
    'in an object': [`{'a': TIME '12:00:00.123456'} AS v`, z.object({ v: z.object({ a: z.string() }) })],
    'in a map': [`MAP {'a': [TIME '12:00:00.123456']} AS v`, z.object({ v: z.array(z.object({ key: z.string() })) })],
    'that nobody asks for': [`1 AS i, TIME '12:00:00.123456' AS v`, z.object({ i: z.int() })],
  } as const; // prettier-ignore
  test.each(Object.entries(places))('%s is refused by its name', async (_, [query, row]) => {
    const content = await fileOf(`SELECT ${query}`);
    expect(await load(row, content)).toEqual(['published', 1]);
    for (const [, value] of outside)
      expect(await load(row, changed(content, long(noon), long(value)))).toEqual([
        'rejected',
        expect.stringMatching(
          /^object\.unreadable: The column "v" .*has a time of day that is outside of the day/,
        ),
      ]);
  });
});

test('a time of day in no rows is none outside of the day', async () => {
  const row = z.object({ i: z.int(), v: z.iso.time() });
  expect(await load(row, await fileOf(`SELECT 1 AS i, TIME '12:00:00' AS v WHERE FALSE`))).toEqual([
    'published',
    0,
  ]);
});

test('a date that no text can say is refused inside of lists, and is rejected with its row elsewhere', async () => {
  const content = await fileOf(`SELECT [TIMESTAMPTZ '2024-01-01 00:00:00+00'] AS v`);
  const early = changed(content, long(1_704_067_200_000_000n), long(-62_167_219_200_000_001n));
  const list = z.object({ v: z.array(z.string()) });
  expect(await load(list, content)).toEqual(['published', 1]);
  expect(await load(list, early)).toEqual([
    'rejected',
    expect.stringContaining('has a date that is outside of the years 1 to 9999'),
  ]);
  const plain = await fileOf(`SELECT TIMESTAMPTZ '2024-01-01 00:00:00+00' AS v`);
  const row = changed(plain, long(1_704_067_200_000_000n), long(-62_167_219_200_000_001n));
  expect(await load(z.object({ v: z.iso.datetime() }), row)).toEqual(['published-with-rejects', 0]);
});

test('bounds that are no values do no harm to values that are', async () => {
  const content = await fileOf(`SELECT TIMESTAMP '2024-01-01 00:00:00' AS v`);
  const start = footerStart(content);
  const odd = changed(content, long(1_704_067_200_000_000n), long(-(2n ** 63n)), start);
  expect(odd.equals(content)).toBe(false);
  expect(await load(z.object({ v: z.iso.datetime() }), odd, 'UTC')).toEqual(['published', 1]);
});

test('decimals of more digits than the engine has, which it rounds, are refused', async () => {
  const content = await fileOf(
    `SELECT 12345678901234567890123456789.5::DECIMAL(38,1) AS v, {'a': 1.5::DECIMAL(38,1)} AS o`,
  );
  const [thirtyEight, fifty] = [Buffer.from([0x15, 0x4c]), Buffer.from([0x15, 0x64])];
  const wide = changed(content, thirtyEight, fifty, footerStart(content));
  const path = await alone.put('wide.parquet', wide);
  expect(await alone.value(`SELECT v FROM '${path}'`)).toBe(1.2345678901234568e28);
  for (const row of [
    z.object({ v: z.number() }),
    z.object({ v: decimal(38, 1) }),
    z.object({ o: z.object({ a: z.number() }) }),
  ])
    expect(await load(row, wide)).toEqual([
      'rejected',
      expect.stringContaining('it has decimals of more than 38 digits, which are not read exactly'),
    ]);
});

describe('a page', () => {
  test('is held against its column, and told of before the engine makes room for it', async () => {
    const content = await fileOf(
      `SELECT (i % 2)::DOUBLE AS v FROM range(30000) t(i)`,
      ', COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 1',
    );
    const path = await alone.put('pages.parquet', content);
    const footer = await footerOf(path, {
      size: content.length,
      footerBytes: content.readUInt32LE(content.length - 8),
    });
    let told = 0;
    await checkPages(path, footer, (bytes) => void (told += bytes));
    expect(told).toBeGreaterThan(240_000);
    const columns = footer.columns.map((column) => ({ ...column, unpacked: 100 }));
    await expect(checkPages(path, { columns }, () => {})).rejects.toThrow(
      /says that it has \d{6} bytes without compression, and all pages of its column have 100/,
    );
    await checkPages(path, { columns: columns.map((column) => ({ ...column, unpacked: 0 })) }, () => {});
  });

  test.each(['V1', 'V2'])(
    'of gzip is held against the checksum that gzip has, in pages of %s',
    async (version) => {
      const query = `SELECT md5(i::VARCHAR) AS text FROM range(200) t(i)`;
      const content = await fileOf(query, `, COMPRESSION gzip, PARQUET_VERSION ${version}`);
      const row = z.object({ text: z.string() });
      expect(await load(row, content)).toEqual(['published', 200]);
      let taken = 0;
      for (let at = 1000; at < 3000; at += 100) {
        const flipped = Buffer.from(content);
        flipped[at]! ^= 1;
        // The engine by itself takes other values in some of them.
        const path = await alone.put(`flipped.${version}.${at}.parquet`, flipped);
        if (
          !String(await alone.ask(`SELECT count(*) FROM '${path}' WHERE strlen(text) > 0`)).includes('Error')
        )
          taken++;
        expect(await load(row, flipped)).toEqual([
          'rejected',
          expect.stringMatching(/^object\.(?:checksum|unreadable)/),
        ]);
      }
      expect(taken).toBeGreaterThan(0);
    },
    60_000,
  );

  test('of far more bytes than came is refused as too large, also of a column that nobody asks for', async () => {
    const zeros = `SELECT 1 AS i, (i % 2)::DECIMAL(38,0) AS v FROM range(40000) t(i)`;
    const content = await fileOf(zeros, ', COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 1');
    expect(await load(z.object({ i: z.int() }), content)).toEqual([
      'rejected',
      expect.stringMatching(/^object\.too_large: The Parquet data decompresses to more than 200 times/),
    ]);
  });
});

describe('a footer', () => {
  const row = z.object({ v: z.int() });
  const one = () => fileOf('SELECT 7 AS v');
  test('in the open of columns that are secret is told as what it is', async () => {
    const secret = withFooter(await one(), (footer) => Buffer.concat([footer.subarray(0, -1), Buffer.from([0x0c, 0x10, 0, 0])])); // prettier-ignore
    expect(await load(row, secret)).toEqual([
      'rejected',
      'object.unreadable: The Parquet file is encrypted; deliver it as plain Parquet.',
    ]);
  });

  test.each<[string, (footer: Buffer) => Buffer, RegExp]>([
    ['that is cut', (footer) => footer.subarray(0, 20), /its bytes are damaged/],
    ['that is none', (footer) => footer.fill(0x1e), /its bytes are damaged/],
    ['without numbers', () => Buffer.from([0x00]), /a number that each file has is not in it/],
    ['of fewer rows than none', () => Buffer.from([0x36, 0x01, 0x00]), /it has the number -1/],
    [
      'with a row group without columns',
      () => Buffer.from([0x36, 0x02, 0x19, 0x1c, 0x19, 0x0c, 0x16, 0x02, 0x16, 0x02, 0x00, 0x00]),
      /a row group has no columns/,
    ],
    [
      'with a number for its row groups',
      () => Buffer.from([0x36, 0x02, 0x16, 0x02, 0x00]),
      /its bytes are damaged/,
    ],
    [
      'with a list of numbers for its row groups',
      () => Buffer.from([0x36, 0x02, 0x19, 0x15, 0x02, 0x00]),
      /its bytes are damaged/,
    ],
    [
      'with a number for what is said of a column',
      () =>
        Buffer.from([
          0x36, 0x02, 0x19, 0x1c, 0x19, 0x1c, 0x36, 0x02, 0x00, 0x16, 0x02, 0x16, 0x02, 0x00, 0x00,
        ]),
      /its bytes are damaged/,
    ],
  ])('%s is refused', async (_, made, why) => {
    expect(await load(row, withFooter(await one(), made))).toEqual(['rejected', expect.stringMatching(why)]);
  });

  test('longer than the file is refused', async () => {
    const content = await one();
    content.writeUInt32LE(2 ** 30, content.length - 8);
    expect(await load(row, content)).toEqual([
      'rejected',
      expect.stringMatching(/it says that it has 1073741824 bytes, and the file has \d+/),
    ]);
  });
});
