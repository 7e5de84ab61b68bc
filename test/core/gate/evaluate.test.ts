import { describe, expect, test } from 'vitest';
import type { Check } from '../../../core/checks/check.ts';
import { completeness } from '../../../core/checks/completeness.ts';
import { evaluate } from '../../../core/gate/evaluate.ts';

const gate = (atMost: number, read: number, rejected: number) =>
  evaluate({ gate: { rejected: { atMost } }, read, rejected, checks: [] });

describe('the share of rejected records', () => {
  test.each([
    [0.05, 1000, 50, false],
    [0.05, 1000, 51, true],
    [0.07, 100, 7, false],
    [0.29, 100, 29, false],
    [0.1, 10, 1, false],
    [0, 1000, 0, false],
    [0, 1000, 1, true],
    [1, 1000, 1000, false],
    [0, 0, 0, false],
  ])('at most %d of %d records, %d rejected: held %s', (atMost, read, rejected, held) => {
    expect(gate(atMost, read, rejected).held).toBe(held);
  });

  test('every share that is exactly the limit passes, and one record more is held', () => {
    for (let read = 1; read <= 200; read++) {
      for (let rejected = 0; rejected < read; rejected++) {
        expect(gate(rejected / read, read, rejected).held).toBe(false);
        expect(gate(rejected / read, read, rejected + 1).held).toBe(true);
      }
    }
  });

  test('says the numbers', () => {
    expect(gate(0.05, 1000, 123).because).toEqual([
      '12.3 % of the records were rejected, at most 5 % may be',
    ]);
  });
});

describe('checks on the run', () => {
  const check = (severity: 'fail' | 'warn'): Check => completeness({ column: 'a' }, { atLeast: 1, severity });
  const judged = (severity: 'fail' | 'warn', passed: boolean) =>
    evaluate({
      gate: { rejected: { atMost: 1 } },
      read: 1,
      rejected: 0,
      checks: [{ check: check(severity), verdict: { passed, message: 'so it is' } }],
    });

  test('only one that fails with severity `fail` holds the run', () => {
    expect(judged('fail', false)).toEqual({ held: true, because: ['check completeness: so it is'] });
    expect(judged('fail', true).held).toBe(false);
    expect(judged('warn', false).held).toBe(false);
  });
});
