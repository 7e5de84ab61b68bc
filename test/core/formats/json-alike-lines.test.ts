/** Records taken sixteen bytes at a time, against the way that looks at each byte. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Prepared } from '../../../core/formats/format.ts';
import { MOST, takeAlike } from '../../../core/formats/json-alike-lines.ts';
import { firstShape } from '../../../core/formats/json-shape.ts';
import { jsonl } from '../../../core/formats/jsonl.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf, prepared, SEED } from '../../support/formats.ts';

const FIELDS = ['a', 'b', 'c'];

function taken(text: string, fields = FIELDS) {
  const chunk = bytesOf(text);
  const shape = firstShape(chunk, null, { fields, notes: 0, limits: defaultLimits });
  const way = shape && takeAlike(chunk, shape);
  if (way === undefined) return undefined;
  const { count, next, rows, longest, isBeyondAscii } = way.take(chunk, 0);
  return { count, next, rows: Buffer.from(rows).toString(), longest, isBeyondAscii, digits: way.digits() };
}

const line = (a: string, b: string, c: string): string => `{"a":${a},"b": ${b},"c":${c}}\n`;
const good = line('12', '"x"', 'true');

describe('takes records', () => {
  test.each([
    ['of whole numbers, texts and truth', line('-7', '"é, \u007f"', 'false'), '-7\u001fé, \u007f\u001ffalse'],
    ['with nothing in a text', line('0', '""', 'true'), '0\u001f\u001ftrue'],
    ['with fractions', line('-0.50', '"y"', 'true'), '-0.50\u001fy\u001ftrue'],
    ['with a long text', line('1', `"${'abc'.repeat(20)}"`, 'true'), `1\u001f${'abc'.repeat(20)}\u001ftrue`],
    ['with 15 digits', line('123456789012345', '"y"', 'true'), '123456789012345\u001fy\u001ftrue'],
    ['that end with CRLF', line('3', '"y"', 'true').replace('\n', '\r\n'), '3\u001fy\u001ftrue'],
  ])('%s', (_, text, row) => {
    const rows = `12\u001fx\u001ftrue\n${row}\n`;
    expect(taken(good + text + good)).toMatchObject({ count: 3, rows: `${rows}12\u001fx\u001ftrue\n` });
  });

  test('and leaves out what nobody asked for', () => {
    expect(taken(good + line('-345', '"y"', 'false'), ['c', 'a'])).toEqual({
      count: 2,
      next: 57,
      rows: '12\u001ftrue\n-345\u001ffalse\n',
      longest: 11,
      isBeyondAscii: false,
      digits: [4, 0, 0],
    });
  });

  test.each([
    ['an exponent', line('1e3', '"x"', 'true')],
    ['an exponent behind a fraction', line('1.5E3', '"x"', 'true')],
    ['a whole number that is -0', line('-0', '"x"', 'true')],
    ['a nought before other digits', line('012', '"x"', 'true')],
    ['a point without digits', line('1.', '"x"', 'true')],
    ['a sign alone', line('-', '"x"', 'true')],
    ['16 digits', line('1234567890123456', '"x"', 'true')],
    ['an escape in a text', line('1', '"\\n"', 'true')],
    ['an escape far behind in a text', line('1', `"${'x'.repeat(40)}\\""`, 'true')],
    ['a control character in a text', line('1', '"\u001f"', 'true')],
    ['a text that is not closed', line('1', '"x', 'true')],
    ['another type', line('"1"', '"x"', 'true')],
    ['null', line('1', 'null', 'true')],
    ['a word that is nearly true', line('1', '"x"', 'trux')],
    ['a word that is nearly false', line('1', '"x"', 'falsy')],
    ['another key', line('1', '"x"', 'true').replace('"b"', '"d"')],
    ['other white space', line('1', '"x"', 'true').replace(': ', ':')],
    ['something behind it', line('1', '"x"', 'true').replace('\n', ' \n')],
    ['CR alone behind it', line('1', '"x"', 'true').replace('\n', '\r')],
    ['no line end', line('1', '"x"', 'true').trimEnd()],
    ['nothing on its line', '\n'],
  ])('and stops before %s', (_, text) => {
    expect(taken(good + text + good)).toMatchObject({
      count: 1,
      next: good.length,
      rows: '12\u001fx\u001ftrue\n',
    });
    // What is left behind in the memory is not read on.
    taken(good.repeat(100));
    expect(taken(good + text)).toMatchObject({ count: 1, next: good.length });
  });

  test('and not at all where others are to be expected', () => {
    expect(taken('{"a":null,"b":1}\n')).toBeUndefined();
    expect(taken('{"a":[1],"b":1}\n')).toBeUndefined();
    expect(
      taken(`{${Array.from({ length: 513 }, (_, i) => `"k${i}":1`).join(',')},"a":1}\n`),
    ).toBeUndefined();
    expect(taken('{"a":""}\n', ['a'])).toMatchObject({ count: 0, rows: '' });
  });
});

test('the rows and what is told of them are those of the slow way', () => {
  const integer = fc.integer({ min: -1000, max: 1000 }).map(String);
  const text = fc
    .string({ unit: fc.constantFrom(...'ab ,.é👍'), maxLength: 30 })
    .map((plain) => JSON.stringify(plain));
  const odd = fc.tuple(
    fc.constantFrom('0', '-0', '1e2', '01', '12345678901234567890', '1.25'),
    fc.constantFrom('"\\u00e9"', '"\\t"', '"x"', '"\\"'),
    fc.constantFrom('true', 'false'),
  );
  const record = fc.oneof(
    { weight: 60, arbitrary: fc.tuple(integer, text, fc.constantFrom('true', 'false')) },
    { weight: 1, arbitrary: odd },
  );
  const chunk = fc
    .array(record, { minLength: 1, maxLength: 150 })
    .map((all) => all.map((values) => line(values[0]!, values[1]!, values[2]!)).join(''));
  const plain = (found: Prepared) => ({ ...found, bytes: Buffer.from(found.bytes).toString() });
  let count = 0;
  fc.assert(
    fc.property(chunk, (given) => {
      count += taken(given)?.count ?? 0;
      const slow = prepared(jsonl(), bytesOf(given), {
        fields: FIELDS,
        limits: { ...defaultLimits, recordBytes: MOST - 1 },
      });
      expect(plain(prepared(jsonl(), bytesOf(given), { fields: FIELDS }))).toEqual(plain(slow));
    }),
    { numRuns: 300, seed: SEED },
  );
  expect(count).toBeGreaterThan(1000);
});
