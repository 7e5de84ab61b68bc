/** Reading prepared chunks: what the engine does with the relation, and what it does alone, which is why it is so. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { jsonl } from '../../../core/formats/jsonl.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { readCsv } from '../../../core/plan/read.ts';
import { literal } from '../../../core/sql.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { bytesOf, engineRows, prepared } from '../../support/formats.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const dialect = {
  delimiter: ',',
  quote: '"',
  newline: '\n',
  newlinesInQuotes: false,
  longestRow: 0,
} as const;
let files = 0;
async function put(content: string | Uint8Array): Promise<string> {
  const path = join(engine.folder, `file-${files++}`);
  await writeFile(path, content);
  return path;
}
const textsOf = async (relation: string): Promise<string[][]> =>
  (await engine.rows(`SELECT * FROM ${relation}`)).map((row) => Object.values(row) as string[]);

const digestOf = (relation: string) =>
  engine.rows(`SELECT count(*) AS n, bit_xor(hash(f0, f1, f2))::VARCHAR AS all_of_it FROM ${relation}`);

/** Rows in which a thread that starts inside cannot tell what is quoted, over many buffers. */
function quotesAndDelimiters(longest: number): string {
  const texts = ['""', ',', '"","",', '"",', ',""', '"",""', 'é'];
  const rows: string[] = [];
  for (let bytes = 0, i = 0; bytes < Math.max(4_000_000, 12 * longest); i++) {
    const text = texts[i % texts.length]!;
    const length = ((i * 7919) % 1000) / 1000;
    const row = `${i},"${text.repeat((length * (longest - 40)) / Buffer.byteLength(text))}","z"\n`;
    rows.push(row);
    bytes += Buffer.byteLength(row);
  }
  return rows.join('');
}

/** The engine with the same columns, and nothing of what Sluice adds. */
const alone = (path: string, columns: readonly string[], more = ''): string =>
  `read_csv(${literal(path)}, auto_detect=false, header=false, delim=',', quote='"', escape='"', ` +
  `columns={${columns.map((c) => `${literal(c)}: 'VARCHAR'`).join(', ')}}${more})`;

describe('the relation', () => {
  it('is text that says everything', () => {
    const read = readCsv("it's.csv", { ...dialect, delimiter: "'", newline: '\r\n' }, ['f0', 'f1']);
    expect(read).toBe(
      "read_csv('it''s.csv', auto_detect=false, header=false, delim='''', quote='\"', escape='\"', comment='', " +
        "new_line='\\r\\n', compression='none', encoding='utf-8', columns={'f0': 'VARCHAR', 'f1': 'VARCHAR'}, " +
        "force_not_null=['f0', 'f1'], max_line_size=524288, buffer_size=524288)",
    );
    expect(readCsv('x', { ...dialect, newlinesInQuotes: true }, ['f0'])).toContain('parallel=false');
  });

  it('takes a path as it is, and never for a pattern', async () => {
    const folder = join(engine.folder, '[ab]*?');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "x'[1].csv"), '1\n');
    await mkdir(join(engine.folder, 'ab'));
    await writeFile(join(engine.folder, 'ab', "x'1.csv"), '2\n'); // What the pattern would find.
    expect(await textsOf(readCsv(join(folder, "x'[1].csv"), dialect, ['f0']))).toEqual([['1']]);
  });

  it('keeps empty fields, quoted or not, as empty texts, where the engine alone makes them NULL', async () => {
    const path = await put('a,\n"",NULL\n');
    expect(await textsOf(readCsv(path, dialect, ['f0', 'f1']))).toEqual([
      ['a', ''],
      ['', 'NULL'],
    ]);
    expect(await textsOf(alone(path, ['f0', 'f1']))).toEqual([
      ['a', null],
      [null, 'NULL'],
    ]);
  });

  it('takes records as long as the limit allows, where the engine alone fails', async () => {
    const limits = { ...defaultLimits, recordBytes: 3_000_000 };
    const plain = `1,${'x'.repeat(2_999_990)}`;
    const quotes = `1,x${'"'.repeat(2_999_990)}`; // Not at a field's start: text, which canonical form doubles.
    const texts = [plain, '1,2', quotes];
    const chunk = prepared(csv(), bytesOf(`a,b\n${texts.join('\n')}\n`), { limits, exact: true });
    const rows = await engineRows(engine, chunk);
    expect(rows.map((row) => row.at(-1)!.length)).toEqual(texts.map((text) => text.length - 2));
    const asItIs = prepared(csv(), bytesOf(`a,b\n${plain}\n`), { limits });
    expect(asItIs.columns).toEqual(['f0', 'f1']);
    expect((await engineRows(engine, asItIs)).map((row) => row[1]!.length)).toEqual([2_999_990]);
    const unmeasured = { ...asItIs, dialect: { ...asItIs.dialect, longestRow: 0 } };
    expect(await engineRows(engine, unmeasured)).toEqual([]); // Lost without a word.
    const path = await put(`"${'x'.repeat(2_999_990)}"\n`);
    await expect(textsOf(alone(path, ['f0']))).rejects.toThrow(/Maximum line size/);
  });

  it('takes a record of many lines as long as a buffer of them, where a smaller one fails', async () => {
    const text = `${'x'.repeat(99)}\n`.repeat(15_000);
    const chunk = prepared(csv(), bytesOf(`a,b\n1,"${text}"\n2,y\n`));
    expect(chunk.columns).toEqual(['f0', 'f1']);
    expect((await engineRows(engine, chunk)).map((row) => row[1]!.length)).toEqual([1_500_000, 1]);
    const relation = readCsv(await put(chunk.bytes), chunk.dialect, chunk.columns);
    const smaller = relation.replaceAll('2097152', '524288');
    expect(smaller).not.toBe(relation);
    await expect(textsOf(smaller)).rejects.toThrow(/CSV Error on Line: 1/);
  });

  it('reads the same with several threads as with one, over many buffers of quoted text', async () => {
    const texts = ['"', '""', ',', '","', "'", '\\"', ' "a"', 'é', ''];
    const quoted = (i: number) => `"${texts[i % texts.length]!.repeat((i % 13) + 1).replaceAll('"', '""')}"`;
    const lines = Array.from({ length: 400_000 }, (_, i) => `${i},${quoted(i)},${quoted(i * 7)}`);
    const content = Buffer.from(`${lines.join('\n')}\n`);
    expect(content.length).toBeGreaterThan(16 * 1024 * 1024);
    const relation = readCsv(await put(content), dialect, ['f0', 'f1', 'f2']);
    const several = await digestOf(relation);
    expect(several).toEqual(await digestOf(relation.replace(/\)$/, ', parallel=false)')));
    expect(several).toMatchObject([{ n: lines.length }]);
  });

  it.each([700, 70_000, 300_000, 1_500_000])(
    'reads rows of up to %i bytes of quotes and delimiters with several threads',
    async (longest) => {
      const content = quotesAndDelimiters(longest);
      const chunk = prepared(csv(), bytesOf(`a,b,c\n${content}`), { limits: defaultLimits });
      expect(chunk.columns).toEqual(['f0', 'f1', 'f2']);
      const relation = readCsv(await put(content), chunk.dialect, chunk.columns);
      expect(relation).not.toContain('parallel');
      expect(await digestOf(relation)).toEqual(await digestOf(relation.replace(/\)$/, ', parallel=false)')));
    },
  );

  it('has threads start with a buffer: within one, the engine loses its way among long rows', async () => {
    const path = await put(quotesAndDelimiters(30_000));
    const relation = readCsv(path, dialect, ['f0', 'f1', 'f2']);
    const sized = (line: number) =>
      relation.replace(/max_line_size=.*$/, `max_line_size=${line}, buffer_size=45000)`);
    expect(await digestOf(sized(45_000))).toEqual(await digestOf(relation));
    await expect(digestOf(sized(30_001))).rejects.toThrow(/unterminated quote|Parallel CSV Reader/);
  });

  it.each([
    ['too few fields', 'a,b\nc\n'],
    ['too many fields', 'a,b\nc,d,e\n'],
    ['text after a closing quote', 'a,b\n"c"x,d\n'],
    ['an unclosed quote', 'a,b\nc,"d\n'],
    ['another line end', 'a,b\r\nc,d\n'],
    ['bytes that are not UTF-8', Buffer.from('a,b\nc,\u00fc\n', 'latin1')],
  ])('fails on %s: never a guess, should one get this far', async (_, content) => {
    const path = await put(content);
    await expect(textsOf(readCsv(path, dialect, ['f0', 'f1']))).rejects.toThrow(
      expect.objectContaining({ name: 'EngineError' }),
    );
  });
});

describe('what the engine does alone, and therefore never gets', () => {
  it('joins records that end with CRLF if it is told to be strict, which it is anyway', async () => {
    const path = await put('a,b\r\nc,d\r\n');
    const crlf = ", new_line='\\r\\n'";
    expect(await textsOf(alone(path, ['f0', 'f1'], crlf))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(await textsOf(alone(path, ['f0', 'f1'], `${crlf}, strict_mode=true`))).toEqual([['a', 'b\r\nc']]);
    expect(readCsv(path, { ...dialect, newline: '\r\n' }, ['f0', 'f1'])).not.toContain('strict');
  });

  it('fails a good file with line ends in quotes if it reads with several threads', async () => {
    const lines = '\na,b,c'.repeat(3000);
    const body = Array.from({ length: 1000 }, (_, i) => `${i},"${lines}",z\n`).join('');
    const object = bytesOf(`n,text,z\n${body}`);
    const path = await put(body);
    await expect(textsOf(alone(path, ['f0', 'f1', 'f2']))).rejects.toThrow(/CSV Error|Parallel CSV Reader/);
    const chunk = prepared(csv(), object);
    expect(chunk.columns).toEqual(['f0', 'f1', 'f2']);
    const [row] = await engine.rows(
      `SELECT count(*) AS n, sum(length(f1)) AS characters FROM ${readCsv(path, chunk.dialect, chunk.columns)}`,
    );
    expect(row).toEqual({ n: 1000, characters: 1000 * lines.length });
  });

  it('unquotes a field after white space and drops the white space', async () => {
    const text = '1, "b,c" \n';
    expect(await textsOf(alone(await put(text), ['f0', 'f1']))).toEqual([['1', 'b,c']]);
    const [row] = await engineRows(engine, prepared(csv(), bytesOf(`a,b\n${text}`)));
    expect(row![0]).toContain('expected 2 fields, found 3');
    expect(await engineRows(engine, prepared(csv(), bytesOf('a,b\n1, "b"\n')))).toEqual([['', '1', ' "b"']]);
  });

  it('drops a byte order mark that is the first character of a chunk', async () => {
    const text = '\ufeffx,1\n';
    const [seen] = await engine.rows(
      `SELECT hex(encode(f0)) AS hex FROM ${alone(await put(text), ['f0', 'f1'])}`,
    );
    expect(seen).toEqual({ hex: '78' });
    expect(await engineRows(engine, prepared(csv(), bytesOf(`a,b\n${text}`)))).toEqual([
      ['', '\ufeffx', '1'],
    ]);
  });

  it('makes a record of a blank line where there is one column', async () => {
    const text = 'x\n\ny\n';
    expect(await textsOf(alone(await put(text), ['f0']))).toHaveLength(3);
    expect(await engineRows(engine, prepared(csv(), bytesOf(`a\n${text}`)))).toEqual([
      ['', 'x'],
      ['', 'y'],
    ]);
  });

  it('fails a whole file for one ragged record, or for mixed line ends', async () => {
    const ragged = 'a,b\n1\n2,3\n';
    await expect(textsOf(alone(await put(ragged), ['f0', 'f1']))).rejects.toThrow(
      /Expected Number of Columns/,
    );
    expect(await engineRows(engine, prepared(csv(), bytesOf(ragged)))).toEqual([
      [expect.stringContaining('expected 2 fields, found 1'), '', ''],
      ['', '2', '3'],
    ]);
    const mixed = 'a,b\n1,2\r\n3,4\r5,6\n';
    await expect(textsOf(alone(await put(mixed), ['f0', 'f1']))).rejects.toThrow(
      /invalid state|Original Line/,
    );
    expect(await engineRows(engine, prepared(csv(), bytesOf(mixed)))).toEqual([
      ['', '1', '2'],
      ['', '3', '4'],
      ['', '5', '6'],
    ]);
  });

  it('takes NaN, and a record of which it keeps the first of two values, for JSON', async () => {
    const lines = '{"a":NaN}\n{"a":1}\n';
    const path = await put(lines);
    const read = `read_json(${literal(path)}, format='newline_delimited', columns={a: 'DOUBLE'})`;
    expect(await engine.rows(`SELECT a::VARCHAR AS a FROM ${read}`)).toEqual([{ a: 'nan' }, { a: '1.0' }]);
    const [nan, one] = await engineRows(engine, prepared(jsonl(), bytesOf(lines), { fields: ['a'] }));
    expect(nan![0]).toContain('expected a value, found NaN');
    expect(one).toEqual(['', '1', 'n']);
    expect(await engine.rows(`SELECT json_extract('{"a":1,"a":2}', '$.a')::VARCHAR AS a`)).toEqual([
      { a: '1' },
    ]);
  });

  it('carries U+0000 through CSV and Parquet, so that a JSON text may hold it', async () => {
    const chunk = prepared(jsonl(), bytesOf(String.raw`{"a":"x\u0000y"}`), { fields: ['a'] });
    const path = await put(chunk.bytes);
    const parquet = join(engine.folder, 'nul.parquet');
    const relation = readCsv(path, chunk.dialect, chunk.columns);
    await engine.run(`COPY (SELECT f0 FROM ${relation}) TO ${literal(parquet)} (FORMAT parquet)`);
    const rows = await engine.rows(`SELECT hex(encode(f0)) AS hex FROM read_parquet(${literal(parquet)})`);
    expect(rows).toEqual([{ hex: '780079' }]);
  });
});
