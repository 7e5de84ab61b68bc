/** What must come of a damaged file, worked out without the product: from the rules as they are written down. */

import { parse } from 'csv-parse/sync';
import type { DecodeOptions } from '../../core/decode-rule.ts';
import { columnsOf, type Column } from '../../core/row.ts';
import type { Received } from './meaning.ts';
import { judgeRow } from './decode-oracle.ts';
import type { FuzzFile } from './fuzz-files.ts';

/** A record's fate: the values of its row, or the reasons (`column:code`) for which it is rejected. */
export type Fate =
  { readonly row: Readonly<Record<string, unknown>> } | { readonly reasons: readonly string[] };

/** The fates of all records in order, or that the object as a whole is rejected. */
export function expectedOf(file: FuzzFile, bytes: Buffer): readonly Fate[] | 'rejected' {
  if (isForeign(bytes)) return 'rejected';
  const text = bytes.toString('latin1').replace(/^\u00ef\u00bb\u00bf/, '');
  if (file.text === 'csv') return csvFates(file, text);
  const records = file.text === 'jsonl' ? jsonLines(text) : jsonElements(text);
  return records === 'rejected' ? records : records.map((record) => jsonFate(file, record));
}

/** Texts hold one byte in each character, so that bytes that are not UTF-8 are not lost. */
function utf8(text: string): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, 'latin1'));
  } catch {
    return undefined;
  }
}

/** UTF-16, UTF-32, zip, zstd, xz, or as many zeros in the beginning. */
function isForeign(bytes: Buffer): boolean {
  const head = bytes.subarray(0, 64);
  const zeros = head.filter((byte) => byte === 0).length;
  const starts = [
    'fffe',
    'feff',
    '0000feff',
    '504b0304',
    '28b52ffd',
    'fd377a585a00',
    '1f8b',
    'd0cf11e0a1b11ae1',
  ];
  const isSparse = head.length >= 4 && zeros >= head.length / 4;
  return isSparse || starts.some((start) => head.toString('hex').startsWith(start));
}

interface CsvRecord {
  readonly raw: string;
  readonly fields: readonly string[];
  readonly isMalformed: boolean;
}

interface CsvLine extends CsvRecord {
  /** Where what follows it starts. */
  readonly next: number;
  readonly isOpen: boolean;
  /** A line end in a quoted field. */
  readonly isLong: boolean;
  /** A quote where none should be. */
  readonly isOdd: boolean;
}

/** The line from a place on, by quotes that are closed; with an open one, all the rest. */
function csvLine(text: string, delimiter: string, start: number): CsvLine {
  const quoted = /"((?:[^"]|"")*)"(?!")/y;
  const plain = new RegExp(`[^${delimiter}\\r\\n]*`, 'y');
  let at = start;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found?.[1] ?? found?.[0];
  };
  const fields: string[] = [];
  let [isMalformed, isLong, isOdd] = [false, false, false];
  for (;;) {
    if (text[at] === '"') {
      const field = take(quoted);
      if (field === undefined) {
        return {
          raw: text.slice(start),
          fields,
          isMalformed,
          next: text.length,
          isOpen: true,
          isLong,
          isOdd,
        };
      }
      fields.push(field.replaceAll('""', '"'));
      isLong ||= /[\r\n]/.test(field);
      if (take(plain) !== '') isMalformed = true;
    } else {
      fields.push(take(plain)!);
      isOdd ||= fields.at(-1)!.includes('"');
    }
    if (text[at] !== delimiter) break;
    at++;
  }
  const raw = text.slice(start, at);
  const next = at + (text.startsWith('\r\n', at) ? 2 : 1);
  return { raw, fields, isMalformed, next: Math.min(next, text.length), isOpen: false, isLong, isOdd };
}

/**
 * The records of CSV, or undefined where a quote is not closed.
 * @param fields of a whole record: then a quote that is not closed ends with its line, where whole records follow.
 */
export function csvRecords(text: string, delimiter: string, fields = 0): readonly CsvRecord[] | undefined {
  const records: CsvRecord[] = [];
  for (let at = 0; at < text.length;) {
    const line = csvLine(text, delimiter, at);
    const isTorn = line.isOpen || (line.isLong && (line.isMalformed || line.isOdd));
    if (line.isOpen && fields < 2) return undefined;
    const end = isTorn && fields >= 2 ? tornEnd(text, delimiter, fields, at, line) : undefined;
    if (end === undefined) {
      if (line.raw !== '') records.push(line);
      at = line.next;
    } else {
      records.push({ raw: text.slice(at, end), fields: [], isMalformed: true });
      at = end;
    }
  }
  return records;
}

function tornEnd(
  text: string,
  delimiter: string,
  fields: number,
  start: number,
  { next, isOpen }: CsvLine,
): number | undefined {
  const breaks = text.slice(start, next).matchAll(/\r\n|\r|\n/g);
  for (const found of [...breaks].slice(0, 100)) {
    const end = start + found.index + found[0].length;
    if (end < next && isFollowed(text, delimiter, fields, end)) return end;
  }
  return isOpen ? next : undefined;
}

/** Whether the next record is whole, and all of the next five but one, or of as many as there are in 64 KiB. */
function isFollowed(text: string, delimiter: string, fields: number, start: number): boolean {
  const window = text.slice(start, start + 65_536);
  const isAll = start + window.length === text.length;
  const are: boolean[] = [];
  for (let at = 0; at < window.length && are.length < 5;) {
    const line = csvLine(window, delimiter, at);
    const isComplete = line.next < window.length || /[\r\n]$/.test(window);
    if (!isAll && (line.isOpen || !isComplete)) break;
    at = line.next;
    if (line.raw === '') continue;
    const isWhole = !line.isOpen && !line.isMalformed && !line.isOdd && !line.raw.includes('\0');
    are.push(isWhole && line.fields.length === fields);
  }
  const bad = are.filter((isWhole) => !isWhole).length;
  return are[0] === true && bad <= 1 && bad < are.length - bad;
}

/** The same by an independent parser, which refuses more; undefined where it does. */
export function csvParsed(text: string, delimiter: string): readonly (readonly string[])[] | undefined {
  try {
    return parse(Buffer.from(text, 'latin1'), {
      delimiter,
      encoding: 'latin1',
      recordDelimiter: ['\r\n', '\n', '\r'],
      relaxColumnCount: true,
      skipEmptyLines: true,
    });
  } catch {
    return undefined;
  }
}

function csvFates({ delimiter, row, rules }: FuzzFile, text: string): readonly Fate[] | 'rejected' {
  const start = /[^\r\n]/.exec(text)?.index;
  if (start === undefined) return [];
  const header = csvLine(text, delimiter, start);
  if (header.isOpen) return 'rejected';
  const rest = csvRecords(text.slice(header.next), delimiter, header.fields.length);
  if (rest === undefined) return 'rejected';
  const columns = columnsOf(row.shape, 'oracle');
  const names = header.fields.map((name) => utf8(name));
  if (header.isMalformed || header.raw.includes('\0') || names.includes(undefined)) return 'rejected';
  const places = columns.map(({ name }) => names.indexOf(rules[name]?.from ?? name));
  const isLacking = columns.some(({ name, schema }) => {
    const times = names.filter((one) => one === (rules[name]?.from ?? name)).length;
    return times > 1 || (times === 0 && !schema.safeParse(undefined).success);
  });
  if (isLacking && (rest.length > 0 || names.length > 0)) return 'rejected';
  return rest.map(({ raw, fields, isMalformed }) => {
    if (isMalformed && fields.length === 0) return { reasons: ['null:malformed'] };
    if (utf8(raw) === undefined || raw.includes('\0')) return { reasons: ['null:encoding'] };
    if (isMalformed || fields.length !== names.length) return { reasons: ['null:malformed'] };
    const received = places.map((at): Received =>
      at === -1 ? { text: '', tag: '' } : { text: utf8(fields[at]!)! },
    );
    return judged(row, columns, rules, received);
  });
}

const isBlank = (text: string): boolean => /^[ \t\r\n]*$/.test(text);

function jsonLines(text: string): readonly string[] | 'rejected' {
  if (/^[ \t\r\n]*\[/.test(text)) return 'rejected';
  return text.split('\n').filter((line) => !isBlank(line));
}

/** Commas and brackets outside of texts tell the elements apart, whatever stands between. */
function jsonElements(text: string): readonly string[] | 'rejected' {
  if (isBlank(text)) return [];
  const open = /^[ \t\r\n]*\[/.exec(text);
  if (open === null) return 'rejected';
  const elements: string[] = [];
  const tokens = /"(?:[^"\\]|\\[^])*"|[^"]/y;
  let level = 0;
  let from = open[0].length;
  for (let at = from; ; at = tokens.lastIndex) {
    tokens.lastIndex = at;
    const token = tokens.exec(text)?.[0];
    if (token === undefined) return 'rejected';
    if (token === '[' || token === '{') level++;
    else if (token === ',' && level === 0) {
      elements.push(text.slice(from, at));
      from = at + 1;
    } else if ((token === ']' || token === '}') && level-- === 0) {
      if (token === '}' || !isBlank(text.slice(at + 1))) return 'rejected';
      const last = text.slice(from, at);
      return elements.length === 0 && isBlank(last) ? [] : [...elements, last];
    }
  }
}

function jsonFate({ row, rules }: FuzzFile, record: string): Fate {
  const malformed: Fate = { reasons: ['null:malformed'] };
  const text = utf8(record);
  if (text === undefined) return { reasons: ['null:encoding'] };
  const levels = deepest(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed;
  }
  if (levels > 100) return { reasons: ['null:too_deep'] };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return malformed;
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\]:,]|[^\s{}[\]:,"]+/g) ?? [];
  const found = new Map<string, string>();
  let level = 0;
  for (const [i, token] of tokens.entries()) {
    if (token === '{' || token === '[') level++;
    else if (token === '}' || token === ']') level--;
    else if (level === 1 && tokens[i + 1] === ':') {
      const key = JSON.parse(token) as string;
      if (found.has(key)) return malformed;
      found.set(key, tokens[i + 2]!);
    }
  }
  if (tokens.some((token) => token.startsWith('"') && !(JSON.parse(token) as string).isWellFormed())) {
    return { reasons: ['null:encoding'] };
  }
  const columns = columnsOf(row.shape, 'oracle');
  const received = columns.map(({ name }): Received => {
    const written = found.get(rules[name]?.from ?? name);
    if (written === undefined) return { text: '', tag: '' };
    if (written.startsWith('"')) return { text: JSON.parse(written) as string, tag: 's' };
    const tags = { t: 'b', f: 'b', n: 'z', '{': 'o', '[': 'a' } as const;
    const tag = tags[written[0] as keyof typeof tags] ?? 'n';
    const whole = (value as Record<string, unknown>)[rules[name]?.from ?? name];
    return { text: tag === 'o' || tag === 'a' ? JSON.stringify(whole) : written, tag };
  });
  return judged(row, columns, rules, received);
}

function deepest(text: string): number {
  let level = 0;
  let most = 0;
  for (const token of text.match(/"(?:[^"\\]|\\.)*"|[{}[\]]/g) ?? []) {
    if (token === '{' || token === '[') most = Math.max(most, ++level);
    else if (token === '}' || token === ']') level--;
  }
  return most;
}

function judged(
  row: FuzzFile['row'],
  columns: readonly Column[],
  rules: Readonly<Record<string, DecodeOptions>>,
  received: readonly Received[],
): Fate {
  const { issues, values } = judgeRow(row, columns, rules, received);
  return issues.length > 0 ? { reasons: issues } : { row: values };
}
