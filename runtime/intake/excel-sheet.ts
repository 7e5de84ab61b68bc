/** The rows of a sheet that have anything in them, and what their cells hold. */

import { ObjectRejectedError } from '../../core/errors.ts';
import { plainText } from './excel-text.ts';
import { readXml } from './xml.ts';

export type CellValue =
  | { readonly kind: 'empty' }
  | { readonly kind: 'text'; readonly text: string }
  /** A number as Excel counts days. */
  | { readonly kind: 'date'; readonly days: number }
  /** A number, a boolean, or for a formula without a value an object that says why. */
  | { readonly kind: 'other'; readonly json: string };

export interface SheetRow {
  /** As Excel counts, from 1. */
  readonly number: number;
  readonly cells: readonly { readonly column: number; readonly value: CellValue }[];
}

export interface SheetFacts {
  readonly texts: readonly string[];
  readonly dates: readonly boolean[];
  readonly from1904: boolean;
}

/** Days between the first days of both ways of counting. */
const DAYS_TO_1904 = 1462;

export function sheetRows(xml: string, { texts, dates, from1904 }: SheetFacts): SheetRow[] {
  const rows: SheetRow[] = [];
  let number = 0;
  let cells: { column: number; value: CellValue }[] = [];
  let column = 0;
  const columns = new Set<number>();
  let type = 'n';
  let style = 0;
  let given: string | undefined;
  let own: string | undefined;
  let into: 'given' | 'own' | undefined;
  let isSpoken = false;
  let hasFormula = false;

  readXml(xml, 'The sheet', {
    open(name, attribute) {
      if (name === 'row') {
        const before = number;
        number = Number(attribute('r') ?? before + 1);
        if (!(number > before)) throw damaged('its rows are not in order');
        cells = [];
        column = 0;
        columns.clear();
      } else if (name === 'c') {
        const place = attribute('r');
        column = place === undefined ? column + 1 : columnOf(place);
        if (columns.has(column)) throw damaged('two cells are in one place');
        columns.add(column);
        type = attribute('t') ?? 'n';
        style = Number(attribute('s') ?? 0);
        given = undefined;
        own = undefined;
        hasFormula = false;
      } else if (name === 'f') {
        hasFormula = true;
      } else if (name === 'rPh') {
        isSpoken = true;
      } else if (name === 'v') {
        into = 'given';
        given ??= '';
      } else if (name === 't' && !isSpoken) {
        into = 'own';
        own ??= '';
      }
    },
    text(more) {
      if (into === 'given') given! += more;
      else if (into === 'own') own! += more;
    },
    close(name) {
      if (name === 'v' || name === 't') into = undefined;
      else if (name === 'rPh') isSpoken = false;
      else if (name === 'c') cells.push({ column, value: cellValue() });
      else if (name === 'row' && cells.some((cell) => cell.value.kind !== 'empty'))
        rows.push({ number, cells });
    },
  });
  return rows;

  function cellValue(): CellValue {
    // Some writers give a text of a cell's own in both places.
    const value = type === 'inlineStr' ? (own ?? given) : (given ?? own);
    // A formula that was never worked out has a value that nobody knows.
    if (hasFormula && (value === undefined || (value === '' && type !== 'str')))
      return { kind: 'other', json: '{"error":"no value"}' };
    if (value === undefined || (value === '' && type !== 'str' && type !== 'inlineStr'))
      return { kind: 'empty' };
    switch (type) {
      case 's': {
        const text = /^\s*\d+\s*$/.test(value) ? texts[Number(value)] : undefined;
        if (text === undefined) throw damaged('a cell names a text that is not there');
        return { kind: 'text', text };
      }
      case 'str':
      case 'inlineStr':
        return { kind: 'text', text: plainText(value) };
      case 'd':
        return dayOf(value);
      case 'b':
        if (!['0', '1', 'false', 'true'].includes(value)) throw damaged('a truth value is none');
        return { kind: 'other', json: String(value === '1' || value === 'true') };
      case 'e':
        return { kind: 'other', json: JSON.stringify({ error: value }) };
      default: {
        const number = Number(value);
        if (!NUMBER.test(value) || !Number.isFinite(number)) throw damaged('a number is none');
        const days = from1904 ? number + DAYS_TO_1904 : number;
        // To Excel there are no days before the first one: it shows such a number as none.
        if (dates[style] !== true || days < 0) return { kind: 'other', json: numeral(value, number) };
        return { kind: 'date', days };
      }
    }
  }
}

/** As XML writes numbers: JavaScript takes more for one, and a blank for zero. */
const NUMBER = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?\s*$/i;

/**
 * Excel keeps doubles, and writes some with a digit more than they need. Other programs write numbers that no double is,
 * and they stay as they are.
 */
function numeral(written: string, given: number): string {
  const [, sign, whole, part = '', power = ''] =
    /^\s*(-?)0*(\d+)(\.\d+)?(e[-+]?\d+)?\s*$/i.exec(written) ?? [];
  if (whole === undefined) return String(given);
  const digits = (whole + part.slice(1)).replace(/^0+/, '').length;
  const isLess = digits > 0 && given === 0;
  const isMore = part + power === '' ? !Number.isSafeInteger(given) : digits > EXCEL_DIGITS;
  return isMore || isLess ? `${sign}${whole}${part}${power}` : String(given);
}

const EXCEL_DIGITS = 17;
const DAY = 86_400_000;
const FIRST_DAY = Date.UTC(1899, 11, 31);
/** Excel counts a day that never was, behind the 28th of February 1900. */
const LAST_BEFORE = 59;

/** A date that is written as ISO 8601, as the days that Excel would count. */
function dayOf(written: string): CellValue {
  const shape = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,3})?)?Z?$/.test(written);
  const time = shape
    ? Date.parse(written.endsWith('Z') || !written.includes('T') ? written : `${written}Z`)
    : NaN;
  if (Number.isNaN(time)) return { kind: 'text', text: written };
  const days = (time - FIRST_DAY) / DAY;
  return { kind: 'date', days: days >= LAST_BEFORE + 1 ? days + 1 : days };
}

/** A value that is not empty, a text, or a formula. */
const FILLED = /<(?:\w+:)?(?:v(?:\s[^>]*)?>[^<]|t(?:\s[^>]*)?>|f[\s>/])/;

/** Counted by the text of the sheet alone: rows below the header that have a value in a cell. */
export function filledRows(xml: string, header: number): number {
  let count = 0;
  let number = 0;
  for (const rest of xml.split(/<(?:\w+:)?row(?=[\s>/])/).slice(1)) {
    // What stands behind the last row has formulas too, such as those of formats.
    const [row] = rest.split(/<\/(?:\w+:)?row\s*>/, 1) as [string];
    const attributes = row.slice(0, row.indexOf('>'));
    number = Number(/\sr\s*=\s*["'](\d+)["']/.exec(attributes)?.[1] ?? number + 1);
    if (number <= header || attributes.endsWith('/')) continue;
    if (FILLED.test(row)) count++;
  }
  return count;
}

/** `AB12` is in column 28. */
function columnOf(place: string): number {
  const [, letters] = /^([A-Z]{1,3})\d+$/.exec(place) ?? [];
  if (letters === undefined) throw damaged('a cell is in no column');
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0);
}

const damaged = (why: string): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.unreadable',
    `The sheet cannot be read: ${why}. Save the workbook again and deliver that.`,
  );
