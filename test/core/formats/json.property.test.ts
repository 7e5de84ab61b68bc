/** JSON against `JSON.parse`: the same verdicts and the same values, however it was written, cut or damaged. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Format } from '../../../core/formats/format.ts';
import { json } from '../../../core/formats/json.ts';
import { FAILED, jsonReading, skipSpace, skipValue } from '../../../core/formats/json-token.ts';
import { jsonl } from '../../../core/formats/jsonl.ts';
import { bytesOf, canonicalRows, prepared, scanned, SEED, type CanonicalRow } from '../../support/formats.ts';

const space = fc.constantFrom('', '', ' ', '\t', '\r', '  ');
const spaceOrLine = fc.constantFrom('', '', ' ', '\n', '\r\n\t', '  ');

/** A value as JSON with white space wherever it may stand. */
function spaced(value: unknown, next: () => string): string {
  const inner = (v: unknown): string => {
    if (Array.isArray(v)) return `[${next()}${v.map(inner).join(`${next()},${next()}`)}${next()}]`;
    if (typeof v === 'object' && v !== null) {
      const pairs = Object.entries(v).map(([k, w]) => `${JSON.stringify(k)}${next()}:${next()}${inner(w)}`);
      return `{${next()}${pairs.join(`${next()},${next()}`)}${next()}}`;
    }
    return JSON.stringify(v);
  };
  return `${next()}${inner(value)}${next()}`;
}

const keys = ['a', 'b', '', 'ä key', '__proto__', 'constructor', '"', '\\', 'toString'];
const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\u0000', '\u2028', '"', '\\u0041', '👍'),
);
const anyValue = fc.oneof(fc.jsonValue(), anyText, fc.constantFrom(1e300, -0, 1e-7, 0.1));
const anyRecord = fc
  .array(fc.tuple(fc.constantFrom(...keys), anyValue), { maxLength: 6 })
  // Every key becomes a property of its own, also `__proto__`.
  .map((pairs): Record<string, unknown> => Object.fromEntries(pairs));

/** What a canonical field says, as a value; undefined where it is missing. */
function valueOf(text: string): unknown {
  if (text === '') return undefined;
  if (text.startsWith('s')) return text.slice(1);
  const value: unknown = JSON.parse(text.slice(1));
  const tag = text[0]!;
  const kind = value === null ? 'z' : Array.isArray(value) ? 'a' : (typeof value)[0];
  expect(tag).toBe(kind);
  return value;
}

function fieldsOf(row: CanonicalRow): unknown[] {
  if ('faults' in row) throw new Error(`rejected: ${JSON.stringify(row.faults)}`);
  return row.fields.map(valueOf);
}

const expected = (record: Record<string, unknown>): unknown[] =>
  keys.map((key) => (Object.hasOwn(record, key) ? JSON.parse(JSON.stringify(record[key])) : undefined));

function writtenBy(format: Format, records: readonly string[]): string {
  return format.kind === 'jsonl' ? records.join('\n') : `[${records.join(',')}]`;
}

describe.each([
  ['jsonl', jsonl(), space],
  ['json', json(), spaceOrLine],
] as const)('any records as %s', (_, format, between) => {
  it('have their values, whatever white space is between', () => {
    fc.assert(
      fc.property(
        fc.array(anyRecord, { maxLength: 5 }),
        fc.array(between, { minLength: 1, maxLength: 9 }),
        (records, spaces) => {
          let turn = 0;
          const texts = records.map((record) => spaced(record, () => spaces[turn++ % spaces.length]!));
          const object = bytesOf(writtenBy(format, texts));
          expect(scanned(format, object).records).toBe(records.length);
          if (records.length === 0) return;
          const rows = canonicalRows(prepared(format, object, { fields: keys }));
          expect(rows.map(fieldsOf)).toEqual(records.map(expected));
        },
      ),
      { seed: SEED, numRuns: 1500 },
    );
  });

  it('are counted and found alike by any blocks', () => {
    const damage = fc.constantFrom('{', '}', '[', ']', ',', '"', '\\', '\n', ' ', '1', 'a', ':');
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            anyRecord.map((r) => JSON.stringify(r)),
            damage,
          ),
          { maxLength: 6 },
        ),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 3 }),
        (texts, blocks) => {
          const object = bytesOf(writtenBy(format, texts));
          const attempt = (sizes?: number[]) => {
            try {
              const { records, boundary } = scanned(format, object, sizes);
              return { records, boundary };
            } catch (error) {
              return (error as Error).message;
            }
          };
          const whole = attempt();
          expect(attempt(blocks)).toEqual(whole);
          if (typeof whole === 'string' || whole.records === 0) return;
          const rows = canonicalRows(prepared(format, object, { fields: ['a'] }));
          expect(rows).toHaveLength(whole.records);
        },
      ),
      { seed: SEED, numRuns: 1500 },
    );
  });
});

/** Whether our reading takes a text as one JSON value, and nothing else. */
function isTaken(text: string): boolean {
  const bytes = bytesOf(text);
  const end = skipValue(jsonReading(bytes, 100), 0, bytes.length, 100);
  return end !== FAILED && skipSpace(bytes, end, bytes.length) === bytes.length;
}

function isParsed(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('any text', () => {
  it('is JSON for us exactly where it is for JSON.parse, also when damaged', () => {
    const bits = fc.constantFrom(
      ...'{}[],:"\\/0123456789-+.eEtfnu \t\n\r\'\u0000\u001f\u00a0\ufeffé',
      ...'true false null NaN Infinity // /* \\u00 \\ud800 \\udc00 \\uD83D\\uDC4D 01 1. .5 1e "a": [[ ]] {}'.split(
        ' ',
      ),
    );
    const change = fc.tuple(fc.nat(), fc.nat({ max: 3 }), fc.array(bits, { maxLength: 2 }));
    const damaged = fc
      .tuple(fc.jsonValue(), fc.array(change, { maxLength: 3 }))
      .map(([value, changes]) =>
        changes.reduce((text, [at, cut, put]) => {
          const from = at % (text.length + 1);
          return text.slice(0, from) + put.join('') + text.slice(from + cut);
        }, JSON.stringify(value)),
      )
      .filter((text) => text.isWellFormed());
    const made = fc.array(bits, { maxLength: 8 }).map((parts) => parts.join(''));
    let valid = 0;
    fc.assert(
      fc.property(fc.oneof(damaged, made), (text) => {
        const parsed = isParsed(text);
        if (parsed) valid++;
        expect(isTaken(text)).toBe(parsed);
      }),
      { seed: SEED, numRuns: 30_000 },
    );
    expect(valid).toBeGreaterThan(3000);
  });
});
