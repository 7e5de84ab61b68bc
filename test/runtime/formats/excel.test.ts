/** Excel workbooks that openpyxl wrote, through a whole run: the values of the cells, whatever they are shown as. */

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DecodeOptions } from '../../../core/decode-rule.ts';
import type { ExcelOptions } from '../../../core/formats/excel.ts';
import { decimal, definePipeline, format, sink, z } from '../../../core/vocabulary.ts';
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

async function load(content: Uint8Array, { row, decode = {}, options = {} }: Shape) {
  const pipeline = definePipeline({
    name: 'sheets',
    owner: 'test',
    description: 'Rows of a sheet.',
    row,
    sources: (source) => [
      source.files({ prefix: 'x/', format: format.excel(options), decode: decode as Record<string, never> }),
    ],
    gate: { rejected: { atMost: 1 } },
    sinks: () => [sink.lake({ table: 't', write: 'replace' })],
    sla: { latency: '10 minutes' },
  });
  const run = await box.run(pipeline, 'x.xlsx', content, true);
  const rows = run.status === 'rejected' ? null : await box.table('t');
  const rejects = (await box.quarantine()).filter((one) => one.run === run.run);
  return { run, rows, rejects, said: run.error?.message ?? '' };
}

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

  test('is told from one that is small', async () => {
    expect((await damaged('', '')).rows).toEqual([{ x: 1 }]);
  });

  test.each([
    ['</row>', '', /^object\.unreadable: The sheet .* is no XML/],
    ['<v>1<', '<v>&lol;<', /^object\.unreadable/],
    ['<worksheet>', '<!DOCTYPE x [<!ENTITY lol "lol">]><worksheet>', /^object\.unreadable/],
    ['<v>1<', '<v>one<', /a number is none/],
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
