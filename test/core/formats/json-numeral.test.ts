/** JSON numbers with an exponent: the same number in plain digits, whichever way reads the record. */

import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { jsonl } from '../../../core/formats/jsonl.ts';
import { plainNumeral } from '../../../core/formats/json-numeral.ts';
import { bytesOf, canonicalRows, prepared, SEED } from '../../support/formats.ts';

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 25 });
const numerals = fc
  .tuple(
    fc.constantFrom('', '-'),
    digits.map((text) => text.replace(/^0+(?=.)/, '')),
    fc.oneof(fc.constant(''), digits.map((text) => `.${text}`)),
    fc.constantFrom('e', 'E', 'e+', 'e-', 'E-'),
    fc.oneof(fc.integer({ min: 0, max: 45 }).map(String), fc.constantFrom('007', '308', '400', '99999999999999999999')),
  )
  .map((parts) => parts.join('')); // prettier-ignore

/** A number as a fraction of whole numbers, or undefined where it would be a very large one. */
function worth(numeral: string): readonly [bigint, bigint] | undefined {
  const [, mantissa = '', power = '0'] = /^(.*?)(?:e(.*))?$/i.exec(numeral)!;
  const [whole = '', part = ''] = mantissa.split('.');
  const places = part.length - Number(power);
  if (Math.abs(places) > 500) return undefined;
  const all = BigInt(whole + part);
  return places > 0 ? [all, 10n ** BigInt(places)] : [all * 10n ** BigInt(-places), 1n];
}

const shown = (numeral: string): string | undefined => {
  const bytes = plainNumeral(bytesOf(`[${numeral}]`), 1, numeral.length + 1);
  return bytes && new TextDecoder().decode(bytes);
};

it('they are worth the same, to the last digit and as doubles', () => {
  let written = 0;
  fc.assert(
    fc.property(numerals, (numeral) => {
      const plain = shown(numeral);
      if (plain === undefined) return;
      written++;
      expect(plain).toMatch(/^-?(?:0|[1-9]\d*)(?:\.\d+)?$/);
      expect(Number(plain)).toBe(Number(numeral));
      if (Number(numeral) === 0 && !/[1-9].*e/i.test(numeral)) return;
      const [a, b] = worth(numeral)!;
      const [c, d] = worth(plain)!;
      expect(a * d).toBe(c * b);
    }),
    { seed: SEED, numRuns: 3000 },
  );
  expect(written).toBeGreaterThan(1500);
});

it('some of them', () => {
  const some = { '1e2': '100', '100e-2': '1.00', '-1.5E+3': '-1500', '0.05e1': '0.5', '1E-2': '0.01', '-0e9': '-0', '0e99999999999999999999': '0', '9.223372036854775807e18': '9223372036854775807' }; // prettier-ignore
  expect(Object.fromEntries(Object.keys(some).map((numeral) => [numeral, shown(numeral)]))).toEqual(some);
});

it('others are left as they are: without an exponent, or with one that only a double can hold', () => {
  const left = ['1', '-1.50', '1e400', '1e-400', '1.5e99999999999999999999'];
  expect(left.map(shown)).toEqual(left.map(() => undefined));
});

it('all ways to read a record write the same, also where it grows', () => {
  const many = Array.from({ length: 2000 }, (_, i) => `{"a":${i}e40,"b":"x","c":{"d":1e3}}`);
  const other = '{"b":"\\n","a":5e-1}';
  for (const lines of [many, [...many, other], [other, ...many]]) {
    const object = bytesOf(lines.join('\n'));
    const fields = ['a', 'b', 'c.d'];
    for (const asked of [fields, fields.slice(0, 2)]) {
      const usual = prepared(jsonl(), object, { fields: asked });
      expect(usual.told === undefined).toBe(lines !== many || asked === fields);
      const rows = canonicalRows(usual);
      expect(rows).toEqual(canonicalRows(prepared(jsonl(), object, { fields: asked, exact: true })));
      const seven = rows[lines.indexOf(many[7]!)] as { fields: string[] };
      expect(seven.fields).toEqual([`n7${'0'.repeat(40)}`, 'sx', 'n1000'].slice(0, asked.length));
    }
  }
});
