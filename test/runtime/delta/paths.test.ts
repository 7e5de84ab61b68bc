/** Names of files in a log: nothing in it may lead out of the table's folder, or to the folder itself. */

import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { committedAt } from '../../../runtime/delta/log.ts';
import { decodePath, encodePath } from '../../../runtime/delta/paths.ts';

test.each(['a.parquet', 'day=2024-01-31/ü x%.parquet', 'a..b/c', 'a:b/c', '...'])(
  '%s comes back as it was',
  (path) => {
    expect(decodePath(encodePath(path))).toBe(path);
  },
);

describe('is refused', () => {
  test.each([
    ['nothing', ''],
    ['an absolute path', '/etc/passwd'],
    ['another place', 's3://bucket/a.parquet'],
    ['another drive', 'C:a.parquet'],
  ])('%s, as none inside a table', (_, path) => {
    expect(() => decodePath(path)).toThrow(UsageError);
    expect(() => decodePath(path)).toThrow(/is not a path inside a table/);
  });

  test.each([
    ['a way up', '../a.parquet'],
    ['a way up that is encoded', 'a/%2e%2E/b.parquet'],
    ['a slash that is encoded, with a way up', 'a%2F..%2Fb.parquet'],
    ['the folder itself', './a.parquet'],
    ['the folder itself, encoded', '%2E'],
    ['a part without a name', 'a//b.parquet'],
    ['a name that ends with a slash', 'a/'],
    ['an absolute path that is encoded', '%2Fetc%2Fpasswd'],
    ['what is not encoded', 'a%zz.parquet'],
  ])('%s', (_, path) => {
    expect(() => decodePath(path)).toThrow(/is not a URL-encoded path inside a table/);
  });
});

test('an entry that does not say when it was made, says nothing', () => {
  expect(committedAt([{ commitInfo: { timestamp: 5 } }])).toBe(5);
  expect(committedAt([{ commitInfo: { timestamp: '5' } }])).toBeUndefined();
  expect(committedAt([])).toBeUndefined();
});
