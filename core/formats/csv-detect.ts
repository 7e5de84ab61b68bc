/** What a definition leaves open in a CSV object, told from its first bytes by the names that are asked for. */

import { ObjectRejectedError } from '../errors.ts';
import type { Limits } from '../limits.ts';
import { afterLine, csvHeader } from './csv-header.ts';
import { shapeOf, type ReadCsvOptions } from './csv-options.ts';
import type { Expected, Found, Header } from './format.ts';

const DELIMITERS = [',', ';', '\t', '|'] as const;
/** The bytes that are looked at, more for a longer header: the same ones whatever the blocks are in which an object comes. */
const WINDOW = 64 * 1024;
const MOST_LINES = 1000;

interface Fit {
  readonly delimiter: string;
  /** Lines before it. */
  readonly line: number;
  /** Where it ends: found from a blank line or a comment before it, it is the same. */
  readonly end: number;
  readonly fields: readonly string[];
  /** How many of the asked names it has. */
  readonly names: number;
}

/**
 * The delimiter by which the header names what is asked for, and the line that it stands on. Where no delimiter makes
 * that header, nothing is found, and the object is judged as if it had commas.
 * @returns undefined if more bytes are needed.
 * @throws ObjectRejectedError `object.header` where several headers would do, and do not say the same.
 */
export function detectCsv(
  head: Uint8Array,
  atEnd: boolean,
  options: ReadCsvOptions,
  expected: Expected,
  limits: Limits,
): Found | undefined {
  const said = firstLineSays(head, options);
  if (said !== undefined) return said;
  const isOpen = options.delimiter === undefined || options.preamble === 'until-header';
  const isAsked = options.columns !== undefined || expected.names.length > 0;
  if (!isOpen || !isAsked || (head.length === 0 && atEnd)) return {};
  return detectIn(head, atEnd, { options, expected, limits, bytes: Math.min(WINDOW, limits.headerBytes) });
}

/**
 * A first line `sep=;`, as spreadsheets read it: it says the delimiter, and the header follows. One that does not fit what
 * the definition says is no such line.
 */
function firstLineSays(head: Uint8Array, options: ReadCsvOptions): Found | undefined {
  const end = afterLine(head.subarray(0, 12), 0, false);
  const line = end === undefined ? '' : String.fromCharCode(...head.subarray(0, end));
  const [, quote = '', delimiter] = /^("?)sep=([^\r\n])\1(?:\r\n?|\n)$/i.exec(line) ?? [];
  if (delimiter === undefined || (quote !== '' && quote !== options.quote)) return undefined;
  if (options.preamble !== 0 || (options.delimiter ?? delimiter) !== delimiter) return undefined;
  if (delimiter === options.quote || delimiter === options.comment) return undefined;
  return Object.freeze({ ...(options.delimiter === undefined ? { delimiter } : {}), preamble: 1 });
}

interface Window {
  readonly options: ReadCsvOptions;
  readonly expected: Expected;
  readonly limits: Limits;
  readonly bytes: number;
}

function detectIn(head: Uint8Array, atEnd: boolean, look: Window): Found | undefined {
  const { options, expected, limits, bytes } = look;
  if (head.length < bytes && !atEnd) return undefined;
  const window = head.subarray(0, bytes);
  const isWhole = atEnd && window.length === head.length;
  const asked: Expected =
    options.columns === undefined ? expected : { names: options.columns, required: options.columns };
  const starts = linesOf(window, isWhole, options.preamble);
  const fits = starts.flatMap((start, line) => {
    const rest = window.subarray(start);
    return delimitersOf(options).flatMap((delimiter): Fit[] => {
      const shape = shapeOf(options, delimiter);
      const header = attempt(() => csvHeader(rest, isWhole, limits, shape));
      if (header === undefined) return [];
      const fields = header.fields!;
      const names = options.columns === undefined ? namesIn(fields, asked) : placesIn(fields, asked);
      return names === 0 ? [] : [{ delimiter, line, end: start + header.bytes, fields, names }];
    });
  });
  const isBlank = (): boolean =>
    starts.every((start) => {
      const header = attempt(() => csvHeader(window.subarray(start), isWhole, limits, shapeOf(options)));
      return header?.fields!.length === 0;
    });
  const most = Math.max(0, ...fits.map(({ names }) => names));
  const best = fits.filter(({ names }) => names === most);
  const [first] = best;
  if (first === undefined) {
    if (options.preamble === 'until-header') throw nowhere(window.length, asked);
    const isLonger = starts.every((start) => afterLine(window, start, isWhole) === undefined);
    if (isLonger && bytes < limits.headerBytes)
      return detectIn(head, atEnd, { ...look, bytes: limits.headerBytes });
    if (options.ragged === true && options.columns !== undefined && !isBlank()) throw untold(options.columns);
    return {};
  }
  const other =
    fits.find(({ end }) => end !== first.end) ?? best.find(({ fields }) => !same(fields, first.fields));
  if (other !== undefined) throw ambiguous(first, other, options);
  return Object.freeze({
    ...(options.delimiter === undefined ? { delimiter: first.delimiter } : {}),
    ...(options.preamble === 'until-header' ? { preamble: first.line } : {}),
  });
}

const delimitersOf = ({ delimiter, quote, comment }: ReadCsvOptions): readonly string[] =>
  delimiter === undefined ? DELIMITERS.filter((one) => one !== quote && one !== comment) : [delimiter];

/** Where the lines start that may be the header. */
function linesOf(window: Uint8Array, isWhole: boolean, preamble: number | 'until-header'): number[] {
  const starts = [0];
  const most = preamble === 'until-header' ? MOST_LINES : preamble;
  for (let at = 0; starts.length <= most;) {
    const next = afterLine(window, at, isWhole);
    if (next === undefined || next >= window.length) break;
    starts.push(next);
    at = next;
  }
  return preamble === 'until-header' ? starts : starts.slice(preamble, preamble + 1);
}

/** How many of the asked names a header has; 0 if one that is required is missing or stands there twice. */
function namesIn(fields: readonly string[], { names, required }: Expected): number {
  const times = new Map<string, number>();
  for (const name of fields) times.set(name, (times.get(name) ?? 0) + 1);
  if (required.some((name) => times.get(name) !== 1)) return 0;
  return names.filter((name) => times.has(name)).length;
}

/** Without a header, the first record must have as many fields as there are columns. */
const placesIn = (fields: readonly string[], { names }: Expected): number =>
  fields.length === names.length ? 1 : 0;

function attempt(make: () => Header | undefined): Header | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof ObjectRejectedError) return undefined;
    throw error;
  }
}

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name, i) => name === b[i]);

function ambiguous(one: Fit, other: Fit, { columns }: ReadCsvOptions): ObjectRejectedError {
  const by = ({ delimiter, fields, line }: Fit) =>
    `${fields.length} fields on line ${line + 1} by ${JSON.stringify(delimiter)}`;
  return new ObjectRejectedError(
    'object.header',
    `The ${columns === undefined ? 'header' : 'first record'} can be read in several ways: ${by(one)}, ${by(other)}. ` +
      'Say which is meant: format.csv({ delimiter: …, preamble: … }).',
  );
}

/** Where records may be ragged, any delimiter would make rows of them. */
const untold = ({ length }: readonly string[]): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.header',
    `The delimiter cannot be told: by none of ${DELIMITERS.map((one) => JSON.stringify(one)).join(' ')} the first record has ` +
      `${length} fields. Say which it is: format.csv({ delimiter: … }).`,
  );

const nowhere = (bytes: number, { required }: Expected): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.header',
    `No line in the first ${bytes} bytes is the header: none has the fields ` +
      `${required
        .slice(0, 20)
        .map((name) => JSON.stringify(name))
        .join(', ')} once each.`,
  );
