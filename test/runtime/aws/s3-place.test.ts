/** What the words of the ports are in those of S3. */

import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import { pinOf, placeOf, versionOf } from '../../../runtime/aws/s3-place.ts';

test('a whole bucket is the place of no object', () => {
  expect(placeOf('s3://lake/a//b')).toEqual({ Bucket: 'lake', Key: 'a//b' });
  expect(() => placeOf('s3://lake/')).toThrow(
    new UsageError('"s3://lake/" names a bucket and no object in it.'),
  );
});

describe('the version of an object', () => {
  test.each([
    ['its id', { VersionId: '3sL4', ETag: '"abc"' }, 'v=3sL4', { VersionId: '3sL4' }],
    // Under the id `null` the next object takes the place of this one: it would be read for this one.
    ['its tag where the id is null', { VersionId: 'null', ETag: '"abc"' }, 'e=abc', { IfMatch: '"abc"' }],
    ['its tag where the id is empty', { VersionId: '', ETag: '"abc"' }, 'e=abc', { IfMatch: '"abc"' }],
    ['its tag where there is no id', { ETag: '"abc-2"' }, 'e=abc-2', { IfMatch: '"abc-2"' }],
  ])('is %s', (_what, answer, version, pin) => {
    expect(versionOf(answer)).toBe(version);
    expect(pinOf('s3://lake/a', version)).toEqual(pin);
  });

  test('is none without an id or a tag behind its mark', () => {
    expect(() => pinOf('s3://lake/a', 'v=')).toThrow('"v=" is not a version of s3://lake/a');
    expect(() => pinOf('s3://lake/a', 'e=')).toThrow('"e=" is not a version of s3://lake/a');
  });
});
