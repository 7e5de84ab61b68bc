/** Footers put together field by field: where the row groups stand, and numbers that cannot be. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { chunksOf, footerOf, sumOf } from '../../../runtime/intake/parquet-footer.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { int, list, struct, type ThriftValue } from '../../support/thrift.ts';

/** Bytes of all pages, which the tests do not read. */
const PAGES = Buffer.from(Array.from({ length: 100 }, (_, i) => i));

interface Column {
  readonly data?: number | bigint;
  readonly packed?: number;
  readonly dictionary?: number;
  readonly codec?: number;
  /** The numbers of fields that are not in it. */
  readonly without?: readonly number[];
}

const columnOf = ({ data = 4, packed = 10, dictionary, codec = 0, without = [] }: Column): ThriftValue => {
  const facts = { 4: int(codec), 6: int(30), 7: int(packed), 9: int(data), ...(dictionary === undefined ? {} : { 11: int(dictionary) }) }; // prettier-ignore
  const told = Object.entries(facts).filter(([field]) => !without.includes(Number(field)));
  return struct({ 3: struct(Object.fromEntries(told)) });
};
const groupOf = (rows: number, ...columns: readonly Column[]): ThriftValue =>
  struct({ 1: list(columns.map(columnOf)), 2: int(50), 3: int(rows) });

/** A file with a footer. */
async function fileOf(footer: Readonly<Record<number, ThriftValue>>) {
  const path = join(await temporaryFolder(), 'x.parquet');
  const { bytes } = struct(footer);
  const end = Buffer.alloc(8, 'PAR1');
  end.writeUInt32LE(bytes.length, 0);
  const whole = Buffer.concat([PAGES, bytes, end]);
  await writeFile(path, whole);
  return { path, whole, ends: { size: whole.length, footerBytes: bytes.length } };
}

async function read(...groups: readonly ThriftValue[]) {
  const { path, ends } = await fileOf({ 3: int(7), 4: list(groups) });
  return footerOf(path, ends);
}

test('rows are told as they stand, those groups without rows left out', async () => {
  const first = groupOf(3, { data: 20, dictionary: 4, packed: 30 }, { data: 34, packed: 6, codec: 2 });
  const footer = await read(first, groupOf(0, { data: 40 }), groupOf(4, { data: 50, dictionary: 0 }));
  expect(footer).toEqual({
    records: 7,
    start: 100,
    groups: [
      { first: 0, rows: 3, start: 4, end: 50, bytes: 50 },
      { first: 3, rows: 4, start: 50, end: 100, bytes: 50 },
    ],
    isInOrder: true,
    columns: [
      { start: 4, bytes: 30, unpacked: 30, isGzip: false },
      { start: 34, bytes: 6, unpacked: 30, isGzip: true },
      { start: 40, bytes: 10, unpacked: 30, isGzip: false },
      { start: 50, bytes: 10, unpacked: 30, isGzip: false },
    ],
  });
  expect(await read()).toMatchObject({ groups: [], isInOrder: true, columns: [] });
});

test.each<[string, boolean, readonly Column[]]>([
  ['one behind the other', true, [{ data: 4, packed: 46 }, { data: 50, packed: 50 }]],
  ['the first in the mark at the start', false, [{ data: 3, packed: 47 }, { data: 50 }]],
  ['the second in the first', false, [{ data: 4, packed: 47 }, { data: 50 }]],
  ['the second before the first', false, [{ data: 50 }, { data: 4 }]],
  ['the last in the footer', false, [{ data: 4 }, { data: 50, packed: 51 }]],
])('row groups stand in order or not: %s', async (_, isInOrder, columns) => {
  const footer = await read(...columns.map((column) => groupOf(3, column)));
  expect(footer.isInOrder).toBe(isInOrder);
}); // prettier-ignore

describe('a footer is refused', () => {
  const good = { 3: int(3), 4: list([groupOf(3, {})]) };
  const group = (...columns: readonly Column[]) => ({ ...good, 4: list([groupOf(3, ...columns)]) });
  test.each<[string, Readonly<Record<number, ThriftValue>>, string]>([
    ['no number of rows', { 4: good[4] }, 'a number that each file has is not in it'],
    ['rows below nothing', { ...good, 3: int(-3) }, 'it has the number -3, which nothing can have'],
    ['rows of a group below nothing', { ...good, 4: list([groupOf(-1, {})]) }, 'it has the number -1, which nothing can have'],
    ['more rows than can be counted', { ...good, 3: int(2n ** 53n) }, 'it has the number 9007199254740992, which nothing can have'],
    ['a place that no file has', group({ data: 2n ** 60n }), 'it has the number 1152921504606847000, which nothing can have'],
    ['a group without columns', group(), 'a row group has no columns'],
    ['a column without a place', group({ without: [9] }), 'a number that each file has is not in it'],
    ['a column without a size', group({ without: [7] }), 'a number that each file has is not in it'],
    ['a column without the size of its pages', group({ without: [6] }), 'a number that each file has is not in it'],
    ['a column of nothing', { ...good, 4: list([struct({ 1: list([struct({})]) })]) }, 'a number that each file has is not in it'],
    ['a group of nothing', { ...good, 4: list([struct({})]) }, 'a row group has no columns'],
    ['another type of its groups', { ...good, 4: int(1) }, 'its bytes are damaged'],
  ])('with %s', async (_, footer, why) => {
    const { path, ends } = await fileOf(footer);
    await expect(footerOf(path, ends)).rejects.toMatchObject({
      code: 'object.unreadable',
      message: `The footer of the Parquet file cannot be read: ${why}. Deliver the file again.`,
    });
  }); // prettier-ignore

  test('that is not where it should be', async () => {
    const { path, ends } = await fileOf(good);
    const before = (footerBytes: number) => footerOf(path, { ...ends, footerBytes });
    await expect(before(ends.size - 8 - 3)).rejects.toThrow(
      `it says that it has ${ends.size - 11} bytes, and the file has ${ends.size}.`,
    );
    await expect(before(0)).rejects.toThrow('its bytes are damaged');
  });

  test('of columns that are encrypted', async () => {
    const { path, ends } = await fileOf({ ...good, 8: struct({}) });
    await expect(footerOf(path, ends)).rejects.toMatchObject({
      code: 'object.unreadable',
      message: 'The Parquet file is encrypted; deliver it as plain Parquet.',
    });
  });
});

describe('chunks are runs of row groups', () => {
  const groups = [4, 20, 60].map((data) => groupOf(3, { data }));
  const chunks = async (chunkBytes: number, order = groups) => {
    const { path, whole, ends } = await fileOf({ 3: int(9), 4: list(order) });
    const made = await chunksOf(path, await footerOf(path, ends), chunkBytes);
    for (const { start, end, crc32: sum } of made) expect(sum).toBe(crc32(whole.subarray(start, end)));
    return made.map(({ n, start, end, first, records }) => [n, start, end, first, records]);
  };

  test('of up to so many bytes, packed or not', async () => {
    expect(await chunks(1)).toEqual([[0, 4, 20, 0, 3], [1, 20, 60, 3, 3], [2, 60, 100, 6, 3]]); // prettier-ignore
    expect(await chunks(100)).toEqual([[0, 4, 60, 0, 6], [1, 60, 100, 6, 3]]); // prettier-ignore
    expect(await chunks(150)).toEqual([[0, 4, 100, 0, 9]]);
  });

  test('or the whole file, where these are not in order', async () => {
    expect(await chunks(1, groups.toReversed())).toEqual([[0, 0, 100, 0, 9]]);
  });

  test('whose sum may be that of nothing', async () => {
    const { path } = await fileOf({});
    expect(await sumOf(path, { start: 50, end: 50 })).toBe(0);
  });
});
