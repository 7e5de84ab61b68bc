/** Intake: every kind of object that may arrive, good or bad, and what the one pass says of it. */

import { createHash } from 'node:crypto';
import { crc32, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { json } from '../../../core/formats/json.ts';
import { jsonl } from '../../../core/formats/jsonl.ts';
import { bindFields } from '../../../core/header.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { readChunk } from '../../../runtime/intake/chunk-bytes.ts';
import { intake } from '../../../runtime/intake/intake.ts';
import { bytesOf, SEED } from '../../support/formats.ts';
import { DECODED, rejected, rowsOf, take, taken } from '../../support/intake.ts';
import { memoryFiles } from '../../support/memory-files.ts';

const ok = (...fields: string[]) => ({ fields });
const fault = (code: string) => ({ faults: [expect.objectContaining({ code })] });
const sha256 = (content: string | Uint8Array) => createHash('sha256').update(content).digest('hex');
const options = { limits: defaultLimits, decodedTo: DECODED, onProgress: () => {} };

describe('a good object', () => {
  it('is hashed, counted and cut in one pass, and is its own decoded copy', async () => {
    const text = 'a,b\n1,2\n3,4\n';
    const { files, result } = await taken(csv(), text);
    expect(result).toEqual({
      bytes: 12,
      version: 'v1',
      sha256: sha256(text),
      decoded: { uri: '/in/object', version: 'v1', bytes: 12 },
      found: {},
      header: { fields: ['a', 'b'], bytes: 4 },
      records: 2,
      chunks: [
        {
          n: 0,
          start: 4,
          end: 12,
          first: 0,
          records: 2,
          notes: expect.any(Number),
          crc32: crc32(bytesOf('1,2\n3,4\n')),
        },
      ],
      warnings: [],
    });
    expect(await rowsOf(csv(), files, result)).toEqual([ok('1', '2'), ok('3', '4')]);
    expect([...files.contents.keys()]).toEqual(['/in/object']);
  });

  it('tells of its progress in bytes as received', async () => {
    const files = memoryFiles({ x: bytesOf('a,b\n1,2\n') }, 3);
    const seen: number[][] = [];
    await intake(files, { uri: 'x' }, csv(), { ...options, onProgress: (...at) => seen.push(at) });
    expect(seen).toEqual([
      [3, 8],
      [6, 8],
      [8, 8],
    ]);
  });

  it('may start with a byte order mark, which is no part of the first name nor of any record', async () => {
    for (const [format, text, fields] of [
      [csv(), '\ufeffa,b\n1,2\n', undefined],
      [jsonl(), '\ufeff{"a":1}\n', ['a']],
      [json(), '\ufeff[{"a":1}]', ['a']],
    ] as const) {
      const { files, result } = await taken(format, text, { blockBytes: 1 });
      expect(result.records).toBe(1);
      const rows = await rowsOf(format, files, result, defaultLimits, fields ?? result.header.fields!);
      expect(rows).toEqual([fields ? ok('n1') : ok('1', '2')]);
    }
    expect((await taken(csv(), '\ufeffa,b\n1,2\n')).result.chunks[0]!.start).toBe(7);
  });

  it.each([
    ['no bytes', '', 'The object is empty: it has 0 bytes and no records.'],
    ['a byte order mark alone', '\ufeff', 'The object has no records.'],
    ['line ends alone', '\n\r\n', 'The object has no records.'],
    ['a header alone', 'a,b\n', 'The object has a header and no records.'],
    ['a header without a line end', 'a,b', 'The object has a header and no records.'],
    ['a header and blank lines', 'a,b\n\n\n', 'The object has a header and no records.'],
  ])('may hold no records: %s', async (_, text, warning) => {
    const { result } = await taken(csv(), text);
    expect(result).toMatchObject({ records: 0, chunks: [], warnings: [warning], sha256: sha256(text) });
  });

  it('of JSON may hold no records', async () => {
    for (const [format, text] of [
      [jsonl(), ''],
      [jsonl(), ' \n\n'],
      [json(), ''],
      [json(), '[]'],
      [json(), ' [ \n] '],
    ] as const) {
      expect((await taken(format, text)).result).toMatchObject({ records: 0, chunks: [] });
    }
  });

  it('may have any line ends, quoted ones too, and a last record without', async () => {
    const text = 'a,b\r\n1,"x\r\ny"\n2,"p\nq"\r3,z';
    const { files, result } = await taken(csv(), text);
    expect(result.records).toBe(3);
    expect(await rowsOf(csv(), files, result)).toEqual([ok('1', 'x\r\ny'), ok('2', 'p\nq'), ok('3', 'z')]);
  });

  it('may have names of any kind, in any order, with more fields than are asked for', async () => {
    const { result } = await taken(csv(), 'Größe,Order ID,名前\n1,2,3\n');
    const columns = [{ name: 'order_id', optional: false, from: 'Order ID' }];
    expect(bindFields(columns, result.header)).toMatchObject({ positions: [1], extra: ['Größe', '名前'] });
  });
});

describe('chunks', () => {
  const text = `a,b\n${Array.from({ length: 50 }, (_, i) => `${i},"x\n""${'y'.repeat(i % 11)}\r\n"\n`).join('')}`;

  it('end with a record, never inside quotes, and cover all records once', async () => {
    for (const chunkBytes of [1, 7, 64, 200, 100_000]) {
      const { files, result } = await taken(csv(), text, { limits: { chunkBytes } });
      expect(result.records).toBe(50);
      expect(result.chunks.length).toBeGreaterThan(chunkBytes > text.length ? 0 : 1);
      const rows = await rowsOf(csv(), files, result);
      expect(rows).toEqual(Array.from({ length: 50 }, (_, i) => ok(`${i}`, `x\n"${'y'.repeat(i % 11)}\r\n`)));
    }
  });

  it('are the same whatever blocks the store gives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 300 }),
        fc.integer({ min: 1, max: 300 }),
        async (chunkBytes, blockBytes) => {
          const whole = await take(csv(), text, { limits: { chunkBytes } });
          const blocks = await take(csv(), text, { limits: { chunkBytes }, blockBytes });
          expect(blocks.result).toEqual(whole.result);
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('of JSON are cut between records too', async () => {
    const records = Array.from({ length: 40 }, (_, i) => ({ a: `],[{"${i}`, b: [i, { c: '\n' }] }));
    const rows = records.map(({ a, b }) => ok(`s${a}`, `a${JSON.stringify(b, null, 1)}`));
    const pretty = `[\n${records.map((r) => `{"a":${JSON.stringify(r.a)},"b":${JSON.stringify(r.b, null, 1)}}`).join(' ,\n')}\n]\n`;
    const lines = `\n${records.map((r) => JSON.stringify(r)).join('\r\n\n')}`;
    for (const chunkBytes of [1, 50, 100_000]) {
      const array = await taken(json(), pretty, { limits: { chunkBytes } });
      expect(await rowsOf(json(), array.files, array.result, defaultLimits, ['a', 'b'])).toEqual(rows);
      const line = await taken(jsonl(), lines, { limits: { chunkBytes } });
      expect(line.result.records).toBe(40);
      expect(await rowsOf(jsonl(), line.files, line.result, defaultLimits, ['a'])).toEqual(
        records.map(({ a }) => ok(`s${a}`)),
      );
    }
  });

  it('are read from the version that was taken in, and whole', async () => {
    const { files, result } = await taken(csv(), 'a\n1\n2\n');
    const chunk = result.chunks[0]!;
    expect(Buffer.from(await readChunk(files, result.decoded, chunk)).toString()).toBe('1\n2\n');
    files.contents.set('/in/object', bytesOf('a\n3\n4\n'));
    await expect(readChunk(files, result.decoded, chunk)).rejects.toThrow(
      expect.objectContaining({ name: 'ObjectChangedError' }),
    );
    const short = {
      ...files,
      read: async function* () {
        yield bytesOf('1');
      },
    };
    const long = {
      ...files,
      read: async function* () {
        yield bytesOf('1\n2\n3');
      },
    };
    const flipped = {
      ...files,
      read: async function* () {
        yield bytesOf('1\n');
        yield bytesOf('3\n');
      },
    };
    await expect(readChunk(flipped, result.decoded, chunk)).rejects.toThrow('not those that were counted');
    // Without the checksum nobody would know.
    const { crc32: _, ...unchecked } = chunk;
    expect(Buffer.from(await readChunk(flipped, result.decoded, unchecked)).toString()).toBe('1\n3\n');
    for (const other of [short, long]) {
      await expect(readChunk(other, result.decoded, chunk)).rejects.toThrow(
        expect.objectContaining({ name: 'TransientError' }),
      );
    }
  });
});

describe('a bad record', () => {
  it('stays one record: ragged, not UTF-8, too long, U+0000', async () => {
    const lines = ['a,b\n1,2\n3\n4,5,6\n7,', [0xff], '\n8,x\0\n9,', 'y'.repeat(50), '\n10,11\n'] as const;
    const object = Buffer.concat(lines.map((part) => Buffer.from(part as string)));
    const limits = { ...defaultLimits, recordBytes: 20 };
    const { files, result } = await taken(csv(), object, { limits });
    expect(await rowsOf(csv(), files, result, limits)).toEqual([
      ok('1', '2'),
      fault('malformed'),
      fault('malformed'),
      fault('encoding'),
      fault('encoding'),
      fault('too_long'),
      ok('10', '11'),
    ]);
  });

  it('stays one record in JSON: malformed, NaN, 100,000 levels', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    const lines = ['{"a":1}', '{"a":', '{"a":NaN}', `{"a":${deep}}`, '{"a":2}'];
    const rows = [ok('n1'), fault('malformed'), fault('malformed'), fault('too_deep'), ok('n2')];
    const { files, result } = await taken(jsonl(), lines.join('\n'));
    expect(await rowsOf(jsonl(), files, result, defaultLimits, ['a'])).toEqual(rows);
    const array = await taken(json(), `[${lines.toSpliced(1, 1, 'nope').join(',')}]`);
    expect(await rowsOf(json(), array.files, array.result, defaultLimits, ['a'])).toEqual(rows);
  });
});

describe('an object that cannot be trusted', () => {
  const utf16 = (text: string) => Buffer.from(text, 'utf16le');
  it.each([
    [
      'a UTF-16 byte order mark',
      csv({ encoding: 'utf-8' }),
      utf16('\ufeffa,b\n1,2\n'),
      'object.encoding',
      /byte order mark of UTF-16/,
    ],
    [
      'one of big-endian UTF-16',
      csv({ encoding: 'utf-16le' }),
      utf16('\ufeffa,b\n').swap16(),
      'object.encoding',
      /UTF-16/,
    ],
    ['one of UTF-32', csv(), Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), 'object.encoding', /UTF-32/],
    ['one of big-endian UTF-32', csv(), Buffer.from([0, 0, 0xfe, 0xff]), 'object.encoding', /UTF-32/],
    ['UTF-16 without a mark', csv(), utf16('a,b\n1,2\n'), 'object.encoding', /zero in every few bytes/],
    ['UTF-16 JSON', jsonl(), utf16('{"a":1}\n'), 'object.encoding', /zero in every few bytes/],
    [
      'a header that is not UTF-8',
      csv(),
      Buffer.from('Gr\u00f6\u00dfe,b\n1,2\n', 'latin1'),
      'object.encoding',
      /not valid UTF-8/,
    ],
    [
      'a zip archive that is cut off',
      csv(),
      Buffer.from('PK\u0003\u0004 and so on'),
      'object.truncated',
      /zip archive/,
    ],
    [
      'an empty zip archive',
      csv(),
      Buffer.from('PK\u0005\u0006 and so on'),
      'object.unreadable',
      /zip archive/,
    ],
    ['a quote that never closes', csv(), Buffer.from('a\n"2\n3\n'), 'object.format', /Record 1 .* byte 2 /],
    [
      'such a quote after a mark',
      csv(),
      Buffer.from('\ufeffa\n"2\n3\n'),
      'object.format',
      /Record 1 .* byte 5 /,
    ],
    ['an array for lines', jsonl(), Buffer.from('[{"a":1}]'), 'object.format', /format\.json\(\)/],
    ['lines for an array', json(), Buffer.from('{"a":1}\n'), 'object.format', /format\.jsonl\(\)/],
    ['an array without an end', json(), Buffer.from('[{"a":1},{"a":2}'), 'object.truncated', /does not end/],
    ['an opening bracket alone', json(), Buffer.from('['), 'object.truncated', /does not end/],
    ['more after an array', json(), Buffer.from('[{"a":1}]{"a":2}'), 'object.format', /more follows/],
  ])(
    'is answered with its reason and the hash of all its bytes: %s',
    async (_, format, object, code, message) => {
      for (const blockBytes of [1, 5, 1e6]) {
        const { files, result } = await rejected(format, object, { blockBytes });
        expect(result).toMatchObject({ bytes: object.length, version: 'v1', sha256: sha256(object) });
        expect(result.rejected).toMatchObject({ name: 'ObjectRejectedError', code });
        expect(result.rejected.message).toMatch(message);
        expect([...files.contents.keys()]).toEqual(['/in/object']);
      }
    },
  );

  it('has a record without an end in sight: it is not kept in memory, nor read as one chunk', async () => {
    const limits = { recordBytes: 1000, chunkBytes: 1000 };
    const endless = `a\n1\n"${'x'.repeat(10_000)}`;
    const { result } = await rejected(csv(), endless, { limits, blockBytes: 100 });
    expect(result.rejected.code).toBe('object.format');
    expect(result.rejected.message).toMatch(/After 1 records, no record ends for 2000 bytes/);
    expect(result.sha256).toBe(sha256(endless));
  });

  it('is too large: it is refused by its size, and hashed no further than the limit', async () => {
    const { result } = await rejected(csv(), 'a\n123456789\n', { limits: { objectBytes: 5 }, blockBytes: 2 });
    expect(result.rejected.code).toBe('object.too_large');
    expect(result.rejected.message).toContain('The object has 12 bytes; the limit (objectBytes) is 5');
    expect(result).toMatchObject({ bytes: 12, sha256: sha256('a\n123') });
  });

  it.each([
    ['a missing field', 'a,x\n1,2\n', /no field "b"/],
    ['a repeated field', 'a,b,b\n1,2,3\n', /"b" 2 times/],
    ['another delimiter', 'a;b\n1;2\n', /contains ";"/],
  ])('has a header that does not fit: %s', async (_, text, message) => {
    const { result } = await taken(csv(), text);
    const columns = ['a', 'b'].map((name) => ({ name, optional: false, from: name }));
    expect(() => bindFields(columns, result.header)).toThrow(message);
  });
});

describe('an object that takes too long', () => {
  const text = `a\n${'1\n'.repeat(400_000)}`;
  const waitingOf = (seconds: number) => {
    let asked = 0;
    return () => 1000 * seconds * asked++;
  };

  it.each([
    ['received slowly', bytesOf(text), 16],
    ['decompressed slowly, from one block', gzipSync(text), 1e6],
  ])('ends the stage, and is not judged: %s', async (_, object, blockBytes) => {
    const files = memoryFiles({ x: object }, blockBytes);
    const late = intake(files, { uri: 'x' }, csv(), { ...options, now: waitingOf(300) });
    await expect(late).rejects.toMatchObject({
      name: 'LimitExceededError',
      message: expect.stringMatching(/^x is read for longer than 840 seconds \(the limit stageSeconds/),
    });
    expect(files.contents.has(DECODED)).toBe(false);
    const inTime = await intake(files, { uri: 'x' }, csv(), { ...options, now: waitingOf(0.001) });
    expect(inTime).toMatchObject({ records: 400_000 });
  });

  it('is not read on for its hash either, once it was rejected', async () => {
    const files = memoryFiles({ x: bytesOf(`a,"b\n${text}`) }, 16);
    const limits = { ...defaultLimits, headerBytes: 100 };
    const late = intake(files, { uri: 'x' }, csv(), { ...options, limits, now: waitingOf(60) });
    await expect(late).rejects.toMatchObject({ name: 'LimitExceededError' });
  });
});
