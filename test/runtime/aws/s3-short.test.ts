/** Objects and files of S3 that are shorter than what was asked for, or no object at all. */

import { truncateSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ObjectChangedError, TransientError, UsageError } from '../../../core/errors.ts';
import { s3Files } from '../../../runtime/aws/s3-files.ts';
import { readAll } from '../../support/conformance/files.ts';
import { fakeS3, xmlError } from '../../support/fake-s3.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const KB = 1024;
const uri = 's3://lake/a/b';
const bytes = (size: number): Buffer => Buffer.alloc(size, 'x');
async function* blocks(...all: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all;
}

function store() {
  const s3 = fakeS3();
  const files = s3Files(s3.client, { bytes: KB, copyBytes: 2 * KB, inFlight: 3 });
  return { s3, files, actions: () => s3.requests.map(({ action }) => action) };
}

describe('reading', () => {
  test.each([
    ['behind its end', { start: 10 }],
    ['far behind its end', { start: 5000, end: 6000 }],
    ['no byte', { start: 3, end: 3 }],
  ])('%s of an object that is there gives none', async (_what, range) => {
    const { files, actions } = store();
    await files.write(uri, bytes(10));
    const { version } = (await files.stat(uri))!;
    expect(await readAll(files, uri, { ...range, version })).toHaveLength(0);
    // Of a range without bytes S3 gives the whole object.
    expect(actions().filter((action) => action === 'GetObject')).toHaveLength(range.start === 3 ? 0 : 1);
  });

  test.each([
    ['an object that is gone', undefined],
    ['another version', 'e=abc'],
  ])('no byte of %s says so', async (_what, version) => {
    const { files } = store();
    if (version !== undefined) await files.write(uri, bytes(10));
    const range = { start: 0, end: 0, ...(version === undefined ? {} : { version }) };
    await expect(readAll(files, uri, range)).rejects.toThrow(ObjectChangedError);
  });

  test('an object of which a part that was told is not there any more says so', async () => {
    const { files, s3 } = store();
    await files.write(uri, bytes(3 * KB));
    s3.fault = ({ headers }) =>
      headers['range'] === 'bytes=1024-2047' ? xmlError(416, 'InvalidRange') : undefined;
    await expect(readAll(files, uri)).rejects.toThrow(ObjectChangedError);
  });

  test('from a bucket that is not there is for whoever set it up', async () => {
    const { files, s3 } = store();
    s3.fault = () => xmlError(404, 'NoSuchBucket');
    await expect(readAll(files, uri)).rejects.toThrow(
      new UsageError(
        's3://lake/a/b is not there: NoSuchBucket (it is NoSuchBucket). Deploy its stack, or correct the name.',
      ),
    );
  });
});

describe('writing', () => {
  test.each([
    ['nothing', [], 0],
    ['less than a part', [bytes(5), bytes(7)], 12],
    ['one byte less than a part', [bytes(KB - 1)], KB - 1],
  ])('%s is one request, whose length is known only at its end', async (_what, all, length) => {
    const { files, s3, actions } = store();
    expect(await files.write(uri, blocks(...all), { onlyIfAbsent: true })).toBe(true);
    expect(s3.objects.get(uri)?.bytes).toHaveLength(length);
    expect(actions()).toEqual(['PutObject']);
    expect(await files.write(uri, blocks(...all), { onlyIfAbsent: true })).toBe(false);
  });

  test('a part and no more is one request', async () => {
    const { files, actions } = store();
    await files.write(uri, bytes(KB));
    await files.write(uri, bytes(KB + 1));
    expect(actions()).toEqual(['PutObject', 'CreateUpload', 'UploadPart', 'UploadPart', 'Complete']);
  });

  test('a file that becomes shorter meanwhile leaves no object', async () => {
    const { files, s3 } = store();
    const path = join(await temporaryFolder(), 'made');
    await writeFile(path, bytes(9 * KB));
    s3.fault = ({ action }) => void (action === 'UploadPart' && truncateSync(path, 1));
    await expect(files.upload(path, uri)).rejects.toThrow(
      new TransientError(`${path} became shorter while it was brought to the store.`),
    );
    expect(s3.objects.size).toBe(0);
    expect(s3.uploads.size).toBe(0);
  });
});
