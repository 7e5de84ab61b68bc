/** Dialects through a whole run: an unusual file loads, one that is not what its definition says never loads wrongly. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CsvOptions } from '../../../core/formats/csv-options.ts';
import { decimal, definePipeline, format, sink, z } from '../../../core/vocabulary.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox();
});
afterAll(() => box.close());

let names = 0;
const pipeline = (options: CsvOptions, mark: '.' | ',' = '.') =>
  definePipeline({
    name: 'dialects',
    owner: 'test',
    description: 'Amounts.',
    row: z.object({ id: z.int(), name: z.string(), amount: decimal(9, 2), share: z.number() }),
    sources: (source) => [
      source.files({
        prefix: 'x/',
        match: '*.csv',
        format: format.csv(options),
        decimal: mark,
        decode: { name: { from: 'Name' }, amount: { thousands: mark === ',' ? '.' : ',' } },
      }),
    ],
    gate: { rejected: { atMost: 1 } },
    sinks: () => [sink.lake({ table: 't', write: 'replace', metadata: ['_record'] })],
    sla: { latency: '10 minutes' },
  });

async function load(options: CsvOptions, content: string | Uint8Array, mark: '.' | ',' = '.') {
  const before = (await box.quarantine()).length;
  const run = await box.run(pipeline(options, mark), `${names++}.csv`, content, true);
  const rows = run.status === 'rejected' ? [] : ((await box.table('t')) ?? []);
  const rejects = (await box.quarantine()).filter((one) => one.run === run.run);
  expect(before + rejects.length).toBe((await box.quarantine()).length);
  return {
    run,
    rows: rows.map(({ id, name, amount, share }) => [id, name, amount, share]),
    code: run.error?.message.split(':')[0],
    rejects,
  };
}

const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const loaded = [
  [1, 'Göß, "x"', 1234.5, 0.25],
  [2, 'b', -7, 3],
];

describe('an unusual file loads', () => {
  const german = 'id;Name;amount;share\n1;"Göß, ""x""";1.234,50;0,25\n2;b;-7,00;3\n';
  const plain = german.replaceAll('1.234,50', '"1,234.50"').replaceAll('0,25', '0.25').replace('-7,00', '-7');
  test.each<[string, CsvOptions, string | Uint8Array, ('.' | ',')?]>([
    ['semicolons and decimal commas, told by the header', {}, german, ','],
    ['tabs', { delimiter: '\t' }, plain.replaceAll(';', '\t')],
    ['pipes, told by the header', {}, plain.replaceAll(';', '|')],
    ['any other character', { delimiter: '~' }, plain.replaceAll(';', '~')],
    ['several characters', { delimiter: '~|~' }, plain.replaceAll(';', '~|~')],
    [
      'another quote',
      { quote: "'" },
      plain.replaceAll('"1,234.50"', "'1,234.50'").replace('"Göß, ""x"""', `'Göß, "x"'`),
    ],
    ['backslashes', { escape: 'backslash' }, plain.replace('"Göß, ""x"""', 'Göß, \\"x\\"')],
    ['UTF-16 with a mark', {}, utf16(`\ufeff${plain}`)],
    ['UTF-16 without, as the definition says', { encoding: 'utf-16le' }, utf16(plain)],
    ['big-endian UTF-16', { encoding: 'utf-16be' }, utf16(plain).swap16()],
    ['windows-1252', { encoding: 'windows-1252' }, latin1(plain)],
    ['latin1', { encoding: 'latin1' }, latin1(plain)],
    [
      'no header',
      { header: false, columns: ['id', 'Name', 'amount', 'share'] },
      plain.slice(plain.indexOf('\n') + 1),
    ],
    [
      'a preamble, comments and a trailer',
      { preamble: 2, comment: '#', trailer: 'Sum' },
      `Report; of "May\n\n${plain.replace('\n2', '\n# two\n2')}Sum;2\n`,
    ],
    ['a first line that says the delimiter', {}, `sep=;\r\n${plain}`],
    [
      'a header that is longer than 64 KiB',
      {},
      plain.replaceAll('\n', ';\n').replace(';\n', `;${'x'.repeat(70_000)}\n`),
    ],
    ['records that end early and late', { ragged: true }, plain.replace(';0.25\n', ';0.25;;\n')],
    [
      'a preamble up to the header',
      { preamble: 'until-header', trailer: 1 },
      `Report\nid;Name\n\n${plain}2 rows\n`,
    ],
  ])('%s', async (_what, options, content, mark) => {
    const { run, rows } = await load(options, content, mark);
    expect([run.status, rows]).toEqual(['published', loaded]);
  });
});

describe('a file that is not what its definition says is refused, where a guess would load other values', () => {
  const body = '1,ö,1.5,2\n';
  const header = 'id,Name,amount,share\n';
  test.each<[string, CsvOptions, string | Uint8Array, string, RegExp]>([
    ['another delimiter', { delimiter: ';' }, header + body, 'object.header', /is that the delimiter/],
    // By columns alone, `1,5;2;…` could be cut at commas or at semicolons.
    [
      'a delimiter that cannot be told',
      { header: false, columns: ['id', 'Name', 'amount', 'share'] },
      '1;2;3,5,6,7;8\n',
      'object.header',
      /several ways/,
    ],
    [
      'UTF-8 for windows-1252: "ö" would be "Ã¶"',
      { encoding: 'windows-1252' },
      header + body,
      'object.encoding',
      /the object is UTF-8/,
    ],
    [
      'a mark of UTF-16 for UTF-8',
      { encoding: 'utf-8' },
      utf16(`\ufeff${header}${body}`),
      'object.encoding',
      /mark of UTF-16LE; the definition says UTF-8/,
    ],
    [
      'little-endian for big-endian',
      { encoding: 'utf-16be' },
      utf16(header + body),
      'object.header',
      /no field "id"/,
    ],
    ['UTF-8 for UTF-16', { encoding: 'utf-16le' }, header + body, 'object.encoding', /has no zero/],
    [
      'latin1 in the header, and nobody says so',
      {},
      latin1(`ö,${header}1,${body}`),
      'object.encoding',
      /say its encoding/,
    ],
    [
      'a header where there is to be none',
      { header: false, columns: ['id', 'Name', 'amount', 'share'] },
      header + body,
      'object.header',
      /there is no header/,
    ],
    [
      'a preamble that is longer',
      { preamble: 1 },
      `a\nb\n${header}${body}`,
      'object.header',
      /no field "id"/,
    ],
    ['no trailer', { trailer: 'Sum' }, header + body, 'object.truncated', /may have been cut off/],
  ])('%s', async (_what, options, content, code, message) => {
    const { run, rows, code: said } = await load(options, content);
    expect([run.status, run.records.read, rows, said]).toEqual(['rejected', null, [], code]);
    expect(run.error!.message).toMatch(message);
  });

  test('decimal commas that nobody says are no thousands: 1,234 is not 1234', async () => {
    const { rows, rejects } = await load({}, 'id;Name;amount;share\n1;a;1,23;1\n2;b;1;1,234\n3;c;2;2\n');
    expect(rows).toEqual([[3, 'c', 2, 2]]);
    expect(rejects.map(({ reasons }) => reasons.map(({ column, code }) => `${column}:${code}`))).toEqual([
      ['amount:decode'],
      ['share:decode'],
    ]);
  });
});

test('quarantine has the bytes as received, their place in the object, and a text that can be read', async () => {
  const header = 'id,Name,amount,share\n';
  for (const [encoding, write] of [
    ['utf-16le', utf16],
    ['windows-1252', latin1],
  ] as const) {
    const lines = ['1,gut,1,1', 'zwölf,ö,1,1', '3,a\ud83d\udc4d,x,1'].map((line) =>
      encoding === 'utf-16le' ? line : line.replace('\ud83d\udc4d', 'ÿ'),
    );
    const content = write(`${header}${lines.join('\n')}\n`);
    const { run, rejects } = await load({ encoding }, content);
    expect(run.records).toMatchObject({ read: 3, loaded: 1, quarantined: 2 });
    expect(rejects.map(({ text }) => text)).toEqual(lines.slice(1));
    for (const { raw, byte_offset: at, text } of rejects) {
      expect(raw.equals(write(text))).toBe(true);
      expect(content.subarray(at, at + raw.length).equals(raw)).toBe(true);
    }
    expect(rejects[0]!.reasons[0]!.value).toBe('zwölf');
  }
});

test('in an encoding of several bytes values are whole, and rejected bytes are where they were received', async () => {
  const content = latin1(
    'id|Name|amount|share\n1|\x8a\x7c\x95\x5c|1|1\n2|\x93\xfa|x|1\n3|\x81\xad|1|1\n4|"\x93\xfa\n\x96\x7b"|2|2\n5|\x81',
  );
  const { run, rows, rejects } = await load({ encoding: 'shift_jis', delimiter: '|' }, content);
  expect(run.records).toMatchObject({ read: 5, loaded: 2, quarantined: 3 });
  expect(rows).toEqual([
    [1, '掛表', 1, 1],
    [4, '日\n本', 2, 2],
  ]);
  expect(rejects.map(({ text, reasons }) => [text, reasons[0]!.code])).toEqual([
    ['2|日|x|1', 'decode'],
    ['3|\ufffdｭ|1|1', 'encoding'],
    ['5|\ufffd', 'encoding'],
  ]);
  expect(rejects.map(({ raw }) => raw.toString('latin1'))).toEqual([
    '2|\x93\xfa|x|1',
    '3|\x81\xad|1|1',
    '5|\x81',
  ]);
  for (const { raw, byte_offset: at } of rejects) {
    expect(content.subarray(at, at + raw.length).equals(raw)).toBe(true);
  }
});

test('what was read and is no record is told', async () => {
  const { run } = await load({ comment: '#', trailer: 1 }, 'id,Name,amount,share\n#x\n1,a,1,1\nend\n');
  expect(run.warnings.slice(0, 2)).toEqual([
    '1 line of comment: not records.',
    '1 line at the end: the trailer, not records.',
  ]);
  expect(run.records.read).toBe(1);
});
