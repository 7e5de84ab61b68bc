/** One sheet of an Excel workbook as JSON lines: an archive of XML, held against the fields that are asked for. */

import { ObjectRejectedError } from '../../core/errors.ts';
import { decodeUtf8 } from '../../core/formats/utf8.ts';
import { bindFields } from '../../core/header.ts';
import type { Limits } from '../../core/limits.ts';
import { blowUp } from './blow-up.ts';
import type { Conversion, Converter } from './converter.ts';
import { rowLine } from './excel-line.ts';
import { filledRows, sheetRows, type SheetRow } from './excel-sheet.ts';
import { chooseSheet, dateStyles, relationsOf, sharedTexts, workbookOf } from './excel-workbook.ts';
import { memberBytes } from './unzip.ts';
import { zipDirectory, type ZipMember } from './zip-directory.ts';

const WORKBOOK = 'officeDocument';
const EMPTY = '<none/>';
/** Some writers name parts in another case than they say, or with the slashes of Windows. */
const keyOf = (name: string): string => name.replaceAll('\\', '/').toLowerCase();

const OLD = Buffer.from([0xd0, 0xcf, 0x11, 0xe0]);
/** Characters of one part: what JavaScript can hold as one text, with room. */
const MOST = 256 * 1024 * 1024;

export const excel: Converter = Object.freeze({
  async convert(conversion, take) {
    const { object, options, limits } = conversion;
    let records = 0;
    async function* lines(): AsyncGenerator<Uint8Array, void> {
      await checkKind(conversion);
      const members = Map.groupBy(await zipDirectory(object, limits), ({ name }) => keyOf(name));
      const read = (name: string) => partOf(conversion, members.get(keyOf(name)) ?? [], limits);
      const place = relationsOf((await read('_rels/.rels')) ?? EMPTY, '').find(
        ({ kind }) => kind === WORKBOOK,
      );
      const main = place?.part ?? 'xl/workbook.xml';
      const book = workbookOf(
        await need(read, main),
        await need(read, main.replace(/([^/]*)$/, '_rels/$1.rels')),
        main,
      );
      const sheet = await need(read, chooseSheet(book, options['sheet'] as string | number | undefined));
      const texts = sharedTexts(await read(book.texts));
      const dates = dateStyles(await read(book.styles));
      const rows = sheetRows(sheet, { texts, dates, from1904: book.from1904 });
      const first = options['header'] as number | undefined;
      const header = rows.find(({ number }) => first === undefined || number === first);
      if (header === undefined) {
        if (rows.length === 0) return;
        throw new ObjectRejectedError(
          'object.header',
          `Row ${first} of the sheet, which is to name the fields, is empty.`,
        );
      }
      const names = namesOf(header);
      bindFields(conversion.columns, { fields: [...names.values()], bytes: 0 });
      const line = rowLine(names, conversion.columns);
      // A text that stands in the workbook once may be in every cell.
      const more = blowUp('Excel', limits);
      const bytesOf = (text: string): Buffer => {
        const bytes = Buffer.from(text);
        more(bytes.length, object.size);
        return bytes;
      };
      let out = '';
      for (const row of rows) {
        if (row.number <= header.number) continue;
        out += `${line(row)}\n`;
        if (out.length < 256 * 1024) continue;
        yield bytesOf(out);
        out = '';
      }
      if (out !== '') yield bytesOf(out);
      records = filledRows(sheet, header.number);
    }
    await take(lines());
    return records;
  },
} satisfies Converter);

/** The names that the header's cells give to their columns, by column. */
function namesOf({ cells }: SheetRow): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const { column, value } of cells) {
    if (value.kind === 'text') names.set(column, value.text);
    else if (value.kind === 'other') names.set(column, value.json);
    else if (value.kind === 'date') names.set(column, String(value.days));
  }
  return names;
}

async function checkKind({ object }: Conversion): Promise<void> {
  const head = Buffer.concat(await Array.fromAsync(object.range(0, Math.min(4, object.size))));
  if (head.equals(OLD)) {
    throw new ObjectRejectedError(
      'object.unreadable',
      'The workbook is encrypted, or of the old kind (.xls); save it as .xlsx without a password.',
    );
  }
  if (head.length < 4) {
    throw new ObjectRejectedError(
      'object.truncated',
      `The workbook has ${head.length} bytes; deliver it again.`,
    );
  }
  if (head.toString('latin1') === 'PK\u0003\u0004') return;
  throw new ObjectRejectedError('object.format', 'Expected an Excel workbook (.xlsx), found something else.');
}

async function need(read: (name: string) => Promise<string | undefined>, name: string): Promise<string> {
  const part = await read(name);
  if (part !== undefined) return part;
  throw new ObjectRejectedError(
    'object.format',
    `Expected an Excel workbook (.xlsx), found an archive without ${name}.`,
  );
}

async function partOf(
  { object }: Conversion,
  [member, other]: readonly ZipMember[],
  limits: Limits,
): Promise<string | undefined> {
  if (member === undefined) return undefined;
  if (other !== undefined) {
    throw new ObjectRejectedError(
      'object.unreadable',
      `The workbook has ${member.name} twice. Save it again and deliver that.`,
    );
  }
  if (member.bytes > MOST) {
    throw new ObjectRejectedError(
      'object.too_large',
      `${member.name} of the workbook has ${member.bytes} bytes, more than the ${MOST} that are read at once. Deliver it as CSV.`,
    );
  }
  const compressed = { size: object.size, blocks: object.blocks, range: object.range };
  const text = decodeUtf8(Buffer.concat(await Array.fromAsync(memberBytes(compressed, member, limits))));
  if (text !== undefined) return text;
  throw new ObjectRejectedError(
    'object.encoding',
    `${member.name} of the workbook is not UTF-8, as what Excel writes is. Save the workbook again and deliver that.`,
  );
}
