/** Excel workbooks that openpyxl wrote, through a whole run: the values of the cells, whatever they are shown as. */

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DecodeOptions } from '../../../core/decode-rule.ts';
import type { ExcelOptions } from '../../../core/formats/excel.ts';
import { decimal, format, z } from '../../../core/vocabulary.ts';
import { loaded } from '../../support/loaded.ts';
import { replacing } from '../../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';
import { zipOf } from '../../support/zip.ts';

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox();
});
afterAll(() => box.close());

const file = (name: string) => readFile(new URL(`./files/${name}.xlsx`, import.meta.url));

interface Shape {
  readonly row: z.ZodObject;
  readonly decode?: Record<string, string | DecodeOptions>;
  readonly options?: ExcelOptions;
}

const load = (content: Uint8Array, { row, decode = {}, options = {} }: Shape) =>
  loaded(box, replacing({ row, decode, format: format.excel(options) }), 'x.xlsx', content);

const row = z.object({
  id: z.string(), on: z.iso.date(), at: z.iso.datetime(), clock: z.iso.time().optional(), amount: decimal(9, 2), share: z.number(),
  flag: z.boolean().optional(), name: z.string().optional(),
}); // prettier-ignore
const decode = { id: 'Order ID', on: 'placed on', at: { zone: 'Europe/Berlin' } };

test('values are those of the cells: numbers, dates, times, texts, nothing', async () => {
  const { run, rows, rejects } = await load(await file('orders'), { row, decode });
  expect(run.records).toMatchObject({ read: 3, loaded: 2, quarantined: 1 });
  expect(rows!.toSorted((a, b) => String(a['id']).localeCompare(String(b['id'])))).toEqual([
    { id: 'A-1', on: new Date('2024-02-29'), at: new Date('2024-07-01T08:00:00.500Z'), clock: '13:05:00', amount: 1234.5, share: 0.1, flag: true, name: ' Göß <&> "x"\n2' },
    { id: 'A-2', on: new Date('1900-01-01'), at: new Date('2024-06-30T22:00:00Z'), clock: '00:00:00', amount: -7, share: 1e-7, flag: false, name: 'b' },
  ]); // prettier-ignore
  expect(rejects.map(({ text, reasons }) => [JSON.parse(text), reasons.map(({ column, code }) => `${column}:${code}`)])).toEqual([
    [
      { 'Order ID': 'A-3', 'placed on': '29.02.2023', at: '9999-12-31T23:59:59', amount: 1.1, share: 3, zip: null, formula: null, unused: null },
      ['on:decode'],
    ],
  ]); // prettier-ignore
  expect(run.warnings[0]).toMatch(/ignored: zip, formula, unused/);
});

test('what a cell holds is not made into something else', async () => {
  const { rows, rejects } = await load(await file('orders'), {
    row: z.object({ zip: z.string().optional(), formula: z.int().optional() }),
  });
  expect(rows).toEqual([{ zip: null, formula: null }]);
  expect(rejects.map(({ reasons }) => reasons.map(({ column, message }) => `${column}: ${message}`))).toEqual(
    [
      ['formula: expected a whole number, found an object'],
      ['zip: expected a text, found a number', 'formula: expected a whole number, found an object'],
    ],
  );
});

describe('the sheet', () => {
  const one = { row: z.object({ x: z.int() }) };
  test('is named, by its name or its place, where there are several', async () => {
    const content = await file('sheets');
    expect((await load(content, { ...one, options: { sheet: 'second' } })).rows).toEqual([{ x: 1 }]);
    expect((await load(content, { ...one, options: { sheet: 3 } })).rows).toEqual([{ x: 1 }]);
    expect((await load(content, one)).said).toMatch(
      /^object\.format: .*has 2 sheets, .*"Orders & more", "hidden", "second"/,
    );
    expect((await load(content, { ...one, options: { sheet: 'Second' } })).said).toMatch(
      /^object\.format: .*"Second", found/,
    );
  });

  test('may name its fields in another row, and count its days from 1904', async () => {
    const content = await file('mac');
    const dated = { row: z.object({ on: z.iso.date() }) };
    expect((await load(content, { ...dated, options: { header: 3 } })).rows).toEqual([
      { on: new Date('2024-02-29') },
    ]);
    expect((await load(content, dated)).said).toMatch(/^object\.header: .*no field "on".*"Report"/);
    expect((await load(content, { ...dated, options: { header: 2 } })).said).toMatch(
      /^object\.header: Row 2/,
    );
  });
});

describe('a workbook of another program', () => {
  const PACKAGE = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  interface Parts {
    readonly rows: string;
    readonly behind?: string;
    readonly properties?: string;
    readonly texts?: string;
    readonly folder?: string;
  }
  /** One sheet `s`; its style 1 is a date. */
  const workbook = ({ rows, behind = '', properties = '', texts = '', folder = 'xl/' }: Parts) =>
    zipOf(
      [
        ['_rels/.rels', `<Relationships><Relationship Id="x" Type="${PACKAGE}/officeDocument" Target="/${folder.replaceAll('\\', '/')}book.xml"/></Relationships>`],
        [`${folder}book.xml`, `<workbook>${properties}<sheets><sheet name="s" sheetId="1" rel:id="r1"/></sheets><extLst><x14:workbookPr defaultImageDpi="1"/></extLst></workbook>`],
        [`${folder}_rels/book.xml.rels`, `<Relationships><Relationship Id="r0" Type="${PACKAGE}/sharedStrings" Target="http://x.test/a.xml" TargetMode="External"/>
          <Relationship Id="r1" Type="${PACKAGE}/worksheet" Target="../Sheets/S.xml"/>
          <Relationship Id="r2" Type="${PACKAGE}/sharedStrings" Target="words.xml"/><Relationship Id="r3" Type="${PACKAGE}/styles" Target="./looks.xml"/></Relationships>`],
        ['sheets/s.xml', `<worksheet><sheetData>${rows}</sheetData>${behind}</worksheet>`],
        [`${folder}words.xml`, `<sst>${texts}</sst>`],
        [`${folder}looks.xml`, '<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'],
      ].map(([name, content]) => ({ name: name!, content: content! })),
    ); // prettier-ignore
  const text = (value: string) => `<c t="inlineStr"><is><t>${value}</t></is></c>`;
  const header = (...names: string[]) => `<row r="1">${names.map(text).join('')}</row>`;
  const optional = z.object({ x: z.string().optional(), n: z.int().optional(), on: z.iso.date().optional() });

  test.each(['xl/', 'other/', 'xl\\'])('has its parts where it says: in %s', async (folder) => {
    const rows = `${header('x', 'on')}<row r="2"><c t="s"><v>0</v></c><c s="1"><v>45000</v></c></row>`;
    const content = workbook({ rows, folder, texts: '<si><t>shared</t></si>' });
    expect((await load(content, { row: optional })).rows).toEqual([
      { x: 'shared', n: null, on: new Date('2023-03-15') },
    ]);
  });

  test('counts its days as it says, whatever its extensions are called', async () => {
    const rows = `${header('on')}<row r="2"><c s="1"><v>45000</v></c></row>`;
    const properties = '<workbookPr date1904="1"/>';
    expect((await load(workbook({ rows, properties }), { row: optional })).rows).toEqual([
      { x: null, n: null, on: new Date('2027-03-16') },
    ]);
  });

  test('ends lines in a text as XML does, and escapes what XML cannot hold', async () => {
    const rows = `${header('a_x005F_b', 'x')}<row r="2">${text('q')}${text('a\r\nb_x000D_\n_x005f_x000D_')}</row>`;
    const shape = { row: z.object({ q: z.string(), x: z.string() }), decode: { q: 'a_b' } };
    expect((await load(workbook({ rows }), shape)).rows).toEqual([{ q: 'q', x: 'a\nb\r\n_x000D_' }]);
  });

  test('keeps every digit that is written, but those that Excel adds to a double', async () => {
    const cells = ['9007199254740993', '0.10000000000000001', '-1234567890.12345678901', '1.5E+3'];
    const rows = `${header('a', 'b', 'c', 'd')}<row r="2">${cells.map((one) => `<c><v>${one}</v></c>`).join('')}</row>`;
    const row = z.object({ a: z.bigint(), b: decimal(9, 2), c: decimal(30, 11), d: decimal(9, 0) });
    const refused = await load(workbook({ rows }), { row: row.extend({ a: z.bigint().max(0n) }) });
    expect(refused.rejects.map((one) => one.text)).toEqual([
      '{"a":9007199254740993,"b":0.1,"c":-1234567890.12345678901,"d":1500}',
    ]);
  });

  test('writes dates as ISO 8601', async () => {
    const at = (value: string) => `<c t="d"><v>${value}</v></c>`;
    const rows = `${header('on', 'at')}<row r="2">${at('2024-02-29T00:00:00')}${at('2024-02-29T10:00:00.500')}</row><row r="3">${at('1900-01-31')}${at('soon')}</row>`;
    const row = z.object({ on: z.iso.date(), at: z.iso.datetime() });
    const loaded = await load(workbook({ rows }), { row, decode: { at: { zone: 'UTC' } } });
    expect(loaded.rows).toEqual([{ on: new Date('2024-02-29'), at: new Date('2024-02-29T10:00:00.500Z') }]);
    expect(loaded.rejects.map((one) => one.text)).toEqual(['{"on":"1900-01-31","at":"soon"}']);
  });

  test('says how a text is pronounced, which is no part of it', async () => {
    const spoken = '<t>written</t><rPh sb="0" eb="1"><t>spoken</t></rPh>';
    const own = `<c t="inlineStr"><is>${spoken}</is></c>`;
    const rows = `${header('a', 'b')}<row r="2">${own}<c t="s"><v>0</v></c></row>`;
    const row = z.object({ a: z.string(), b: z.string() });
    expect((await load(workbook({ rows, texts: `<si>${spoken}</si>` }), { row })).rows).toEqual([
      { a: 'written', b: 'written' },
    ]);
  });

  test('has no days before the first one: such a number is none of a date', async () => {
    const rows = `${header('x', 'n', 'on')}<row r="2">${text('a')}<c s="1"><v>-5</v></c><c s="1"><v>0</v></c></row><row r="3">${text('b')}<c/><c s="1"><v>-1</v></c></row>`;
    const { rows: found, rejects } = await load(workbook({ rows }), { row: optional });
    expect(found).toEqual([{ x: 'a', n: -5, on: new Date('1899-12-31') }]);
    expect(rejects.map((one) => one.text)).toEqual(['{"x":"b","on":-1}']);
    const properties = '<workbookPr date1904="1"/>';
    const mac = `${header('on')}<row r="2"><c s="1"><v>-1</v></c></row>`;
    expect((await load(workbook({ rows: mac, properties }), { row: optional })).rows).toEqual([
      { x: null, n: null, on: new Date('1903-12-31') },
    ]);
  });

  test('gives a text of a cell in one place, in the other, or in both', async () => {
    const both = '<c t="inlineStr"><v>1.</v><is><t>whole</t></is></c>';
    const other = '<c t="inlineStr"><f>A1</f><v>other</v></c>';
    const rows = `${header('a', 'b')}<row r="2">${both}${other}</row>`;
    const row = z.object({ a: z.string(), b: z.string() });
    expect((await load(workbook({ rows }), { row })).rows).toEqual([{ a: 'whole', b: 'other' }]);
  });

  test('of texts that many cells share may not become more than the limits allow', async () => {
    const cells = Array.from({ length: 20_000 }, (_, i) => `<row r="${i + 2}"><c t="s"><v>0</v></c></row>`);
    const content = workbook({
      rows: `${header('x')}${cells.join('')}`,
      texts: `<si><t>${'long '.repeat(2_000)}</t></si>`,
    });
    expect((await load(content, { row: optional })).said).toMatch(
      /^object\.too_large: The Excel data decompresses to more than 200 times its compressed size/,
    );
  });

  test('has formulas that give nothing: null, where no text is asked for', async () => {
    const nothing = '<c t="str"><f>IF(1,"","")</f><v></v></c>';
    const rows = `${header('x', 'n', 'on')}<row r="2">${nothing.repeat(3)}</row>`;
    expect((await load(workbook({ rows }), { row: optional })).rows).toEqual([{ x: '', n: null, on: null }]);
    const needed = await load(workbook({ rows }), {
      row: z.object({ x: z.string(), n: z.int(), on: z.iso.date() }),
    });
    expect(
      needed.rejects.map(({ reasons }) => reasons.map(({ column, message }) => `${column}: ${message}`)),
    ).toEqual([['n: expected a whole number, found null', 'on: expected a date, found null']]);
  });

  test('has values behind the last row, which are none of it', async () => {
    const rows = `${header('n')}<row r="2"><c><v>1</v></c></row><row r="3"><c/></row>`;
    const behind = '<extLst><xm:f>A1</xm:f><xdr:row>5</xdr:row><v>7</v></extLst>';
    expect((await load(workbook({ rows, behind }), { row: optional })).run.records).toMatchObject({
      read: 1,
      loaded: 1,
    });
  });
});

describe('a workbook that is none', () => {
  const one = { row: z.object({ x: z.int() }), options: { sheet: 'second' } };
  const damaged = async (from: string, to: string) => {
    const content = (sheet: string) => [
      {
        name: 'xl/workbook.xml',
        content: '<workbook><sheets><sheet name="second" r:id="r1"/></sheets></workbook>',
      },
      {
        name: 'xl/_rels/workbook.xml.rels',
        content: '<Relationships><Relationship Id="r1" Target="s.xml"/></Relationships>',
      },
      { name: 'xl/s.xml', content: sheet },
    ];
    const sheet =
      '<worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row><row r="2"><c r="A2"><v>1</v></c></row></sheetData></worksheet>';
    return load(zipOf(content(sheet.replace(from, to))), one);
  };

  test('has parts of bounded length', async () => {
    const content = { name: 'xl/workbook.xml', content: '<workbook/>', says: { bytes: 2 ** 29 } };
    expect((await load(zipOf([content]), one)).said).toMatch(
      /^object\.too_large: xl\/workbook\.xml of the workbook has 536870912 bytes/,
    );
  });

  test('is told from one that is small', async () => {
    expect((await damaged('', '')).rows).toEqual([{ x: 1 }]);
  });

  test.each([
    ['</row>', '', /^object\.unreadable: The sheet .* is no XML/],
    ['<v>1<', '<v>&lol;<', /^object\.unreadable/],
    ['<worksheet>', '<!DOCTYPE x [<!ENTITY lol "lol">]><worksheet>', /^object\.unreadable/],
    ['<v>1<', '<v>one<', /a number is none/],
    ['</sheetData></worksheet>', '</sheetData>', /^object\.unreadable: The sheet .* is no XML/],
    ['<t>x<', '<t>&#x110000;<', /^object\.unreadable: The sheet .* is no XML/],
    ['<c r="A2">', '<c r="A2" t="s">', /a text that is not there/],
  ])('with %s as %s', async (from, to, message) => {
    expect((await damaged(from, to)).said).toMatch(message);
  });

  test.each<[string, (content: Buffer) => Uint8Array, RegExp]>([
    ['cut off', (content) => content.subarray(0, -30), /^object\.truncated/],
    [
      'with a byte changed',
      (content) => content.with(content.indexOf('xl/worksheets/sheet3.xml') + 60, 0x7f),
      /^object\.(checksum|unreadable)/,
    ],
    ['of no bytes', () => Buffer.alloc(0), /^object\.truncated/],
    ['of the old kind', () => Buffer.from('d0cf11e0a1b11ae1', 'hex'), /^object\.unreadable: .*old kind/],
    ['that is CSV', () => Buffer.from('x\n1\n'), /^object\.format/],
    [
      'that is another archive',
      () => zipOf([{ name: 'x.csv', content: 'x\n1\n' }]),
      /^object\.format: .*without xl\/workbook\.xml/,
    ],
  ])('%s is refused whole', async (_, damage, message) => {
    const { run, said } = await load(damage(await file('sheets')), one);
    expect([run.status, run.records.read, said]).toEqual(['rejected', null, expect.stringMatching(message)]);
  });
});
