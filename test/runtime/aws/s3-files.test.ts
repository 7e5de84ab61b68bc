import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { DeleteObjectsCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ObjectChangedError, TransientError, UsageError } from '../../../core/errors.ts';
import { awsClients, patience } from '../../../runtime/aws/clients.ts';
import { s3Files } from '../../../runtime/aws/s3-files.ts';
import type { Files } from '../../../runtime/ports.ts';
import { filesConformance, readAll } from '../../support/conformance/files.ts';
import { fakeS3, lostConnection, xmlError, type Fault } from '../../support/fake-s3.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const KB = 1024;
/** Parts of a kilobyte: what S3 itself refuses, the store of these tests takes. */
const small = { bytes: KB, copyBytes: 2 * KB, inFlight: 3 };
const bytes = (size: number, fill = 'x'): Buffer => Buffer.alloc(size, fill);
const uri = 's3://lake/a/b';

function store(fault: Fault = () => undefined) {
  const s3 = fakeS3();
  s3.fault = fault;
  return { s3, files: s3Files(s3.client, small), actions: () => s3.requests.map(({ action }) => action) };
}

/** The fault for the first requests of that action. */
const first = (action: string, ...faults: readonly ReturnType<Fault>[]): Fault => {
  let seen = 0;
  return (request) => (request.action === action ? faults[seen++] : undefined);
};
const always =
  (action: string, make: () => ReturnType<Fault>): Fault =>
  (request) =>
    request.action === action ? make() : undefined;

const put = (files: Files, content: Uint8Array) => files.write(uri, content, { onlyIfAbsent: true });

afterEach(() => {
  vi.restoreAllMocks();
});

describe('S3 behind faults: as every store without them', () => {
  filesConformance(async () => ({
    files: s3Files(fakeS3().client, { bytes: 300 * KB }),
    root: 's3://lake/root',
    scratch: await temporaryFolder(),
  }));
});

describe('what passes by itself', () => {
  beforeEach(() => {
    // The SDK waits for a chance part of its pause: none of it here.
    vi.spyOn(Math, 'random').mockReturnValue(0);
  });
  const calls: readonly [action: string, call: (files: Files) => Promise<unknown>][] = [
    ['HeadObject', (files) => files.stat(uri)],
    ['GetObject', (files) => readAll(files, uri)],
    ['PutObject', (files) => files.write(uri, bytes(1))],
    ['ListBucket', (files) => Array.fromAsync(files.list('s3://lake/a/'))],
    ['DeleteObject', (files) => files.remove(uri)],
    ['DeleteObjects', (files) => files.removeAll('s3://lake/a/')],
    ['CopyObject', (files) => files.copy(uri, 's3://lake/c')],
  ];
  const faults: readonly [what: string, make: () => ReturnType<Fault>][] = [
    ['503 SlowDown', () => xmlError(503, 'SlowDown')],
    ['500 InternalError', () => xmlError(500, 'InternalError')],
    ['a lost connection', lostConnection],
    ['a time-out', () => Object.assign(new Error('it took too long'), { name: 'TimeoutError' })],
  ];

  test.each(calls)('%s is tried again by the SDK, then left to a later try', async (action, call) => {
    for (const [what, make] of faults) {
      const once = store(first(action, make()));
      await once.s3.client
        .send(new PutObjectCommand({ Bucket: 'lake', Key: 'a/b', Body: bytes(1) }))
        .catch(() => 0);
      await call(once.files);
      const ever = store();
      await ever.files.write(uri, bytes(1));
      ever.s3.fault = always(action, make);
      const error: unknown = await call(ever.files).catch((error: unknown) => error);
      expect([what, error]).toEqual([what, expect.any(TransientError)]);
      expect(error).toHaveProperty('cause');
      expect((error as Error).message).toMatch(
        /^s3:\w+.* of s3:\/\/lake\/.* failed after 2 tries: .*Try again later/,
      );
    }
  });

  test('an answer that says it went well and holds an error did not go well', async () => {
    const inside = { ...xmlError(503, 'SlowDown'), statusCode: 200 };
    const once = store(first('CopyObject', inside));
    await once.files.write(uri, bytes(1));
    await once.files.copy(uri, 's3://lake/c');
    expect(once.s3.objects.has('s3://lake/c')).toBe(true);
    const ever = store(always('CopyObject', () => inside));
    await ever.files.write(uri, bytes(1));
    await expect(ever.files.copy(uri, 's3://lake/c')).rejects.toThrow(TransientError);
  });

  test('the clients that the product makes try six times, and send less while they are throttled', async () => {
    const { s3, dynamo, sns } = awsClients({});
    for (const client of [s3, dynamo, sns]) {
      expect(await client.config.maxAttempts()).toBe(patience.maxAttempts);
      expect(await client.config.retryStrategy()).toHaveProperty('mode', 'adaptive');
    }
    expect(patience.maxAttempts).toBe(6);
    expect(awsClients({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }).s3.config.forcePathStyle).toBe(true);
    expect(s3.config.forcePathStyle).toBe(false);
  });
});

describe('what passes by no later try', () => {
  test.each([
    ['s3:GetObject of s3://lake/a/b', 'GetObject', (files: Files) => readAll(files, uri)],
    ['s3:PutObject of s3://lake/a/b', 'PutObject', (files: Files) => files.write(uri, bytes(1))],
    [
      's3:ListBucket of s3://lake/a/',
      'ListBucket',
      (files: Files) => Array.fromAsync(files.list('s3://lake/a/')),
    ],
  ])('a refused permission is named with bucket and key: %s', async (words, action, call) => {
    const { files, actions } = store(always(action, () => xmlError(403, 'AccessDenied')));
    const error: unknown = await call(files).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(UsageError);
    expect((error as Error).message).toContain(`${words} was refused: AccessDenied (it is AccessDenied)`);
    expect(actions()).toEqual([action]);
  });

  test.each(['/tmp/a', 's3://lake', 'lake/a'])('%s is no object in S3', async (wrong) => {
    await expect(store().files.stat(wrong)).rejects.toThrow(UsageError);
  });

  test('a whole bucket is not removed, and a version is one of ours', async () => {
    const { files } = store();
    await expect(files.removeAll('s3://lake/')).rejects.toThrow('is a whole bucket');
    await expect(files.stat(uri, '17-3-9')).rejects.toThrow('those are v=<version id> and e=<ETag>');
  });
});

describe('a conditional write', () => {
  test('whose answer is lost knows its own work; without its mark it would take it for that of another', async () => {
    const { files, s3, actions } = store(first('PutObject', 'lost'));
    expect(await put(files, bytes(3))).toBe(true);
    expect(actions()).toEqual(['PutObject', 'PutObject', 'HeadObject']);
    const { bytes: written } = s3.objects.get(uri)!;
    s3.objects.set(uri, { bytes: written, etag: '"1"', metadata: {} });
    expect(await put(files, bytes(3))).toBe(false);
  });

  test('of many parts whose completion is not answered knows its own work too', async () => {
    for (const condition of [true, false]) {
      const { files, s3 } = store(first('Complete', 'lost'));
      expect(await files.write(uri, bytes(5 * KB), { onlyIfAbsent: condition })).toBe(true);
      expect(s3.objects.get(uri)?.bytes).toHaveLength(5 * KB);
      expect(await put(files, bytes(4 * KB))).toBe(false);
      expect(s3.objects.get(uri)?.bytes).toHaveLength(5 * KB);
      expect(s3.uploads.size).toBe(0);
    }
  });

  test('that meets another under way is tried again, and given up in the end', async () => {
    const conflict = xmlError(409, 'ConditionalRequestConflict');
    const { files, actions } = store(first('PutObject', conflict, conflict));
    expect(await put(files, bytes(1))).toBe(true);
    expect(actions()).toEqual(['PutObject', 'PutObject', 'PutObject']);
    const busy = store(always('PutObject', () => conflict));
    await expect(put(busy.files, bytes(1))).rejects.toThrow(TransientError);
    const parts = store(first('Complete', conflict));
    await expect(put(parts.files, bytes(3 * KB))).rejects.toThrow(TransientError);
    expect(parts.s3.uploads.size).toBe(0);
  });

  test('that is refused while its body is sent arrives as an aborted request with the status 412', async () => {
    const s3 = mockClient(S3Client);
    const aborted = Object.assign(new Error('aborted'), {
      name: 'AbortError',
      $metadata: { httpStatusCode: 412 },
    });
    s3.on(PutObjectCommand).rejects(aborted);
    expect(await put(s3Files(new S3Client({ region: 'us-east-1' })), bytes(1))).toBe(false);
    s3.restore();
  });

  test('is not answered with false where nobody can tell whose object it is', async () => {
    const lost = first('PutObject', 'lost');
    const { files } = store((request) => lost(request) ?? always('HeadObject', lostConnection)(request));
    await expect(put(files, bytes(3))).rejects.toThrow(TransientError);
  });
});

describe('an object of many parts', () => {
  test.each([
    ['its first part', 'UploadPart', () => xmlError(503, 'SlowDown'), TransientError],
    [
      'its completion, inside an answer of 200',
      'Complete',
      () => ({ ...xmlError(500, 'InternalError'), statusCode: 200 }),
      TransientError,
    ],
    ['its completion', 'Complete', () => xmlError(403, 'AccessDenied'), UsageError],
  ] as const)('that fails at %s leaves no part', async (_what, action, make, type) => {
    const { files, s3, actions } = store(always(action, make));
    await expect(files.write(uri, bytes(9 * KB))).rejects.toThrow(type);
    expect(s3.objects.size).toBe(0);
    expect(s3.uploads.size).toBe(0);
    expect(actions()).toContain('Abort');
    // After a failed part the rest is not sent in vain.
    const sent = actions().filter((one) => one === 'UploadPart').length;
    expect(sent < 9).toBe(action === 'UploadPart');
  });

  test('fails by what its completion failed of, where nobody may look whether it is there', async () => {
    for (const [answer, type] of [
      [xmlError(500, 'InternalError'), TransientError],
      [xmlError(412, 'PreconditionFailed'), UsageError],
    ] as const) {
      const { files } = store(({ action }) =>
        action === 'Complete' ? answer : action === 'HeadObject' ? { statusCode: 403 } : undefined,
      );
      await expect(put(files, bytes(3 * KB))).rejects.toThrow(type);
    }
  });

  test('is copied by parts of one version, and not at all when the source has changed', async () => {
    const odd = `s3://lake/ü +%2F/it's`;
    const { files, s3 } = store();
    const content = Buffer.concat([bytes(2 * KB, 'a'), bytes(2 * KB, 'b'), bytes(7, 'c')]);
    await files.write(odd, content);
    const { version } = (await files.stat(odd))!;
    await files.copy(odd, uri, { version });
    expect(s3.objects.get(uri)?.bytes.equals(content)).toBe(true);
    const copies = s3.requests.filter(({ action }) => action === 'UploadPartCopy');
    expect(copies.map(({ headers }) => headers['x-amz-copy-source-range'])).toEqual([
      'bytes=0-2047',
      'bytes=2048-4095',
      'bytes=4096-4102',
    ]);
    expect(new Set(copies.map(({ headers }) => headers['x-amz-copy-source-if-match']))).toEqual(
      new Set([s3.objects.get(odd)!.etag]),
    );
    s3.fault = first('UploadPartCopy', xmlError(412, 'PreconditionFailed'));
    await expect(files.copy(odd, 's3://lake/c')).rejects.toThrow(ObjectChangedError);
    expect(s3.objects.has('s3://lake/c')).toBe(false);
    expect(s3.uploads.size).toBe(0);
  });

  test('from a file is sent by parts, a few at a time', async () => {
    const { files, s3 } = store();
    const path = join(await temporaryFolder(), 'made');
    await writeFile(path, bytes(5 * KB + 1));
    await files.upload(path, uri);
    expect(s3.objects.get(uri)?.bytes).toHaveLength(5 * KB + 1);
    expect(s3.requests.filter(({ action }) => action === 'UploadPart')).toHaveLength(6);
  });
});

describe('reading', () => {
  test('asks for the rest in ranges of the version that came first, and for no more than a few ahead', async () => {
    const { files, s3 } = store();
    await files.write(uri, bytes(20 * KB));
    const etag = s3.objects.get(uri)!.etag;
    s3.requests.length = 0;
    const reading = files.read(uri)[Symbol.asyncIterator]();
    const asked: number[] = [];
    for (let i = 0; i < 4; i++) {
      await reading.next();
      asked.push(s3.requests.length);
    }
    expect(Math.max(...asked.map((count, i) => count - i))).toBeLessThanOrEqual(small.inFlight + 1);
    await reading.return?.(undefined);
    expect(s3.requests.length).toBeLessThan(10);
    expect(new Set(s3.requests.slice(1).map(({ headers }) => headers['if-match']))).toEqual(new Set([etag]));
  });

  test('bytes that break off are asked for again, and after three times left to a later try', async () => {
    const broken = () => ({
      statusCode: 206,
      headers: { 'content-range': 'bytes 0-9/10', 'content-length': '10', etag: '"1"' },
      body: Readable.from(
        (function* () {
          yield bytes(4);
          throw lostConnection();
        })(),
      ),
    });
    const short = { ...broken(), body: bytes(4) };
    const { files, s3 } = store();
    await files.write(uri, bytes(10, 'y'));
    s3.fault = first('GetObject', broken(), short);
    expect((await readAll(files, uri)).toString()).toBe('yyyyyyyyyy');
    s3.fault = always('GetObject', broken);
    await expect(readAll(files, uri)).rejects.toThrow(/broke off 3 times .*socket hang up/);
    await expect(readAll(files, uri)).rejects.toBeInstanceOf(TransientError);
  });

  test('a store that knows no ranges is read rightly all the same', async () => {
    const { files, s3 } = store();
    const content = Buffer.from(Array.from({ length: 3000 }, (_, i) => i % 251));
    await files.write(uri, content);
    const { etag } = s3.objects.get(uri)!;
    s3.fault = always('GetObject', () => ({ statusCode: 200, headers: { etag }, body: content }));
    expect((await readAll(files, uri)).equals(content)).toBe(true);
    expect((await readAll(files, uri, { start: 100, end: 2500 })).equals(content.subarray(100, 2500))).toBe(
      true,
    );
    expect(await Array.fromAsync(files.read(uri, { start: 5000 }))).toEqual([]);
  });

  test('a file that is brought in by parts and breaks off leaves none of them', async () => {
    const { files, s3 } = store();
    const path = join(await temporaryFolder(), 'deep', 'a');
    await files.write(uri, bytes(5 * KB));
    await files.download(uri, path);
    expect(await readFile(path)).toHaveLength(5 * KB);
    s3.fault = first('GetObject', undefined, undefined, xmlError(404, 'NoSuchKey'));
    await expect(files.download(uri, path)).rejects.toThrow(ObjectChangedError);
    await expect(readFile(path)).rejects.toThrow('ENOENT');
  });
});

describe('removing many', () => {
  const removing = async (Errors: readonly { Key: string; Code: string; Message?: string }[]) => {
    const s3 = mockClient(S3Client);
    const Contents = Array.from({ length: 1500 }, (_, i) => ({ Key: `a/${i}`, Size: 1, ETag: '"1"' }));
    s3.on(ListObjectsV2Command).resolves({ Contents });
    s3.on(DeleteObjectsCommand).resolves({ Errors: [...Errors] });
    const outcome: unknown = await s3Files(new S3Client({ region: 'us-east-1' }))
      .removeAll('s3://lake/a/')
      .catch((error: unknown) => error);
    const sizes = s3
      .commandCalls(DeleteObjectsCommand)
      .map(({ args }) => args[0].input.Delete?.Objects?.length);
    s3.restore();
    return { outcome, sizes };
  };

  test('goes by a thousand', async () => {
    expect(await removing([])).toEqual({ outcome: undefined, sizes: [1000, 500] });
  });

  test.each([
    ['InternalError', TransientError, 's3://lake/a/7 and 1 more'],
    ['SlowDown', TransientError, 's3://lake/a/7'],
    ['AccessDenied', UsageError, 's3:DeleteObject of s3://lake/a/7'],
    ['Whatever', Error, 'it is so'],
  ] as const)('an answer that went well but for a key fails: %s', async (Code, type, words) => {
    const failed = [
      { Key: 'a/7', Code, Message: 'it is so' },
      { Key: 'a/8', Code },
    ];
    const { outcome, sizes } = await removing(failed);
    expect(outcome).toBeInstanceOf(type);
    expect((outcome as Error).message).toContain(words);
    expect(sizes).toEqual([1000]);
  });
});
