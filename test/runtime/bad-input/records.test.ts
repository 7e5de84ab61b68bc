/** What is kept of input that is not loaded: every reason, every byte, and where it stood. */

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { good, goodJson, header, people } from '../../support/people.ts';
import { openBeside } from './beside.ts';

const beside = openBeside();
const read = async (uri: string) => Buffer.concat(await Array.fromAsync(beside.box.world.files.read(uri)));

describe('an object without records', () => {
  test.each([
    ['zero bytes', ''],
    ['a header only', header],
    ['a header without a line end', header.trim()],
    ['only a line end', '\n'],
  ])('%s: a run of zero records, published with a warning', async (_, content) => {
    const run = await beside.run(people('csv'), 'x.csv', content);
    expect(run).toMatchObject({ status: 'published', records: { read: 0, loaded: 0 } });
    expect(run.warnings).toHaveLength(1);
    const path = await beside.alone.put('x.csv', content);
    expect(await beside.alone.ask(`FROM read_csv('${path}')`)).toEqual([]);
  });
});

describe('a rejected object', () => {
  test('is kept whole, with its reason beside it', async () => {
    const damaged = gzipSync(header + good(1)).subarray(0, -9);
    const run = await beside.run(people('csv'), 'x.csv.gz', damaged);
    expect(run).toMatchObject({ status: 'rejected', records: { read: null, loaded: 0 }, tables: [] });
    expect(run.quarantine).toMatch(/quarantine\/objects\/people\//);
    expect((await read(run.quarantine!)).equals(damaged)).toBe(true);
    expect(JSON.parse(String(await read(`${run.quarantine}.reason.json`)))).toMatchObject({
      code: 'object.truncated',
      sha256: run.objects[0]!.sha256,
      run: run.run,
    });
  });

  test('for its header says what was found and what was expected', async () => {
    const run = await beside.run(people('csv'), 'x.csv', 'id,name,born\n1,Ann,2001-01-01\n');
    expect(run.error?.message).toMatch(/object\.header.*"amount".*"id", "name", "born"/s);
  });
});

describe('a rejected record', () => {
  test('has every reason, with what was received', async () => {
    await beside.run(people('csv'), 'x.csv', `${header}1.9,,1.005,2001-02-30\n`);
    const [rejected] = await beside.box.quarantine();
    expect(rejected!.reasons.map(({ column, code, value }) => [column, code, value])).toEqual([
      ['id', 'decode', '1.9'],
      ['name', 'too_small', ''],
      ['amount', 'decode', '1.005'],
      ['born', 'decode', '2001-02-30'],
    ]);
    expect(rejected).toMatchObject({ record: 1, text: '1.9,,1.005,2001-02-30' });
  });

  test('has its bytes and where they stood, whatever they are', async () => {
    const raw = Buffer.concat([Buffer.from('2,An'), Buffer.of(0xff, 0), Buffer.from('n,1.00,2001-01-01')]);
    const content = Buffer.concat([Buffer.from(header + good(1)), raw, Buffer.from(`\r\n${good(3)}4,Bob\n`)]);
    const run = await beside.run(people('csv'), 'x.csv', content);
    expect(run.records).toMatchObject({ read: 4, loaded: 2, quarantined: 2 });
    const [bytes, ragged] = await beside.box.quarantine();
    expect(bytes).toMatchObject({ record: 2, byte_offset: (header + good(1)).length });
    expect(bytes!.raw.equals(raw)).toBe(true);
    expect(ragged).toMatchObject({ record: 4, text: '4,Bob' });
    const rows = (await beside.box.table('people', 'id'))!;
    expect(rows.map(({ id, name, _record }) => [id, name, _record])).toEqual([
      [1, 'Ann 1', 1],
      [3, 'Ann 3', 3],
    ]);
  });

  test('of JSON says which types met', async () => {
    const content = `[${goodJson(1)},\n {"id": "2", "name": 7, "amount": null, "born": null}, {"id": 3, "name": "Ann"}]`;
    await beside.run(people('json'), 'x.json', content);
    const [types, missing] = await beside.box.quarantine();
    expect(types!.reasons.map((r) => [r.column, r.message])).toEqual([
      ['id', 'expected a whole number, found a text'],
      ['name', 'expected a text, found a number'],
    ]);
    expect(missing!.reasons.map((r) => [r.column, r.code])).toEqual([
      ['amount', 'invalid_type'],
      ['born', 'invalid_type'],
    ]);
  });
});

test('quoted line ends belong to the value', async () => {
  const content = `${header}1,"An\nn, ""the\r\n1st""",1.00,2001-01-01\n${good(2)}`;
  const run = await beside.run(people('csv'), 'x.csv', content);
  expect(run.records).toMatchObject({ read: 2, loaded: 2 });
  expect((await beside.box.table('people', 'id'))![0]).toMatchObject({ name: 'An\nn, "the\r\n1st"' });
});
