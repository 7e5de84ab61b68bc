import { describe, expect, test } from 'vitest';
import { completeness } from '../../../core/checks/completeness.ts';
import { rowCount } from '../../../core/checks/row-count.ts';
import { DefinitionError } from '../../../core/errors.ts';

describe('rowCount', () => {
  const judge = (rule: Parameters<typeof rowCount>[0], rows: number, loaded: number[] = []) =>
    rowCount(rule).judge({ rows }, { loaded });

  test.each([
    [{ min: 10 }, 10, true],
    [{ min: 10 }, 9, false],
    [{ max: 10 }, 10, true],
    [{ max: 10 }, 11, false],
  ])('%j with %d rows: %s', (rule, rows, passed) => {
    expect(judge(rule, rows).passed).toBe(passed);
  });

  test('sigmas are judged once there are five runs, by their mean and spread', () => {
    const earlier = [100, 110, 90, 100, 100];
    expect(judge({ sigmas: 3 }, 5, earlier.slice(1)).passed).toBe(true);
    expect(judge({ sigmas: 3 }, 5, earlier)).toEqual({
      passed: false,
      message: '5 rows, expected 81 to 119 (mean of 5 runs ± 3 sigmas)',
    });
    expect(judge({ sigmas: 3 }, 119, earlier).passed).toBe(true);
    expect(judge({ sigmas: 3 }, 120, earlier).passed).toBe(false);
  });

  test('without sigmas earlier runs say nothing', () => {
    const earlier = [1, 1, 1, 1, 1];
    expect(judge({ min: 1 }, 10, earlier)).toEqual({ passed: true, message: '10 rows' });
    expect(judge({ max: 5 }, 10, earlier)).toEqual({ passed: false, message: '10 rows, expected at most 5' });
  });

  test('equal runs allow no other number', () => {
    expect(judge({ sigmas: 3 }, 7, [7, 7, 7, 7, 7]).passed).toBe(true);
    expect(judge({ sigmas: 3 }, 8, [7, 7, 7, 7, 7]).passed).toBe(false);
  });

  test('a rule that says nothing is refused', () => {
    expect(() => rowCount({})).toThrow(DefinitionError);
    expect(() => rowCount({ sigmas: 0 })).toThrow(DefinitionError);
  });
});

describe('completeness', () => {
  const judge = (atLeast: number, present: number, rows: number) =>
    completeness({ column: 'a' }, { atLeast }).judge({ present, rows }, { loaded: [] }).passed;

  test.each([
    [0.95, 95, 100, true],
    [0.95, 94, 100, false],
    [1, 0, 0, true],
    [0, 0, 3, true],
  ])('at least %d with %d of %d: %s', (atLeast, present, rows, passed) => {
    expect(judge(atLeast, present, rows)).toBe(passed);
  });

  test('a share above 1 is refused', () => {
    expect(() => completeness({ column: 'a' }, { atLeast: 95 })).toThrow(DefinitionError);
  });
});
