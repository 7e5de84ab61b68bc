/** JSON that is none, or more than it seems (rows 9 and 30 to 32 of the faults). */

import { beforeAll, describe, expect, test } from 'vitest';
import { decimal, format, z } from '../../../core/vocabulary.ts';
import { replacing } from '../../support/pipeline.ts';
import { notes, openBeside, wanted, type Came, type Case } from './beside.ts';

const beside = openBeside();
const good = '{"id":1,"text":"a"}';
const last = '{"id":9,"text":"z"}';
const rows = { 1: [1, 'a'], 3: [9, 'z'] };
/** A bad line, the reason it is rejected for, and what DuckDB alone makes of it between two good ones. */
const bad = (
  what: string,
  line: string,
  code: string,
  makes: unknown,
  alone = `FROM read_json('$file')`,
) => ({
  what,
  line,
  code,
  makes,
  alone,
});
const typed = (type: string): string =>
  `SELECT id, text::VARCHAR FROM read_json('$file', format='newline_delimited', columns={id: 'INT', text: '${type}'})`;

const lines = [
  bad('NaN', '{"id":2,"text":"x","n":NaN}', 'malformed', [[1,null],[2,"nan"],[9,null]], `SELECT id, n::VARCHAR FROM read_json('$file')`),
  bad('Infinity', '{"id":2,"text":Infinity}', 'malformed', [[1,"\"a\""],[2,"Infinity"],[9,"\"z\""]]),
  bad('a comma at the end', '{"id":2,"text":"x",}', 'malformed', [[1,"a"],[2,"x"],[9,"z"]]),
  bad('a comment', '{"id":2,"text":"x"} // two', 'malformed', 'Malformed JSON'),
  bad('a comment inside', '{"id":2,/* two */"text":"x"}', 'malformed', 'Malformed JSON'),
  bad('single quotes', `{'id':2,'text':'x'}`, 'malformed', 'Malformed JSON'),
  bad('a key without quotes', '{id:2,text:"x"}', 'malformed', 'Malformed JSON'),
  bad('a line that is cut', '{"id":2,"te', 'malformed', 'Malformed JSON'),
  bad('the same, while the engine ignores errors', '{"id":2,"te', 'malformed', [[1,"a"],[null,null],[9,"z"]], `FROM read_json('$file', ignore_errors=true)`),
  bad('two objects', '{"id":2,"text":"x"} {"id":3,"text":"y"}', 'malformed', 'Malformed JSON'),
  bad('a list', '[2,"x"]', 'malformed', [["{\"id\":1,\"text\":\"a\"}"],["[2,\"x\"]"],["{\"id\":9,\"text\":\"z\"}"]]),
  bad('a key twice', '{"id":2,"text":"x","text":"y"}', 'malformed', 'has duplicate key "text"', typed('VARCHAR')),
  bad('a key twice, once as an escape', '{"id":2,"text":"x","te\\u0078t":"y"}', 'malformed', 'has duplicate key "text"', typed('VARCHAR')),
  bad('a key in another case', '{"id":2,"TEXT":"x"}', 'text:invalid_type', [[1,"a",null],[2,null,"x"],[9,"z",null]]),
  bad('a number for a text', '{"id":2,"text":7}', 'text:invalid_type', [[1,"a"],[2,"7"],[9,"z"]], typed('VARCHAR')),
  bad('a text for a number', '{"id":"2","text":"x"}', 'id:invalid_type', [[1,"a"],[2,"x"],[9,"z"]], typed('VARCHAR')),
  bad('a fraction for a whole number', '{"id":1.9,"text":"x"}', 'id:decode', [[1,"a"],[2,"x"],[9,"z"]], typed('VARCHAR')),
  bad('null', '{"id":2,"text":null}', 'text:invalid_type', [[1,"a"],[2,null],[9,"z"]], typed('VARCHAR')),
  bad('nothing', '{"id":2}', 'text:invalid_type', [[1,"a"],[2,null],[9,"z"]], typed('VARCHAR')),
  bad('2^53 + 1', '{"id":9007199254740993,"text":"x"}', 'id:decode', [["1"],["9007199254740993"],["9"]], `SELECT id::VARCHAR FROM read_json('$file')`),
  bad('1e400', '{"id":1e400,"text":"x"}', 'id:decode', [["1.0"],["inf"],["9.0"]], `SELECT id::VARCHAR FROM read_json('$file', columns={id: 'DOUBLE'})`),
  bad('half of a surrogate pair', '{"id":2,"text":"\\ud83d"}', 'encoding', 'Malformed JSON', typed('VARCHAR')),
  bad('a tab inside a text', '{"id":2,"text":"a\tb"}', 'malformed', 'Malformed JSON'),
  bad('1,000 levels', `{"id":2,"text":${'['.repeat(1000)}${']'.repeat(1000)}}`, 'too_deep', [[1, 3], [2, 2000], [9, 3]], `SELECT id, length(text::VARCHAR) FROM read_json('$file', columns={id: 'INT', text: 'JSON'})`),
  bad('a byte order mark in the middle', '\ufeff{"id":2,"text":"x"}', 'malformed', 'Malformed JSON'),
]; // prettier-ignore

const whole: readonly Case[] = [
  { what: 'a byte order mark', kind: 'jsonl', content: `\ufeff${good}\n`, comes: { rows: { 1: [1, 'a'] } }, makes: [[1,"a"]] },
  { what: 'U+0000 in a text, which is a character', kind: 'jsonl', content: '{"id":1,"text":"a\\u0000b"}\n', comes: { rows: { 1: [1, 'a\0b'] } }, makes: [[1,"a\0b"]] },
  { what: '__proto__ as a key', kind: 'jsonl', content: '{"id":1,"__proto__":{"text":"evil"},"text":"a"}\n', comes: { rows: { 1: [1, 'a'] } }, makes: [[1,{"text":"evil"},"a"]] },
  { what: '__proto__ instead of a field', kind: 'jsonl', content: '{"id":1,"__proto__":{"text":"evil"}}\n', comes: { rejects: { 1: 'text:invalid_type' } }, makes: [[1,{"text":"evil"}]] },
  { what: 'blank lines', kind: 'jsonl', content: `\n${good}\n\n \t\r\n${last}\n\n`, comes: { rows: { 1: [1, 'a'], 2: [9, 'z'] }, rejects: {} }, makes: [[1,"a"],[9,"z"]] },
  { what: 'the last line cut', kind: 'jsonl', content: `${good}\n{"id":2,"text":"b`, comes: { rows: { 1: [1, 'a'] }, rejects: { 2: 'malformed' } }, makes: 'Malformed JSON' },
  { what: 'no line end at the end', kind: 'jsonl', content: `${good}\n${last}`, comes: { rows: { 1: [1, 'a'], 2: [9, 'z'] } }, makes: [[1,"a"],[9,"z"]] },
  { what: 'a pretty-printed object instead of lines', kind: 'jsonl', content: JSON.stringify({ id: 1, text: 'a' }, null, 2), comes: { status: 'rejected', code: 'object.format' }, makes: [[1,"a"]] },
  { what: 'an array instead of lines', kind: 'jsonl', content: `[${good},\n${last}]`, comes: { status: 'rejected', code: 'object.format' }, makes: [[1,"a"],[9,"z"]] },
  { what: 'lines instead of an array', kind: 'json', content: `${good}\n${last}\n`, comes: { status: 'rejected', code: 'object.format' }, makes: [[1,"a"],[9,"z"]] },
  { what: 'one object instead of an array', kind: 'json', content: good, comes: { status: 'rejected', code: 'object.format' }, makes: [[1,"a"]] },
  { what: 'a pretty-printed array', kind: 'json', content: JSON.stringify([{ id: 1, text: 'a' }, { id: 9, text: 'z' }], null, 2), comes: { rows: { 1: [1, 'a'], 2: [9, 'z'] } }, makes: [[1,"a"],[9,"z"]] },
  { what: 'an array that is cut', kind: 'json', content: `[${good},${last.slice(0, -3)}`, comes: { status: 'rejected', code: 'object.truncated' }, makes: 'Malformed JSON' },
  { what: 'an array that is cut between elements', kind: 'json', content: `[${good},`, comes: { status: 'rejected', code: 'object.truncated' }, makes: [[1,"a"]] },
  { what: 'more behind an array', kind: 'json', content: `[${good}]\n[${last}]`, comes: { status: 'rejected', code: 'object.format' }, alone: `SELECT count(*) FROM read_json('$file')`, makes: [[2]] },
  { what: 'a comma at the end of an array', kind: 'json', content: `[${good},]`, comes: { rows: { 1: [1, 'a'] }, rejects: { 2: 'malformed' } }, makes: 'Malformed JSON' },
  { what: 'elements that are no objects', kind: 'json', content: `[${good},null,7,"x",[],{"id":NaN},${last}]`, comes: { rows: { 1: [1, 'a'], 7: [9, 'z'] }, rejects: { 2: 'malformed', 3: 'malformed', 4: 'malformed', 5: 'malformed', 6: 'malformed' } }, makes: [["{\"id\":1,\"text\":\"a\"}"],[null],["7"],["\"x\""],["[]"],["{\"id\":NaN}"],["{\"id\":9,\"text\":\"z\"}"]] },
]; // prettier-ignore

describe('a line', () => {
  let came: Came;
  beforeAll(async () => {
    const content = [good, ...lines.map(({ line }) => line), last].join('\n');
    came = await beside.came(await beside.run(notes('jsonl'), 'x.jsonl', content));
  });

  test.each(lines)('with $what is rejected alone', async ({ what, line, code, makes, alone }) => {
    expect(came.rejects![lines.findIndex((one) => one.what === what) + 2]).toBe(code);
    const path = await beside.alone.put('x.jsonl', `${good}\n${line}\n${last}\n`);
    const made = await beside.alone.ask(alone.replaceAll('$file', path));
    expect({ makes: made }).toMatchObject({ makes: wanted({ comes: {}, makes }).makes });
  });

  test('between others leaves them alone', () => {
    expect(came.rows).toEqual({ 1: [1, 'a'], [lines.length + 2]: [9, 'z'] });
  });
});

describe('an object', () => {
  test.each(whole)('with $what', async (one) => {
    expect(await beside.both(one)).toMatchObject(wanted(one));
  });
});

test('100,000 levels are one rejected record; alone they would end the process, and are not tried here', async () => {
  const deep = `{"id":2,"text":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`;
  for (const [kind, content] of [
    ['jsonl', [good, deep, last].join('\n')],
    ['json', `[${[good, deep, last].join(',')}]`],
  ] as const) {
    const pipeline = replacing({ row: z.object({ id: z.int(), text: z.string() }), format: format[kind]() });
    const came = await beside.came(await beside.run(pipeline, `x.${kind}`, content));
    expect(came).toMatchObject({ rows, rejects: { 2: 'too_deep' } });
    expect(came.quarantined[0]!.raw.toString()).toBe(deep);
  }
});

test('numbers keep every digit on their way, where the engine alone goes through a double', async () => {
  const row = z.object({ big: z.bigint(), exact: decimal(38, 19), number: z.number() });
  const content = '{"big":9007199254740993,"exact":1234567890123456789.0123456789012345678,"number":0.1}\n';
  const pipeline = replacing({ row, format: format.jsonl() });
  expect((await beside.run(pipeline, 'x.jsonl', content)).records).toMatchObject({ loaded: 1 });
  const files = (await beside.box.world.tables.snapshot(beside.box.world.layout.table('t')))!.files;
  const parquet = `${beside.box.world.layout.table('t')}/${files[0]!.path}`;
  expect(
    await beside.alone.ask(
      `SELECT big::VARCHAR, exact::VARCHAR, number::VARCHAR FROM read_parquet('${parquet}')`,
    ),
  ).toEqual([['9007199254740993', '1234567890123456789.0123456789012345678', '0.1']]);
  const path = await beside.alone.put('x.jsonl', content);
  expect(await beside.alone.value(`SELECT exact::VARCHAR FROM read_json('${path}')`)).toBe(
    '1.2345678901234568e+18',
  );
});

test('a number is what it is worth, however it is written: for whole numbers, decimals and times of an epoch', async () => {
  const row = z.object({
    whole: z.int().nullable(),
    big: z.bigint().nullable(),
    exact: decimal(20, 3).nullable(),
    at: z.iso.datetime().nullable(),
  });
  const worth: Readonly<Record<string, readonly (string | number)[]>> = {
    '1e2': [100, 100, 100, '1970-01-01T00:01:40.000Z'],
    '100.0e0': [100, 100, 100, '1970-01-01T00:01:40.000Z'],
    '2500e-2': [25, 25, 25, '1970-01-01T00:00:25.000Z'],
    '25.0000000': [25, 25, 25, '1970-01-01T00:00:25.000Z'],
    '90071992547409910e-1': [9007199254740991, 9007199254740991, 9007199254740991, 'decode'],
    '12345678901234567e-3': ['decode', 'decode', Number('12345678901234.567'), 'decode'],
    '1.5e-1': ['decode', 'decode', 0.15, '1970-01-01T00:00:00.150Z'],
    '1.0000000000000000001': ['decode', 'decode', 'decode', 'decode'],
    '1e-400': ['decode', 'decode', 'decode', 'decode'],
    '1e400': ['decode', 'decode', 'decode', 'decode'],
  };
  const pipeline = replacing({ row, format: format.jsonl(), decode: { at: { epoch: 'seconds' } } });
  for (const [at, name] of Object.keys(row.shape).entries()) {
    const others = Object.keys(row.shape).filter((one) => one !== name);
    const line = (value: string) => `{"${name}":${value},${others.map((one) => `"${one}":null`).join()}}`;
    for (const more of [[], ['{"not":"alike"}']]) {
      const lines = [...Object.keys(worth).map(line), ...more];
      const came = await beside.came(await beside.run(pipeline, 'x.jsonl', lines.join('\n')));
      const found = Object.keys(worth).map((_, i) =>
        String(came.rows![i + 1]?.[at] ?? came.rejects![i + 1]!.replace(`${name}:`, '')),
      );
      expect({ [name]: found }).toEqual({ [name]: Object.values(worth).map((wanted) => String(wanted[at])) });
    }
  }
});
