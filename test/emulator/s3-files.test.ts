import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { describe, expect, test } from 'vitest';
import { ObjectChangedError, UsageError } from '../../core/errors.ts';
import { s3Files } from '../../runtime/aws/s3-files.ts';
import { deltaTables } from '../../runtime/delta/tables.ts';
import { filesConformance, readAll } from '../support/conformance/files.ts';
import { tablesConformance } from '../support/conformance/tables.ts';
import { clients, newBucket } from '../support/emulated-aws.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MB = 1024 * 1024;
const files = s3Files(clients.s3);
/** The same store with the smallest parts that S3 takes, so that objects of a few megabytes have several. */
const inParts = s3Files(clients.s3, { bytes: 5 * MB, copyBytes: 5 * MB, inFlight: 3 });
const bytesOf = (size: number): Buffer =>
  Buffer.alloc(size, createHash('sha256').update(String(size)).digest());

async function uploadsIn(bucket: string): Promise<number> {
  const request = new ListMultipartUploadsCommand({ Bucket: bucket.slice('s3://'.length) });
  return (await clients.s3.send(request)).Uploads?.length ?? 0;
}

describe('files in S3', () => {
  filesConformance(async () => ({ files, root: await newBucket(), scratch: await temporaryFolder() }));
});

describe('tables in S3', () => {
  tablesConformance(async () => ({
    tables: deltaTables(files),
    other: deltaTables(s3Files(clients.s3)),
    uri: `${await newBucket()}/lake/things`,
  }));
});

describe('S3 besides', () => {
  test('keys are used as they are: dots, slashes, escapes and letters of all kinds', async () => {
    const bucket = await newBucket();
    const keys = [
      'a%2Fb',
      'a//b',
      'x/../y',
      'ü/😀/é',
      '/leading',
      'a+b c&d=e?f#g',
      `q"'<>&`,
      'k'.repeat(900),
    ];
    for (const key of keys) {
      const [uri, copy] = [`${bucket}/in/${key}`, `${bucket}/out/${key}`];
      await files.write(uri, Buffer.from(key));
      await files.copy(uri, copy);
      const size = (await files.stat(uri))?.size;
      expect([key, size]).toEqual([key, Buffer.byteLength(key)]);
      for (const one of [uri, copy]) expect((await readAll(files, one)).toString()).toBe(key);
    }
    const listed = await Array.fromAsync(files.list(`${bucket}/in/`));
    expect(listed.map(({ uri }) => uri.slice(`${bucket}/in/`.length)).toSorted()).toEqual(keys.toSorted());
    await files.removeAll(`${bucket}/in/`);
    expect(await Array.fromAsync(files.list(`${bucket}/in/`))).toEqual([]);
    expect(await Array.fromAsync(files.list(`${bucket}/out/`))).toHaveLength(keys.length);
  });

  test('objects of many parts are written, read, copied, brought in and out, and leave no upload open', async () => {
    const bucket = await newBucket();
    const scratch = await temporaryFolder();
    for (const size of [0, 5 * MB - 1, 5 * MB, 5 * MB + 1, 23 * MB + 7]) {
      const content = bytesOf(size);
      await writeFile(join(scratch, 'in'), content);
      await inParts.upload(join(scratch, 'in'), `${bucket}/up`);
      await inParts.copy(`${bucket}/up`, `${bucket}/copied`);
      await inParts.download(`${bucket}/copied`, join(scratch, 'out'));
      const found: Record<string, Buffer> = { 'up and down': await readFile(join(scratch, 'out')) };
      await inParts.write(`${bucket}/whole`, content);
      await inParts.write(
        `${bucket}/streamed`,
        (async function* () {
          for (let at = 0; at < size; at += 999_999) yield content.subarray(at, at + 999_999);
        })(),
      );
      for (const name of ['whole', 'streamed']) found[name] = await readAll(inParts, `${bucket}/${name}`);
      const wrong = Object.entries(found).filter(([, bytes]) => !bytes.equals(content));
      expect([size, wrong.map(([name]) => name)]).toEqual([size, []]);
      const range = { start: 3 * MB, end: 17 * MB + 5 };
      const part = await readAll(inParts, `${bucket}/up`, range);
      expect(part.equals(content.subarray(range.start, range.end))).toBe(true);
    }
    expect(await uploadsIn(bucket)).toBe(0);
  });

  test('a stream that breaks off in its third part leaves no object and no upload', async () => {
    const bucket = await newBucket();
    const broken = (async function* () {
      yield bytesOf(11 * MB);
      throw new Error('the source broke off');
    })();
    await expect(inParts.write(`${bucket}/a`, broken)).rejects.toThrow('the source broke off');
    expect(await files.stat(`${bucket}/a`)).toBeUndefined();
    expect(await uploadsIn(bucket)).toBe(0);
  });

  test('an object of many parts is written once with onlyIfAbsent, and one of a request beside it', async () => {
    const bucket = await newBucket();
    const uri = `${bucket}/a`;
    expect(await inParts.write(uri, bytesOf(6 * MB), { onlyIfAbsent: true })).toBe(true);
    expect(await inParts.write(uri, bytesOf(7 * MB), { onlyIfAbsent: true })).toBe(false);
    expect(await inParts.write(uri, bytesOf(1), { onlyIfAbsent: true })).toBe(false);
    expect((await files.stat(uri))?.size).toBe(6 * MB);
    expect(await uploadsIn(bucket)).toBe(0);
  });

  test('where versions are kept, the one that was seen is read, copied and described after a change', async () => {
    const bucket = await newBucket({ versioned: true });
    const uri = `${bucket}/a`;
    await files.write(uri, bytesOf(6 * MB));
    const old = (await files.stat(uri))!;
    expect(old.version).toMatch(/^v=/);
    const reading = inParts.read(uri, { version: old.version })[Symbol.asyncIterator]();
    const blocks = [(await reading.next()).value as Uint8Array];
    await files.write(uri, Buffer.from('new'));
    for (let next = await reading.next(); !next.done; next = await reading.next()) blocks.push(next.value);
    expect(Buffer.concat(blocks).equals(bytesOf(6 * MB))).toBe(true);
    expect(await files.stat(uri, old.version)).toEqual(old);
    await files.copy(uri, `${bucket}/copied`, { version: old.version });
    expect((await readAll(files, `${bucket}/copied`)).equals(bytesOf(6 * MB))).toBe(true);
    await files.remove(uri);
    expect(await files.stat(uri)).toBeUndefined();
    expect((await readAll(files, uri, { version: old.version })).equals(bytesOf(6 * MB))).toBe(true);
  });

  test('an object that changes while it is read is refused where no versions are kept', async () => {
    const bucket = await newBucket();
    const uri = `${bucket}/a`;
    await files.write(uri, bytesOf(11 * MB));
    const { version } = (await files.stat(uri))!;
    const reading = inParts.read(uri, { version })[Symbol.asyncIterator]();
    await reading.next();
    await files.write(uri, Buffer.from('new'));
    await expect(reading.next()).rejects.toThrow(ObjectChangedError);
    await expect(files.copy(uri, `${bucket}/b`, { version })).rejects.toThrow(ObjectChangedError);
    expect((await files.stat(uri, version))?.version).not.toBe(version);
  });

  test('more objects than one answer lists are listed and removed', async () => {
    const bucket = await newBucket();
    const names = Array.from({ length: 1203 }, (_, i) => `${bucket}/many/${String(i).padStart(5, '0')}`);
    for (let at = 0; at < names.length; at += 50) {
      await Promise.all(names.slice(at, at + 50).map((uri) => files.write(uri, new Uint8Array())));
    }
    expect((await Array.fromAsync(files.list(`${bucket}/many/`))).map(({ uri }) => uri)).toEqual(names);
    await files.removeAll(`${bucket}/many/`);
    expect(await Array.fromAsync(files.list(`${bucket}/many/`))).toEqual([]);
  });

  test('a bucket that is not there is named, and is no object that is not there', async () => {
    const uri = 's3://sluice-test-never-made/a';
    await expect(files.write(uri, Buffer.from('x'))).rejects.toThrow(UsageError);
    await expect(readAll(files, uri)).rejects.toThrow(/sluice-test-never-made/);
    await expect(Array.fromAsync(files.list('s3://sluice-test-never-made/'))).rejects.toThrow(UsageError);
  });
});
