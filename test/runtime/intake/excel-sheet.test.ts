/** The cells of a sheet, as its XML says them: what is no value is none, and what cannot be is refused. */

import { expect, test } from 'vitest';
import { filledRows, sheetRows } from '../../../runtime/intake/excel-sheet.ts';

const facts = { texts: ['zero', 'one'], dates: [false, true], from1904: false };
const cellsOf = (cells: string) =>
  sheetRows(`<sheetData><row>${cells}<c r="XFD1"><v>0</v></c></row></sheetData>`, facts)[0]!.cells.slice(
    0,
    -1,
  );
const valuesOf = (cells: string) => cellsOf(cells).map(({ value }) => value);
const empty = { kind: 'empty' };
const text = (words: string) => ({ kind: 'text', text: words });
const date = (days: number) => ({ kind: 'date', days });
const other = (json: string) => ({ kind: 'other', json });
const unknown = other('{"error":"no value"}');

test.each<[string, string, object]>([
  ['no value', '<c/>', empty],
  ['an empty number', '<c><v></v></c>', empty],
  ['an empty number of a text', '<c t="s"><v/></c>', empty],
  ['an empty date', '<c t="d"><v></v></c>', empty],
  ['an empty text', '<c t="str"><v></v></c>', text('')],
  ['an empty text of its own', '<c t="inlineStr"><is><t/></is></c>', text('')],
  ['a text of its own that is not there', '<c t="inlineStr"><is/></c>', empty],
  ['a text that is shared', '<c t="s"><v> 1 </v></c>', text('one')],
  ['a text with its value in both places', '<c t="inlineStr"><v>v</v><is><t>t</t></is></c>', text('t')],
  ['a formula that gave a text', '<c t="str"><f>A1</f><v>v</v><is><t>t</t></is></c>', text('v')],
  ['a formula without a value', '<c><f>A1</f></c>', unknown],
  ['a formula with an empty number', '<c><f>A1</f><v></v></c>', unknown],
  ['a formula that gave nothing', '<c t="str"><f>A1</f><v></v></c>', text('')],
  ['truth', '<c t="b"><v>1</v></c><c t="b"><v>true</v></c>', other('true')],
  ['untruth', '<c t="b"><v>0</v></c><c t="b"><v>false</v></c>', other('false')],
  ['an error', '<c t="e"><v>#N/A</v></c>', other('{"error":"#N/A"}')],
  ['a number', '<c><v>-1.5E1</v></c><c t="n"><v> -15 </v></c>', other('-15')],
  ['half of one', '<c><v>.5</v></c><c><v>+0.5</v></c>', other('0.5')],
  ['a whole number that no double is', '<c><v>-09007199254740993</v></c>', other('-9007199254740993')],
  ['a number of a digit that Excel adds', '<c><v>0.10000000000000001</v></c>', other('0.1')],
  ['a number of more digits', '<c><v>0.123456789012345678</v></c>', other('0.123456789012345678')],
  ['a number of more digits and a power', '<c><v>-1.234567890123456789E+5</v></c>', other('-1.234567890123456789E+5')],
  ['a number smaller than doubles are', '<c><v>1e-400</v></c>', other('1e-400')],
  ['nothing, in many digits', '<c><v>0.0E-400</v></c><c><v>0</v></c>', other('0')],
  ['a number that is a date', '<c s="1"><v>0</v></c>', date(0)],
  ['a number of another style', '<c s="0"><v>5</v></c><c s="7"><v>5</v></c>', other('5')],
  ['a number below the first day', '<c s="1"><v>-1</v></c>', other('-1')],
  ['a day before the one that never was', '<c t="d"><v>1900-02-28</v></c>', date(59)],
  ['a day behind the one that never was', '<c t="d"><v>1900-03-01</v></c>', date(61)],
  ['a day with a time', '<c t="d"><v>1900-01-01T12:00:00Z</v></c><c t="d"><v>1900-01-01T12:00:00.000</v></c>', date(1.5)],
  ['a day that is none', '<c t="d"><v>2023-02-29T25:00:00</v></c>', text('2023-02-29T25:00:00')],
  ['a day in other words', '<c t="d"><v>1 March 1900</v></c>', text('1 March 1900')],
])('%s', (_, cells, expected) => {
  for (const value of valuesOf(cells)) expect(value).toEqual(expected);
}); // prettier-ignore

test('days are counted from 1904 where the workbook does', () => {
  const xml = '<row r="1"><c s="1"><v>-1462</v></c><c s="1"><v>-1463</v></c></row>';
  const [row] = sheetRows(xml, { ...facts, from1904: true });
  expect(row!.cells.map(({ value }) => value)).toEqual([date(0), other('-1463')]);
});

test('cells are in the column that they say, or in the next one', () => {
  const xml = '<c/><c r="C1"/><c/><c r="AB1"/>';
  expect(cellsOf(xml).map(({ column }) => column)).toEqual([1, 3, 4, 28]);
});

test('rows have the number that they say, or the next one, and are none without a value', () => {
  const one = '<c><v>1</v></c>';
  const xml = `<row>${one}</row><row r="4">${one}</row><row><c/></row><row>${one}</row>`;
  expect(sheetRows(xml, facts).map(({ number }) => number)).toEqual([1, 4, 6]);
});

test.each([
  ['<c t="s"><v>2</v></c>', 'a cell names a text that is not there'],
  ['<c t="s"><v>-1</v></c>', 'a cell names a text that is not there'],
  ['<c t="s"><v> </v></c>', 'a cell names a text that is not there'],
  ['<c t="s"><v>0x1</v></c>', 'a cell names a text that is not there'],
  ['<c><v>one</v></c>', 'a number is none'],
  ['<c><v> </v></c>', 'a number is none'],
  ['<c><v>0x10</v></c>', 'a number is none'],
  ['<c><v>1e999</v></c>', 'a number is none'],
  ['<c t="b"><v>yes</v></c>', 'a truth value is none'],
  ['<c r="1A"/>', 'a cell is in no column'],
  ['<c r="ABCD1"/>', 'a cell is in no column'],
  ['<c r="B1"/><c r="B1"/>', 'two cells are in one place'],
  ['<c r="B1"/><c r="A1"/><c/>', 'two cells are in one place'],
  ['</row><row r="1">', 'its rows are not in order'],
  ['</row><row r="x">', 'its rows are not in order'],
])('%s is refused', (cells, why) => {
  expect(() => cellsOf(cells)).toThrow(
    expect.objectContaining({
      code: 'object.unreadable',
      message: `The sheet cannot be read: ${why}. Save the workbook again and deliver that.`,
    }),
  );
});

test.each<[string, string, number]>([
  ['a row of each kind of value', '<row r="2"><c><v>1</v></c></row><x:row r="3"><x:c><x:t>a</x:t></x:c></x:row><row r="4"><c><f/></c></row>', 3],
  ['a row up to the header', '<row r="1"><c><v>1</v></c></row>', 0],
  ['rows without numbers', '<row><c><v>1</v></c></row><row><c><v>1</v></c></row>', 1],
  ['a row without a value', '<row r="2"><c><v></v></c><c/></row>', 0],
  ['what stands behind the last row', '<row r="2"><c><v>1</v></c></row></sheetData><f>A1</f>', 1],
  ['what stands behind a last row of nothing', '<row r="2"/></sheetData><f>A1</f>', 0],
  ['a row of nothing with another behind it', '<row r="2" s="1"/><row r="3"><c><v>1</v></c></row>', 1],
])('counted below the header: %s', (_, xml, count) => {
  expect(filledRows(`<sheetData>${xml}`, 1)).toBe(count);
}); // prettier-ignore
