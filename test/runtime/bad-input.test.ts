/** Files that nobody would want, through the whole way: each ends as it should, and its neighbours are untouched. */

import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunRecord } from '../../runtime/result.ts';
import { good, goodJson, header, people } from '../support/people.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox();
});
afterAll(() => box.close());

let n = 0;
const csv = (content: string | Uint8Array, name = `f${n++}.csv`) => box.run(people('csv'), name, content);
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

/** What the run put into the table and into quarantine: record numbers, with the codes. */
async function outcome(run: RunRecord) {
  const rows = (await box.table('people', 'id')) ?? [];
  const quarantined = (await box.quarantine()).filter((record) => record.run === run.run);
  return {
    rows,
    quarantined,
    codes: quarantined.map((r) => [r.record, r.reasons.map((reason) => reason.code).join()]),
  };
}

const books = (run: RunRecord) => {
  const { read, loaded, quarantined, filtered, deduplicated, held } = run.records;
  expect(read).toBe(loaded + quarantined + filtered + deduplicated + held);
  return [read, loaded, quarantined];
};

describe('objects without rows', () => {
  test.each([
    ['zero bytes', ''],
    ['a header only', header],
    ['a header without a line end', header.trim()],
    ['only a line end', '\n'],
  ])('%s: a run of zero records, published with a warning', async (_, content) => {
    const run = await csv(content);
    expect(run.status).toBe('published');
    expect(books(run)).toEqual([0, 0, 0]);
    expect(run.warnings).toHaveLength(1);
  });
});

describe('headers', () => {
  test('a missing column rejects the object, with what was found and expected', async () => {
    const run = await csv('id,name,born\n1,Ann,2001-01-01\n');
    expect(run).toMatchObject({ status: 'rejected', records: { read: null, loaded: 0 } });
    expect(run.error?.message).toMatch(/object\.header.*"amount".*id.*name.*born/s);
    expect(run.quarantine).toMatch(/quarantine\/objects\/people\//);
  });

  test('a repeated column that is needed rejects the object', async () => {
    const run = await csv('id,name,amount,born,name\n1,Ann,1.00,2001-01-01,Bob\n');
    expect(run.status).toBe('rejected');
    expect(run.error?.message).toContain('name');
  });

  test('an extra column is ignored, and said to be', async () => {
    const run = await csv('id,name,amount,born,shoe\n101,Ann,1.00,2001-01-01,42\n');
    expect(books(run)).toEqual([1, 1, 0]);
    expect(run.warnings.join()).toContain('shoe');
  });

  test('reordered columns are bound by name', async () => {
    const run = await csv('born,amount,name,id\n2001-01-01,7.00,Ann,102\n');
    expect(books(run)).toEqual([1, 1, 0]);
    const { rows } = await outcome(run);
    expect(rows.find((row) => row['id'] === 102)).toMatchObject({ name: 'Ann' });
  });

  test('names with spaces, unicode and SQL are names', async () => {
    const run = await csv(
      `id,name,amount,born,"'; DROP TABLE rows; --","naïve 👍",a b\n103,Ann,1.00,2001-01-01,1,2,3\n`,
    );
    expect(books(run)).toEqual([1, 1, 0]);
  });

  test('another delimiter is a rejected header, not a single column', async () => {
    const run = await csv(header.replaceAll(',', ';') + good(1).replaceAll(',', ';'));
    expect(run.status).toBe('rejected');
    expect(run.error?.message).toContain(';');
  });
});

describe('records', () => {
  test('ragged rows are quarantined whole, their neighbours load', async () => {
    const run = await csv(
      `${header}${good(201)}202,Bob\n${good(203)}204,Eve,1.00,2001-01-01,more,more\n${good(205)}`,
    );
    expect(books(run)).toEqual([5, 3, 2]);
    const { quarantined, rows, codes } = await outcome(run);
    expect(codes).toEqual([
      [2, 'malformed'],
      [4, 'malformed'],
    ]);
    expect(quarantined.map((r) => r.raw.toString())).toEqual([
      '202,Bob',
      '204,Eve,1.00,2001-01-01,more,more',
    ]);
    expect(rows.filter((r) => [201, 203, 205].includes(r['id'] as number)).map((r) => r['_record'])).toEqual([
      1, 3, 5,
    ]);
  });

  test('quoted line ends belong to the value', async () => {
    const run = await csv(`${header}211,"An\nn, ""the\r\n1st""",1.00,2001-01-01\n${good(212)}`);
    expect(books(run)).toEqual([2, 2, 0]);
    const { rows } = await outcome(run);
    expect(rows.find((row) => row['id'] === 211)).toMatchObject({ name: 'An\nn, "the\r\n1st"' });
  });

  test.each([
    ['CRLF', 220, '\r\n'],
    ['CR', 230, '\r'],
  ])('%s line ends', async (_, id, end) => {
    const run = await csv((header + good(id) + good(id + 1)).replaceAll('\n', end));
    expect(books(run)).toEqual([2, 2, 0]);
  });

  test('mixed line ends in one file', async () => {
    const run = await csv(`${header.trim()}\r\n${good(240)}${good(241).trim()}\r\n${good(242)}`);
    expect(books(run)).toEqual([3, 3, 0]);
  });

  test('a byte order mark is not part of the first name', async () => {
    const run = await csv(bytes([0xef, 0xbb, 0xbf], header, good(250)));
    expect(books(run)).toEqual([1, 1, 0]);
  });

  test('invalid UTF-8 in one field quarantines that record with its bytes', async () => {
    const raw = bytes('261,An', [0xff], 'n,1.00,2001-01-01');
    const run = await csv(bytes(header, good(260), [...raw], '\n', good(262)));
    expect(books(run)).toEqual([3, 2, 1]);
    const { quarantined, codes } = await outcome(run);
    expect(codes).toEqual([[2, 'encoding']]);
    expect(quarantined[0]!.raw.equals(raw)).toBe(true);
    expect(quarantined[0]!.byte_offset).toBe(header.length + good(260).length);
  });

  test('SQL in a value is a value', async () => {
    const run = await csv(`${header}270,'); DROP TABLE rows; --,1.00,2001-01-01\n`);
    expect(books(run)).toEqual([1, 1, 0]);
    const { rows } = await outcome(run);
    expect(rows.find((row) => row['id'] === 270)).toMatchObject({ name: `'); DROP TABLE rows; --` });
  });

  test('every reason of a record is kept, with what was received', async () => {
    const run = await csv(`${header}1.9,,1.005,2001-02-30\n`);
    const { quarantined } = await outcome(run);
    expect(quarantined[0]!.reasons.map(({ column, code, value }) => [column, code, value])).toEqual([
      ['id', 'decode', '1.9'],
      ['name', 'too_small', ''],
      ['amount', 'decode', '1.005'],
      ['born', 'decode', '2001-02-30'],
    ]);
    expect(quarantined[0]).toMatchObject({ record: 1, text: '1.9,,1.005,2001-02-30' });
  });

  test('an unclosed quote rejects the object: it could swallow good records', async () => {
    const run = await csv(`${header}${good(1)}2,"Bob,1.00,2001-01-01\n${good(3)}`);
    expect(run).toMatchObject({ status: 'rejected', records: { read: null, loaded: 0, quarantined: 0 } });
  });
});

describe('gzip', () => {
  const rows = Array.from({ length: 2000 }, (_, i) => good(300_000 + i)).join('');

  test('a whole one is read', async () => {
    expect(books(await csv(gzipSync(header + rows), 'whole.csv.gz'))).toEqual([2000, 2000, 0]);
  });

  test.each([
    ['cut in half', (gz: Buffer) => gz.subarray(0, gz.length / 2)],
    [
      'one bit flipped',
      (gz: Buffer) => Buffer.from(gz.map((byte, i) => (i === gz.length >> 1 ? byte ^ 4 : byte))),
    ],
    ['garbage behind it', (gz: Buffer) => Buffer.concat([gz, Buffer.from('garbage')])],
    ['zeros behind it', (gz: Buffer) => Buffer.concat([gz, Buffer.alloc(64)])],
  ])('%s: rejected whole, kept whole', async (what, damage) => {
    const damaged = damage(gzipSync(`${header}${what}${rows}`));
    const run = await csv(damaged, `${what}.csv.gz`);
    expect(run).toMatchObject({ status: 'rejected', records: { read: null, loaded: 0 } });
    const aside = await Array.fromAsync(box.world.files.read(run.quarantine!));
    expect(Buffer.concat(aside).equals(damaged)).toBe(true);
    const reason = JSON.parse(
      Buffer.concat(await Array.fromAsync(box.world.files.read(`${run.quarantine}.reason.json`))).toString(),
    );
    expect(reason).toMatchObject({
      code: expect.stringMatching(/^object\./),
      sha256: run.objects[0]!.sha256,
    });
  });
});

describe('JSON', () => {
  const jsonl = (content: string | Uint8Array) => box.run(people('jsonl'), `f${n++}.jsonl`, content);
  const json = (content: string) => box.run(people('json'), `f${n++}.json`, content);

  test('a malformed line in the middle is one record', async () => {
    const run = await jsonl(`${goodJson(401)}\n{"id":402,"name":\n${goodJson(403)}\n`);
    expect(books(run)).toEqual([3, 2, 1]);
    expect((await outcome(run)).codes).toEqual([[2, 'malformed']]);
  });

  test('NaN is not JSON', async () => {
    const run = await jsonl(`${goodJson(411)}\n{"id":412,"name":"Bob","amount":NaN,"born":null}\n`);
    expect(books(run)).toEqual([2, 1, 1]);
    expect((await outcome(run)).codes).toEqual([[2, 'malformed']]);
  });

  test('100,000 levels of nesting are one rejected record, and the process lives', async () => {
    const deep = `{"id":421,"name":${'['.repeat(100_000)}${']'.repeat(100_000)},"amount":1,"born":null}`;
    const run = await jsonl(`${goodJson(420)}\n${deep}\n${goodJson(422)}\n`);
    expect(books(run)).toEqual([3, 2, 1]);
    expect((await outcome(run)).codes).toEqual([[2, 'too_deep']]);
  });

  test('types, nulls and missing fields are told apart as zod does', async () => {
    const run = await json(
      `[${goodJson(431)},
        {"id": "432", "name": 7, "amount": null, "born": null},
        {"id": 433, "name": "Ann"},
        [], 7, null]`,
    );
    expect(books(run)).toEqual([6, 1, 5]);
    const { quarantined, codes } = await outcome(run);
    expect(codes).toEqual([
      [2, 'invalid_type,invalid_type'],
      [3, 'invalid_type,invalid_type'],
      [4, 'malformed'],
      [5, 'malformed'],
      [6, 'malformed'],
    ]);
    expect(quarantined[0]!.reasons.map((r) => [r.column, r.message])).toEqual([
      ['id', 'expected a whole number, found a text'],
      ['name', 'expected a text, found a number'],
    ]);
  });

  test('numbers keep all their digits', async () => {
    const run = await jsonl('{"id":441,"name":"Ann","amount":9999999999.99,"born":null}\n');
    expect(books(run)).toEqual([1, 1, 0]);
  });

  test('an array that never ends is rejected whole', async () => {
    const run = await json(`[${goodJson(1)},${goodJson(2)}`);
    expect(run).toMatchObject({ status: 'rejected', records: { read: null } });
    expect(run.error?.message).toContain('object.truncated');
  });

  test('an array given as lines is named', async () => {
    const run = await jsonl(`[\n${goodJson(1)},\n${goodJson(2)}\n]\n`);
    expect(run.status).toBe('rejected');
    expect(run.error?.message).toContain('format.json()');
  });
});

describe('file names', () => {
  test.each(['with space.csv', 'ünï👍.csv', "quote'.csv", '100%.csv', '..csv', '[1]*.csv', 'a+b%2F.csv'])(
    '%s',
    async (name) => {
      const id = 500 + n++;
      const run = await csv(`${header}${good(id)}${id},x,y,z\n`, name);
      expect(books(run)).toEqual([2, 1, 1]);
      const rejected = await csv(`${id}`, name);
      expect(rejected.status).toBe('rejected');
      expect(await box.world.files.stat(rejected.quarantine!)).toBeDefined();
    },
  );
});
