/** Compressed objects: nothing is believed that is not proved, and what the engine would have believed instead. */

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { crc32, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { literal } from '../../../core/sql.ts';
import { intake } from '../../../runtime/intake/intake.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { bytesOf } from '../../support/formats.ts';
import { DECODED, rejected, rowsOf, take, taken } from '../../support/intake.ts';
import { memoryFiles } from '../../support/memory-files.ts';

const text = `a,b\n${Array.from({ length: 60 }, (_, i) => `${i},${(i * 7919) % 1000}\n`).join('')}`;
const gz = gzipSync(text);
const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');
const gzName = { name: '/in/object.csv.gz' };

/** What came of an object: `same` records, or the code it was rejected with. */
async function verdictOn(object: Uint8Array, blockBytes = 1e6): Promise<string> {
  const { files, result } = await take(csv(), object, { ...gzName, blockBytes });
  expect(result.sha256).toBe(sha256(object));
  const isKept = files.contents.has(DECODED);
  if ('rejected' in result)
    return isKept ? `${result.rejected.code}, and a copy is left` : result.rejected.code;
  return Buffer.from(files.contents.get(DECODED)!).toString() === text ? 'same' : 'other';
}

describe('a compressed object', () => {
  it.each([['/in/object.csv.gz'], ['/in/object']])(
    'is known by its bytes, and its copy is kept: %s',
    async (name) => {
      const { files, result } = await taken(csv(), gz, { name, blockBytes: 7 });
      expect(Buffer.from(files.contents.get(DECODED)!).toString()).toBe(text);
      const { version, size } = (await files.stat(DECODED))!;
      expect(result).toMatchObject({
        bytes: gz.length,
        sha256: sha256(gz),
        decoded: { uri: DECODED, version, bytes: size },
        records: 60,
      });
      expect(await rowsOf(csv(), files, result)).toHaveLength(60);
    },
  );

  it('may have several members, cut anywhere into blocks', async () => {
    const both = Buffer.concat([gzipSync(text.slice(0, 50)), gzipSync(text.slice(50))]);
    for (const blockBytes of [1, 3, gzipSync(text.slice(0, 50)).length, 1e6]) {
      expect(await verdictOn(both, blockBytes)).toBe('same');
    }
  });

  it('may hold nothing', async () => {
    const { result } = await taken(csv(), gzipSync(''));
    expect(result).toMatchObject({ records: 0, chunks: [], decoded: { uri: DECODED, bytes: 0 } });
  });

  it('with a byte order mark is counted from after it', async () => {
    const { files, result } = await taken(csv(), gzipSync('\ufeffa\n1\n'));
    expect(result.chunks[0]).toMatchObject({ start: 5, end: 7 });
    expect(await rowsOf(csv(), files, result)).toEqual([{ fields: ['1'] }]);
  });
});

describe('a damaged object', () => {
  it('is truncated, wherever it was cut', async () => {
    for (let length = 0; length < gz.length; length++) {
      expect(await verdictOn(gz.subarray(0, length), length % 2 === 0 ? 1 : 1e6)).toBe('object.truncated');
    }
    const both = Buffer.concat([gz, gz]);
    for (let length = gz.length + 1; length < both.length; length += 5) {
      expect(await verdictOn(both.subarray(0, length), 16)).toBe('object.truncated');
    }
  });

  it('is never taken in with other data, whichever bit was flipped', async () => {
    const verdicts = new Map<string, number>();
    for (let bit = 80; bit < gz.length * 8; bit++) {
      const flipped = Buffer.from(gz);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      const verdict = await verdictOn(flipped);
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
    }
    expect([...verdicts.keys()].toSorted()).toEqual([
      'object.checksum',
      'object.truncated',
      'object.unreadable',
      'same', // Bits that fill up the last byte mean nothing.
    ]);
    expect(verdicts.get('same')).toBeLessThan(8);
  });

  it('has a checksum or a length that is not its own', async () => {
    for (const at of [gz.length - 8, gz.length - 4]) {
      const wrong = Buffer.from(gz);
      wrong[at]! ^= 1;
      const { result } = await rejected(csv(), wrong, gzName);
      expect(result.rejected.code).toBe('object.checksum');
    }
  });

  it.each([
    ['zeros', Buffer.alloc(3)],
    ['one zero', Buffer.alloc(1)],
    ['zeros and a member', Buffer.concat([Buffer.alloc(512), gz])],
    ['text', Buffer.from('a,b\n')],
  ])('is not read as if nothing followed its end: %s', async (_, tail) => {
    for (const blockBytes of [1, gz.length, 1e6]) {
      expect(await verdictOn(Buffer.concat([gz, tail]), blockBytes)).toBe('object.unreadable');
    }
  });

  it('is not gzip at all, although its name says so', async () => {
    const { result } = await rejected(csv(), 'a,b\n1,2\n', gzName);
    expect(result.rejected).toMatchObject({ code: 'object.unreadable' });
    expect(result.rejected.message).toMatch(/name ends with \.gz/);
  });
});

describe('an object that blows up', () => {
  const bomb = gzipSync(`a\n${'1\n'.repeat(5_000_000)}`, { level: 9 });

  it('is stopped early by its ratio, and nothing is left behind', async () => {
    const limits = { ratio: 100, ratioFloor: 1_000_000 };
    expect(bomb.length * 100).toBeLessThan(10_000_000);
    const { files, result } = await rejected(csv(), bomb, { limits });
    expect(result.rejected.code).toBe('object.too_large');
    expect(result.rejected.message).toMatch(/more than 100 times its compressed size/);
    expect(result.sha256).toBe(sha256(bomb));
    expect(files.contents.has(DECODED)).toBe(false);
    const roomy = await taken(csv(), bomb, { limits: { ...limits, ratioFloor: 100_000_000 } });
    expect(roomy.result.records).toBe(5_000_000);
  });

  it('is stopped early by its decompressed size', async () => {
    const { result } = await rejected(csv(), bomb, { limits: { decodedBytes: 1_000_000 } });
    expect(result.rejected.message).toMatch(/more than 1000000 decompressed bytes/);
  });
});

describe('the store', () => {
  const late = (content: Uint8Array, fail?: Error) => {
    const files = memoryFiles({ x: content });
    return {
      ...files,
      async *read() {
        for (let at = 0; at < content.length; at += 10) {
          await setImmediate();
          if (fail !== undefined && at >= 50) throw fail;
          yield content.subarray(at, at + 10);
        }
      },
    };
  };
  const options = { limits: defaultLimits, decodedTo: DECODED, onProgress: () => {} };

  it('is read on to the end for the hash after a rejection, each byte once', async () => {
    const unclosed = gzipSync(`a\n"${'x'.repeat(3)}\n${text}`);
    const broken = Buffer.concat([gz.subarray(0, 30), Buffer.alloc(200, 0xff), gz]);
    for (const object of [unclosed, broken]) {
      const result = await intake(late(object), { uri: 'x' }, csv(), options);
      expect(result).toHaveProperty('rejected');
      expect(result.sha256).toBe(sha256(object));
    }
  });

  it('may fail while an object is decompressed, and that is not the fault of the object', async () => {
    const failure = Object.assign(new Error('connection reset'), { code: 'ECONNRESET' });
    await expect(intake(late(gz, failure), { uri: 'x' }, csv(), options)).rejects.toBe(failure);
  });

  it('may wrap what ends its write: a rejection is one all the same', async () => {
    const files = memoryFiles({ x: gz.subarray(0, -3) });
    const wrapping = {
      ...files,
      write: (uri: string, content: Uint8Array | AsyncIterable<Uint8Array>) =>
        files.write(uri, content).catch((cause: unknown) => {
          throw new Error('the upload was aborted', { cause });
        }),
    };
    const result = await intake(wrapping, { uri: 'x' }, csv(), options);
    expect(result).toMatchObject({ rejected: { code: 'object.truncated' } });
  });

  it('may fail to keep the copy', async () => {
    const failure = new Error('no space');
    const files = memoryFiles({ x: gz });
    const full = {
      ...files,
      async write(_: string, content: Uint8Array | AsyncIterable<Uint8Array>): Promise<boolean> {
        for await (const block of content as AsyncIterable<Uint8Array>) if (block.length > 0) throw failure;
        return true;
      },
    };
    await expect(intake(full, { uri: 'x' }, csv(), options)).rejects.toBe(failure);
  });
});

describe('the engine alone', () => {
  let engine: OpenEngine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());
  const readAlone = async (object: Uint8Array, more = '') => {
    const path = join(engine.folder, 'alone.csv.gz');
    await writeFile(path, object);
    const columns = "columns={'a': 'VARCHAR', 'b': 'VARCHAR'}, auto_detect=false, header=true";
    return engine.rows(`SELECT a, b FROM read_csv(${literal(path)}, ${columns}, delim=','${more})`);
  };
  const stored = gzipStored(text);

  it('takes altered data for good: a flipped bit changes values and nothing is said', async () => {
    const flipped = Buffer.from(stored);
    const at = flipped.indexOf('\n1,919\n') + 3;
    flipped[at]! ^= 1; // The 9 of 919 becomes an 8.
    expect((await readAlone(flipped))[1]).toEqual({ a: '1', b: '819' });
    expect(await verdictOn(flipped)).toBe('object.checksum');
  });

  it('takes a part for the whole: what a cut removed is missed by nobody', async () => {
    const long = gzipSync(`a,b\n${'1,2\n'.repeat(300_000)}`, { level: 0 });
    const half = long.subarray(0, long.length / 2);
    const rows = await readAlone(half, ', ignore_errors=true').catch((error: Error) => error.message);
    expect(Array.isArray(rows)).toBe(true);
    expect(rows.length).toBeGreaterThan(1000);
    expect(rows.length).toBeLessThan(300_000);
    expect(await verdictOn(half)).toBe('object.truncated');
  });
});

/** A gzip member that holds its text as it is, so that a test can find and change a byte of it. */
function gzipStored(content: string): Buffer {
  const bytes = Buffer.from(bytesOf(content));
  const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255, 1, 0, 0, 0, 0]);
  head.writeUInt16LE(bytes.length, 11);
  head.writeUInt16LE(bytes.length ^ 0xffff, 13);
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(bytes), 0);
  tail.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([head, bytes, tail]);
}
