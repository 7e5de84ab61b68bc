/** Input that is larger than anyone meant: fields, columns, headers, files (rows 21, 28 and 32 of the faults). */

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../core/limits.ts';
import { format, z } from '../../../core/vocabulary.ts';
import { runObject } from '../../../runtime/local/run.ts';
import type { Sandbox } from '../../support/sandbox.ts';
import { replacing } from '../../support/pipeline.ts';
import { notes, openBeside } from './beside.ts';

const beside = openBeside();
const MB = 1024 * 1024;

describe('a field of 10 MB', () => {
  const long = 'x'.repeat(10 * MB);
  const text = (fields: readonly string[]) => fields.map((field) => field.length);

  test('is loaded whole, and the engine alone fails the file for it', async () => {
    const content = `id,text\n1,a\n2,${long}\n3,c\n`;
    const came = await beside.came(await beside.run(notes('csv'), 'x.csv', content));
    expect(Object.values(came.rows!).map((row) => text(row as string[]).at(-1))).toEqual([1, 10 * MB, 1]);
    const path = await beside.alone.put('x.csv', content);
    expect(await beside.alone.ask(`SELECT id FROM read_csv('${path}')`)).toContain('Error');
  });

  test('is quarantined whole, with its neighbours loaded; the engine keeps 10,000 characters', async () => {
    const content = `id,text\n1,a\nno,${long}\n3,c\n`;
    const came = await beside.came(await beside.run(notes('csv'), 'x.csv', content));
    expect(Object.keys(came.rows!)).toEqual(['1', '3']);
    expect(came.rejects).toEqual({ 2: 'id:decode' });
    expect(came.quarantined[0]!.raw.length).toBe(10 * MB + 3);
    expect(came.quarantined[0]!.text.length).toBe(10_001);
  });

  test('of JSON too, and of quotes, which are doubled on their way', async () => {
    const quotes = '\\"'.repeat(5 * MB);
    const lines = [`{"id":1,"text":"${quotes}"}`, `{"id":"no","text":"${quotes}"}`, '{"id":3,"text":"c"}'];
    const came = await beside.came(await beside.run(notes('jsonl'), 'x.jsonl', lines.join('\n')));
    expect((came.rows![1]![1] as string).length).toBe(5 * MB);
    expect(came.rejects).toEqual({ 2: 'id:invalid_type' });
    expect(came.quarantined[0]!.raw.length).toBe(lines[1]!.length);
  });

  test('past the limit is a record that is too long, kept whole', async () => {
    const content = `id,text\n1,a\n2,${'x'.repeat(17 * MB)}\n3,c\n`;
    const came = await beside.came(await beside.run(notes('csv'), 'x.csv', content));
    expect(Object.keys(came.rows!)).toEqual(['1', '3']);
    expect(came.rejects).toEqual({ 2: 'too_long' });
    expect(came.quarantined[0]!.raw.length).toBe(17 * MB + 2);
  });
});

describe('columns', () => {
  const wide = (columns: number) => Array.from({ length: columns }, (_, i) => `c${i}`);
  const pipeline = replacing({ row: z.object({ c0: z.int(), c9998: z.string() }), format: format.csv() });

  test('as many as the limit are read; the two that are asked for are loaded', async () => {
    const content = `${wide(10_000).join()}\n${wide(10_000).map((_, i) => i).join()}\n`; // prettier-ignore
    const came = await beside.came(await beside.run(pipeline, 'x.csv', content));
    expect(came.rows).toEqual({ 1: [0, '9998'] });
  });

  test('100,000 reject the object, which is kept whole', async () => {
    const content = `${wide(100_000).join()}\n${'1,'.repeat(99_999)}1\n`;
    const run = await beside.run(pipeline, 'x.csv', content);
    expect(run).toMatchObject({ status: 'rejected' });
    expect(run.error?.message).toContain('The header has 100000 fields; the limit (fields) is 10000.');
    expect(await beside.box.world.files.stat(run.quarantine!)).toMatchObject({ size: content.length });
  });

  test('in a JSON record are the fault of that record alone', async () => {
    const keys = wide(100_000).map((name) => `"${name}":1`).join(); // prettier-ignore
    const content = `{"id":1,"text":"a"}\n{${keys}}\n{"id":3,"text":"c"}\n`;
    const came = await beside.came(await beside.run(notes('jsonl'), 'x.jsonl', content));
    expect(Object.keys(came.rows!)).toEqual(['1', '3']);
    expect(came.rejects).toEqual({ 2: 'malformed' });
  });
});

test('a header of a million characters is a header, one past the limit is none', async () => {
  const named = (characters: number) => `id,text,"${'n'.repeat(characters)}"\n1,a,b\n`;
  const came = await beside.came(await beside.run(notes('csv'), 'x.csv', named(1_000_000)));
  expect(came.rows).toEqual({ 1: [1, 'a'] });
  const run = await beside.run(notes('csv'), 'x.csv', named(MB));
  expect(run.error?.message).toMatch(/^object\.header: .*1048576 bytes \(the limit headerBytes\)/);
});

test('one bad line among a million is found, and the others are loaded', async () => {
  const bad = 654_321;
  const before = Buffer.from('{"id":1234567,"text":"abc"}\n'.repeat(bad - 1));
  const after = Buffer.from('{"id":1234567,"text":"abc"}\n'.repeat(1_000_000 - bad));
  const content = Buffer.concat([before, Buffer.from('{"id":1234567,"text":"abc\n'), after]);
  const run = await beside.run(notes('jsonl'), 'x.jsonl', content);
  expect(run.records).toMatchObject({ read: 1_000_000, loaded: 999_999, quarantined: 1 });
  const [rejected] = await beside.box.quarantine();
  expect(rejected).toMatchObject({
    record: bad,
    byte_offset: before.length,
    text: '{"id":1234567,"text":"abc',
  });
  const path = await beside.alone.put('x.jsonl', content);
  const typed = `columns={id: 'INT', text: 'VARCHAR'}`;
  expect(await beside.alone.value(`SELECT count(*) FROM read_json('${path}', ${typed})`)).toContain(
    'Malformed JSON',
  );
  // Its row is there and says nothing: neither missed nor told apart from a record of nulls.
  expect(
    await beside.alone.ask(
      `SELECT count(*), count(id), count(text) FROM read_json('${path}', ${typed}, ignore_errors=true)`,
    ),
  ).toEqual([[1_000_000, 999_999, 999_999]]);
});

describe('a limit of the run', () => {
  const content = `id,text\n1,${'x'.repeat(5 * MB)}\n`;
  const refused = async (world: Sandbox['world']) => {
    const uri = join(beside.box.folder, 'in', 'limit.csv');
    await mkdir(dirname(uri), { recursive: true });
    await writeFile(uri, content);
    const run = await runObject(world, notes('csv'), { uri, retryDelays: 0 });
    expect(run).toMatchObject({ status: 'failed', records: { loaded: 0 }, tables: [], quarantine: null });
    expect(await beside.box.table('t')).toBeNull();
    return run.error!;
  };

  test.each([
    [
      'time',
      { limits: { ...defaultLimits, stageSeconds: 0 } },
      /^LimitExceededError: .*longer than 0 seconds \(the limit stageSeconds/,
    ],
    [
      'memory',
      { engine: { memoryMb: 16, threads: 1 } },
      /^LimitExceededError: .*more than its 16 MB of memory \(memoryMb/,
    ],
  ])('%s fails it by name, with nothing visible and nothing in quarantine', async (_, less, says) => {
    await rm(beside.box.world.layout.root, { recursive: true, force: true });
    const error = await refused({ ...beside.box.world, ...less });
    expect(`${error.name}: ${error.message}`).toMatch(says);
  });

  test('is none for the same file where there is enough', async () => {
    expect(await beside.run(notes('csv'), 'limit.csv', content)).toMatchObject({ status: 'published' });
  });
});
