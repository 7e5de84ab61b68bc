/** Numbers as JSON may write them, most of them on purpose where doubles are too coarse, too large or too small for them. */

import * as fc from 'fast-check';

const repeated = (digit: string, most: number) =>
  fc.integer({ min: 0, max: most }).map((count) => digit.repeat(count));

/** Digits that end a whole number or lie just beside it. */
const tails = fc
  .tuple(
    fc.oneof(repeated('0', 24), repeated('9', 24)),
    fc.constantFrom('', '', '1', '3', '49', '5', '50', '51', '7'),
  )
  .map((parts) => parts.join(''));

const wholes = fc.oneof(
  fc.constantFrom(0n, 1n, 9n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 51n, 2n ** 52n - 1n, 2n ** 52n),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
  fc.bigInt({ min: 0n, max: 10n ** 21n }),
  fc.nat({ max: 9999 }).map(BigInt),
);

/** A whole number and its tail: with a point, with an exponent that comes to the same, or with any other. */
const beside = fc
  .tuple(wholes, tails, fc.nat({ max: 40 }), fc.constantFrom('e', 'E'), fc.integer({ min: -420, max: 420 }))
  .chain(([whole, tail, more, e, power]) => {
    const zeros = '0'.repeat(more);
    const plain = tail === '' ? `${whole}` : `${whole}.${tail}`;
    const digits = `${whole}${tail}${zeros}`.replace(/^0+(?=\d)/, '');
    const same = `${digits}${e}${-tail.length - more}`;
    return fc.constantFrom(plain, plain, same, `${plain}${e}${power}`);
  });

export const numerals: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom('', '', '-'),
    fc.oneof(
      { weight: 6, arbitrary: beside },
      { weight: 2, arbitrary: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(String) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('0', '0.0', '0e-400', '1e-400', '1e400', '1e+2', '5e-324', '2e-324'),
      },
    ),
  )
  .map(([sign, numeral]) => sign + numeral);
