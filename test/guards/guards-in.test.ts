import { expect, test } from 'vitest';
import { guardsIn } from './guards-in.ts';

/** Runs code with its switches, one of them off. */
function run(code: string, off: number | undefined, given: unknown): unknown {
  const { guards, switched } = guardsIn('a.ts', code);
  const at = (number: number, value: unknown): unknown => (number === off ? guards[number]!.off : value);
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function('globalThis', 'given', switched)({ __guards: () => at }, given);
}
const kinds = (code: string): unknown[] =>
  guardsIn('a.ts', code).guards.map(({ at, kind, off }) => [at, kind, off]);

test('a condition that leaves, and each of its operands', () => {
  const code = `if (given < 0 || given > 9) return 'refused'; return 'taken';`;
  expect(kinds(code)).toEqual([
    ['a.ts:1:5', 'leaves', false],
    ['a.ts:1:5', 'operand', false],
    ['a.ts:1:18', 'operand', false],
  ]);
  expect([-1, 5, 10].map((n) => run(code, undefined, n))).toEqual(['refused', 'taken', 'refused']);
  expect([-1, 5, 10].map((n) => run(code, 0, n))).toEqual(['taken', 'taken', 'taken']);
  expect([-1, 5, 10].map((n) => run(code, 1, n))).toEqual(['taken', 'taken', 'refused']);
  expect([-1, 5, 10].map((n) => run(code, 2, n))).toEqual(['refused', 'taken', 'taken']);
});

test('a choice of a fault on either side', () => {
  const code = `return given > 9 ? 'fault' : given < 0 ? 'small' : 'unknown';`;
  expect(kinds(code)).toEqual([
    ['a.ts:1:8', 'choice', false],
    ['a.ts:1:30', 'choice', true],
  ]);
  expect([10, 5].map((n) => run(code, 0, n))).toEqual(['unknown', 'unknown']);
  expect([10, 5].map((n) => run(code, 1, n))).toEqual(['fault', 'small']);
});

test('the parts of a predicate', () => {
  const code = `return given.size === 1 && given.sum === 2 && given.end;`;
  expect(kinds(code).map((one) => (one as unknown[])[1])).toEqual(['predicate', 'predicate', 'predicate']);
  expect(run(code, undefined, { size: 1, sum: 0, end: true })).toBe(false);
  expect(run(code, 1, { size: 1, sum: 0, end: true })).toBe(true);
});

test('words of SQL, in templates and in plain texts; none in other texts', () => {
  const code =
    "const said = 'this and that'; return [`SELECT ${given} WHERE a IS NOT NULL AND b <= 2`, 'CASE WHEN a = 1 THEN 2 END', said];";
  const plain = ['SELECT x WHERE a IS NOT NULL AND b <= 2', 'CASE WHEN a = 1 THEN 2 END', 'this and that'];
  const { guards } = guardsIn('a.ts', code);
  expect(guards.map(({ kind, text }) => `${kind} ${text.split(' in ')[0]}`)).toEqual([
    'sql AND -> OR',
    'sql IS NOT NULL -> IS NULL',
    'sql <= -> <',
    'sql = -> <>',
  ]);
  expect(run(code, undefined, 'x')).toEqual(plain);
});

test('a throw is watched and not changed; code without guards stays as it is', () => {
  expect(kinds(`function f() { throw new Error('always'); }`)).toEqual([['a.ts:1:16', 'throw', undefined]]);
  expect(guardsIn('a.ts', 'const a = 1;').switched).toBe('const a = 1;');
});
