/** Workbooks put together part by part: what is missing in them, and what they may not be. */

import { expect, test } from 'vitest';
import { defaultLimits, type Limits } from '../../../core/limits.ts';
import type { Asked, Conversion } from '../../../runtime/intake/converter.ts';
import { excel } from '../../../runtime/intake/excel.ts';
import { zipOf } from '../../support/zip.ts';

interface Parts {
  readonly rows?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly columns?: readonly Partial<Asked>[];
  readonly limits?: Partial<Limits>;
  /** Parts in the place of others, by their names; those without content are left out. */
  readonly parts?: Readonly<Record<string, string | Uint8Array | undefined>>;
  readonly content?: Uint8Array;
}

/** The lines of a sheet, and how many records it says that it has. */
async function converted({ rows = '', options = {}, columns = [], limits, parts = {}, content }: Parts) {
  const all = {
    'xl/workbook.xml': '<workbook><sheets><sheet name="s" r:id="r1"/></sheets></workbook>',
    'xl/_rels/workbook.xml.rels': '<Relationships><Relationship Id="r1" Target="s.xml"/></Relationships>',
    'xl/s.xml': `<worksheet><sheetData>${rows}</sheetData></worksheet>`,
    ...parts,
  };
  const files = Object.entries(all).flatMap(([name, part]) =>
    part === undefined ? [] : [{ name, content: part }],
  );
  const bytes = content ?? zipOf(files);
  const object = {
    size: bytes.length,
    async *blocks() {
      yield bytes;
    },
    async *range(start: number, end: number) {
      yield bytes.subarray(start, end);
    },
  };
  const blocks: Uint8Array[] = [];
  const conversion = { object, columns, options, limits: { ...defaultLimits, ...limits } };
  const records = await excel.convert(
    conversion as unknown as Conversion,
    async (lines) => void blocks.push(...(await Array.fromAsync(lines))),
    async () => {},
  );
  return { lines: Buffer.concat(blocks).toString(), records };
}

const cell = (value: string): string => `<c t="inlineStr"><is><t>${value}</t></is></c>`;
const row = (number: number, value: string): string => `<row r="${number}">${value}</row>`;
const header = row(1, cell('x'));

test('a sheet is its header and the rows below it, whatever stands above', async () => {
  const rows = `${header}${row(2, cell('y'))}${row(3, '<c><v>1</v></c>')}`;
  expect(await converted({ rows })).toEqual({ lines: '{"x":"y"}\n{"x":1}\n', records: 2 });
  expect(await converted({ rows, options: { header: 2 } })).toEqual({ lines: '{"y":1}\n', records: 1 });
  expect(await converted({ rows, options: { header: 3 } })).toEqual({ lines: '', records: 0 });
});

test('a header names its columns by whatever its cells hold', async () => {
  const parts = { 'xl/styles.xml': '<s><cellXfs><xf/><xf numFmtId="14"/></cellXfs></s>' };
  const rows = `${row(1, `<c><v>7</v></c><c s="1"><v>9</v></c><c/>${cell('')}`)}${row(2, '<c><v>1</v></c>'.repeat(4))}`;
  expect((await converted({ rows, parts })).lines).toBe('{"7":1,"9":1,"":1,"column 3":1}\n');
});

test('a sheet of nothing has no records, whatever row is its header', async () => {
  for (const options of [{}, { header: 3 }])
    expect(await converted({ rows: row(1, '<c/>'), options })).toEqual({ lines: '', records: 0 });
});

test('lines of more than a block come whole', async () => {
  const long = 'y'.repeat(100_000);
  const rows = `${header}${[2, 3, 4, 5].map((number) => row(number, cell(long))).join('')}`;
  expect(await converted({ rows })).toEqual({ lines: `{"x":"${long}"}\n`.repeat(4), records: 4 });
});

test.each<[string, Parts, string, string]>([
  ['a header of nothing', { rows: header, options: { header: 2 } }, 'object.header', 'Row 2 of the sheet, which is to name the fields, is empty.'],
  ['a field that is not there', { rows: header, columns: [{ name: 'y', from: 'y', optional: false }] }, 'object.header', 'The header has no field "y", which the column y needs; it has: "x".'],
  ['no list of sheets', { parts: { 'xl/workbook.xml': undefined } }, 'object.format', 'Expected an Excel workbook (.xlsx), found an archive without xl/workbook.xml.'],
  ['no list of parts', { parts: { 'xl/_rels/workbook.xml.rels': undefined } }, 'object.format', 'Expected an Excel workbook (.xlsx), found an archive without xl/_rels/workbook.xml.rels.'],
  ['no sheet', { parts: { 'xl/s.xml': undefined } }, 'object.format', 'Expected an Excel workbook (.xlsx), found an archive without xl/s.xml.'],
  ['a sheet that is not UTF-8', { parts: { 'xl/s.xml': Buffer.from('<x>\u00e9</x>', 'latin1') } }, 'object.encoding', 'xl/s.xml of the workbook is not UTF-8, as what Excel writes is. Save the workbook again and deliver that.'],
  ['a part twice', { parts: { 'XL\\S.xml': '<x/>' } }, 'object.unreadable', 'The workbook has xl/s.xml twice. Save it again and deliver that.'],
  ['three bytes', { content: Buffer.from('PK\u0003') }, 'object.truncated', 'The workbook has 3 bytes; deliver it again.'],
  ['another beginning', { content: Buffer.from('x,y\n') }, 'object.format', 'Expected an Excel workbook (.xlsx), found something else.'],
  ['the beginning of the old kind', { content: Buffer.from('d0cf11e0a1', 'hex') }, 'object.unreadable', 'The workbook is encrypted, or of the old kind (.xls); save it as .xlsx without a password.'],
  ['parts of more bytes than are allowed', { rows: `${header}${row(2, cell('y'))}`, limits: { decodedBytes: 3 } }, 'object.too_large', 'The zip data decompresses to more than 3 decompressed bytes (the limit decodedBytes); it was not read further. If it is what it should be, raise the limit or deliver it in parts.'],
])('with %s it is refused', async (_, parts, code, message) => {
  await expect(converted(parts)).rejects.toMatchObject({ name: 'ObjectRejectedError', code, message });
}); // prettier-ignore
