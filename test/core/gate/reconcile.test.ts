import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReconciliationError } from '../../../core/errors.ts';
import { agree, balance, sumOfNumbers } from '../../../core/gate/reconcile.ts';

const books = { accepted: 5, quarantined: 1, filtered: 2, deduplicated: 3 };

test('books that agree pass', () => {
  expect(() => balance('x', { read: 11, ...books })).not.toThrow();
  expect(() => agree('x', { of: 'a', count: 1 }, { of: 'b', count: 1 })).not.toThrow();
});

test.each([10, 12])('%d read do not agree with 11, and the message has every number', (read) => {
  expect(() => balance('run 7', { read, ...books })).toThrow(ReconciliationError);
  expect(() => balance('run 7', { read, ...books })).toThrow(
    `run 7: ${read} read is not 5 accepted + 1 quarantined + 2 filtered + 3 deduplicated`,
  );
});

test('two counts that differ name who counted', () => {
  expect(() => agree('x', { of: 'intake', count: 3 }, { of: 'the engine', count: 2 })).toThrow(
    'intake counts 3, the engine counts 2',
  );
});

test('the sum of record numbers is that of counting them one by one', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(500), (first, count) => {
      const added = Array.from({ length: count }, (_, i) => BigInt(first + i)).reduce((a, b) => a + b, 0n);
      expect(sumOfNumbers(first, count)).toBe(added);
    }),
    { seed: 7 },
  );
});
