/** CSV against the engine and an independent parser: the same texts and counts, however it was written and cut. */

import { parse } from 'csv-parse/sync';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { csvScanner } from '../../../core/formats/csv-scan.ts';
import { csvNotes } from '../../../core/formats/csv-shape.ts';
import { csv } from '../../../core/formats/csv.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { isUtf8, isUtf8Range } from '../../../core/formats/utf8.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { bytesOf, canonicalRows, engineRows, prepared, scanned, SEED } from '../../support/formats.ts';

interface Written {
  readonly delimiter: string;
  readonly quote: string;
  readonly newline: string;
  readonly lastNewline: boolean;
  readonly rows: readonly (readonly string[])[];
  /** Which fields to quote although they need none. */
  readonly quoteMore: readonly boolean[];
}

const delimiters = [',', ';', '\t', '|', ' ', ':', '\u0001', 'x', "'"];
const written: fc.Arbitrary<Written> = fc
  .record({
    delimiter: fc.constantFrom(...delimiters),
    quote: fc.constantFrom('"', "'", '`'),
    newline: fc.constantFrom('\n', '\r\n', '\r'),
    lastNewline: fc.boolean(),
    columns: fc.integer({ min: 1, max: 5 }),
    quoteMore: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
  })
  .filter(({ delimiter, quote }) => delimiter !== quote)
  .chain(({ columns, ...rest }) => {
    const character = fc.constantFrom(
      ...delimiters,
      ...'"\'`\n\r \u00a0\ufeff#\\NaÅ👍0-',
      rest.quote,
      rest.delimiter,
      rest.newline,
    );
    const field = fc.oneof(
      fc.array(character, { maxLength: 6 }).map((characters) => characters.join('')),
      fc.constantFrom('', 'NULL', '\\N', 'plain', ' padded '),
    );
    const row = fc.array(field, { minLength: columns, maxLength: columns });
    return fc.array(row, { maxLength: 8 }).map((rows) => ({ ...rest, rows }));
  });

/** A small writer: quotes what needs it, and more where told to. */
function write({ delimiter, quote, newline, lastNewline, rows, quoteMore }: Written): string {
  const columns = rows[0]?.length ?? 2;
  let at = 0;
  const lines = rows.map((row) =>
    row
      .map((text, i) => {
        const needs =
          [delimiter, '\n', '\r'].some((mark) => text.includes(mark)) ||
          text.startsWith(quote) ||
          (row.length === 1 && text === '' && i === 0);
        const isQuoted = needs || quoteMore[at++ % quoteMore.length];
        return isQuoted ? `${quote}${text.replaceAll(quote, quote + quote)}${quote}` : text;
      })
      .join(delimiter),
  );
  const header = Array.from({ length: columns }, (_, i) => `${i}`).join(delimiter);
  const text = [header, ...lines].join(newline);
  return lastNewline || lines.length === 0 ? text + newline : text;
}

const formatOf = ({ delimiter, quote }: Written) => csv({ delimiter, quote });
const blockSizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });

describe('any CSV that a writer may write', () => {
  let engine: OpenEngine;
  beforeAll(async () => {
    engine = await openEngine();
  });
  afterAll(() => engine.close());

  it('reads in the engine as it was meant, as it is and in canonical form, with the count of the scanner', async () => {
    let strict = 0;
    await fc.assert(
      fc.asyncProperty(written, async (file) => {
        const format = formatOf(file);
        const object = bytesOf(write(file));
        const { records } = scanned(format, object);
        expect(records).toBe(file.rows.length);
        if (records === 0) return;
        const asItIs = prepared(format, object);
        const exact = prepared(format, object, { exact: true });
        const texts = file.rows.map((row) => [...row]);
        expect(canonicalRows(exact)).toEqual(texts.map((fields) => ({ fields })));
        expect((await engineRows(engine, exact)).map(([, ...fields]) => fields)).toEqual(texts);
        const isStrict = asItIs.columns[0] !== '_fault';
        if (isStrict) strict++;
        const rows = await engineRows(engine, asItIs);
        expect(isStrict ? rows : rows.map(([, ...fields]) => fields)).toEqual(texts);
      }),
      { seed: SEED, numRuns: 400 },
    );
    // The property would be hollow if everything took the exact way.
    expect(strict).toBeGreaterThan(80);
  });

  it('is told into the same records as by csv-parse', () => {
    fc.assert(
      fc.property(written, (file) => {
        const text = write(file);
        const rows: string[][] = parse(text, {
          delimiter: file.delimiter,
          quote: file.quote,
          escape: file.quote,
          recordDelimiter: file.newline,
          relaxQuotes: true,
          skipEmptyLines: true,
        });
        expect(scanned(formatOf(file), bytesOf(text)).records).toBe(rows.length - 1);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });
});

/** What the scanner says of an object, or why it refuses it. */
function attempt(object: Uint8Array, blocks?: readonly number[]) {
  try {
    return scanned(csv(), object, blocks);
  } catch (error) {
    return (error as Error).message;
  }
}

const COMMAS = { delimiter: 44, lead: [], quote: 34, escape: -1, comment: -1, blanks: false };

describe('any bytes at all', () => {
  const anything = fc
    .array(fc.constantFrom('a', 'b', ',', '"', '\n', '\r', ' ', '\0', 'é', '""', '","', '\r\n'), {
      maxLength: 40,
    })
    .map((parts) => `h,i\n${parts.join('')}`);

  it('are told into the same records by any blocks, by the index, and as rows of the exact way', () => {
    fc.assert(
      fc.property(anything, blockSizes, (text, blocks) => {
        const format = csv();
        const object = bytesOf(text);
        const whole = attempt(object);
        expect(attempt(object, blocks)).toEqual(whole);
        if (typeof whole === 'string') return;
        const chunk = whole.body.subarray(0, whole.boundary);
        const index = format.index(chunk, whole.torn);
        expect(index.count).toBe(whole.records);
        expect(canonicalRows(prepared(format, object, { exact: true }))).toHaveLength(whole.records);
        for (let r = 0; r < index.count; r++) {
          expect(index.ends[r]!).toBeGreaterThan(index.starts[r]!);
          expect(index.starts[r]!).toBeGreaterThanOrEqual(r === 0 ? 0 : index.ends[r - 1]!);
        }
      }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  it('cut at any boundary give the records and notes of the parts', () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 12 }), (text, every) => {
        const format = csv();
        const object = bytesOf(text);
        const whole = attempt(object);
        if (typeof whole === 'string') return;
        const scanner = format.scanner(whole.header, defaultLimits);
        const parts: { start: number; end: number; records: number; notes: number; torn: number[] }[] = [];
        const cut = (): void => {
          const last = parts.at(-1)?.end ?? 0;
          const before = parts.reduce((sum, part) => sum + part.records, 0);
          if (scanner.records === before) return;
          const records = scanner.records - before;
          const torn = scanner.takeTorn!(scanner.boundary).map((place) => place - last);
          parts.push({ start: last, end: scanner.boundary, records, notes: scanner.takeNotes(), torn });
        };
        for (let at = 0; at < whole.body.length; at += every) {
          scanner.push(whole.body.subarray(at, at + every));
          cut();
        }
        scanner.end();
        cut();
        expect(parts.reduce((notes, part) => notes | part.notes, 0)).toBe(whole.notes);
        for (const { start, end, records, notes, torn } of parts) {
          const part = whole.body.subarray(start, end);
          expect(format.index(part, torn).count).toBe(records);
          if (torn.length > 0) continue;
          // What a part's notes say must be so even when the part is looked at alone.
          const alone = csvScanner(COMMAS, { fields: 2, recordBytes: Infinity, offset: 0 });
          alone.push(part);
          alone.end();
          expect(alone.takeNotes()).toBe(notes);
        }
      }),
      { seed: SEED, numRuns: 2000 },
    );
  });
});

describe('UTF-8', () => {
  it('is judged for a record as the platform judges it', () => {
    const pieces = fc.constantFrom(
      0x00,
      0x41,
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xe1,
      0xed,
      0xef,
      0xf0,
      0xf1,
      0xf4,
      0xf5,
      0xff,
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 6 }), (list) => {
        const bytes = Uint8Array.from(list);
        expect(isUtf8Range(bytes, 0, bytes.length)).toBe(isUtf8(bytes));
      }),
      { seed: SEED, numRuns: 20_000 },
    );
  });

  it('is judged in blocks that never cut a character', () => {
    const text = bytesOf(`x${'é'.repeat(600_000)}${'👍'.repeat(300_000)}`);
    expect(isUtf8(text)).toBe(true);
    expect(isUtf8(text.subarray(0, -1))).toBe(false);
    expect(isUtf8(text.subarray(2))).toBe(false);
  });
});

describe('notes', () => {
  it('are one bit each', () => {
    const bits = Object.values(csvNotes);
    expect(new Set(bits).size).toBe(bits.length);
    expect(bits.every((bit) => (bit & (bit - 1)) === 0)).toBe(true);
  });
});
