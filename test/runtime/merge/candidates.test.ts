/** Which files a merge reads: one that could hold a key and is not read would leave its row there twice. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeltaType } from '../../../core/row.ts';
import { exactNumber } from '../../../runtime/delta/exact-json.ts';
import { candidateFiles } from '../../../runtime/merge/candidates.ts';
import type { DataFile } from '../../../runtime/ports.ts';
import { dataFile } from '../../support/conformance/tables.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const withBounds = (path: string, low: unknown, high: unknown): DataFile =>
  dataFile(path, 1, {
    stats: {
      minValues: low === undefined ? {} : { k: low },
      maxValues: high === undefined ? {} : { k: high },
      nullCount: {},
    },
  }) as DataFile;
const inPartition = (path: string, value: string | null): DataFile =>
  dataFile(path, 1, { partitionValues: { k: value } }) as DataFile;

async function read(files: readonly DataFile[], type: DeltaType, keys: string): Promise<string> {
  await engine.run(`CREATE OR REPLACE TABLE incoming AS SELECT unnest([${keys}]) AS k`);
  const key = [{ name: 'k', type, nullable: false, metadata: {} }];
  const left = await candidateFiles(engine, 'incoming', files, key);
  return left.map(({ path }) => path).join();
}

describe('a file is left out only where its bounds say that it holds none of the keys', () => {
  test('bounds belong to it', async () => {
    const files = [
      withBounds('below', 1, 4),
      withBounds('at', 1, 5),
      withBounds('from', 5, 9),
      withBounds('past', 6, 9),
    ];
    expect(await read(files, 'long', '5')).toBe('at,from');
    expect(await read(files, 'long', '0, 10')).toBe('');
    expect(await read(files, 'long', '0, 7, 10')).toBe('from,past');
  });

  test('bounds that are not there, or null, say nothing', async () => {
    const files = [
      withBounds('none', undefined, undefined),
      withBounds('no lower', undefined, 4),
      withBounds('no upper', 6, undefined),
      withBounds('null', null, null),
      withBounds('no number', 'x', 'y'),
      withBounds('no upper number', 1, 'y'),
    ];
    expect(await read(files, 'long', '5')).toBe('none,no lower,no upper,null,no number,no upper number');
    // As texts they would be bounds like any other.
    expect(await read(files.slice(0, 4), 'string', `'x'`)).toBe('none,no lower,no upper,null');
  });

  test('numbers past the safe integers are compared as they are written', async () => {
    const bound = exactNumber('9007199254740993');
    expect(await read([withBounds('at', bound, bound)], 'long', '9007199254740993')).toBe('at');
    expect(await read([withBounds('beside', bound, bound)], 'long', '9007199254740992')).toBe('');
  });

  test('an upper bound of a moment may be cut to milliseconds', async () => {
    const file = withBounds('cut', '2024-01-31T10:00:00.000Z', '2024-01-31T10:00:00.123Z');
    const at = (time: string) => read([file], 'timestamp', `TIMESTAMPTZ '2024-01-31 10:00:00.${time}+00'`);
    expect([await at('123999'), await at('125')]).toEqual(['cut', '']);
  });

  test('texts are compared byte by byte, decimals as decimals', async () => {
    expect(await read([withBounds('f', 'a', 'b')], 'string', `'B', 'ä'`)).toBe('');
    expect(await read([withBounds('f', 9, 10)], 'decimal(12,2)', '9.50::DECIMAL(12,2)')).toBe('f');
  });

  test('types whose bounds writers tell in different ways say nothing, nor do nested ones', async () => {
    expect(await read([withBounds('f', 1, 2)], 'double', '5::DOUBLE')).toBe('f');
    const local = withBounds('f', '2024-01-31 10:00:00', '2024-01-31 10:00:01');
    expect(await read([local], 'timestamp_ntz' as DeltaType, `TIMESTAMP '2024-01-31 12:00:00'`)).toBe('f');
    const list = { type: 'array', elementType: 'long', containsNull: true } as const;
    expect(await read([withBounds('f', 1, 2)], list as DeltaType, '[5]')).toBe('f');
  });

  test('the value of its partition is both bounds; of a null one nothing is said', async () => {
    const files = [inPartition('four', '4'), inPartition('five', '5'), inPartition('null', null)];
    expect(await read(files, 'long', '5')).toBe('five,null');
  });
});
