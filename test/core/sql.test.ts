import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DefinitionError } from '../../core/errors.ts';
import { literal, literals, quote, sql } from '../../core/sql.ts';
import { openEngine, type OpenEngine } from '../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

describe('sql', () => {
  test('names columns, makes values literals and keeps pieces of SQL', () => {
    const inner = sql`${{ column: 'a' }} + ${1}`;
    expect(sql`${inner} > ${'x'} AND ${{ column: 'say "b"' }} IS ${null}`).toEqual({
      text: `"a" + 1 > 'x' AND "say ""b""" IS NULL`,
      columns: ['a', 'say "b"'],
    });
  });

  test.each([[Number.NaN], [Infinity], [undefined], ['a\0b']])(
    'refuses %j, which has no literal',
    (value) => {
      expect(() => sql`${value as number}`).toThrow(DefinitionError);
    },
  );
});

describe('hostile names and values are data', () => {
  const attacks = [`'; DROP TABLE t; --`, `" OR 1=1 --`, '$$', '/*', '\\', "''''", '\n', '👍', ' ', `a"b'c`];

  test.each(attacks)('%j as a value', async (attack) => {
    expect(await engine.rows(`SELECT ${literal(attack)} AS v`)).toEqual([{ v: attack }]);
    expect(await engine.rows(`SELECT 1 AS n WHERE 'a' IN ${literals([attack, 'a'])}`)).toEqual([{ n: 1 }]);
  });

  test.each(attacks)('%j as a name', async (attack) => {
    expect(await engine.rows(`SELECT ${quote(attack)} AS v FROM (SELECT 7 AS ${quote(attack)})`)).toEqual([
      { v: 7 },
    ]);
  });

  test('any text without NUL comes back as it was', async () => {
    const seed = 20_261_121;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1, maxLength: 20 }),
        async (texts) => {
          const usable = texts.filter((text) => !text.includes('\0') && text.isWellFormed());
          fc.pre(usable.length > 0);
          const [row] = await engine.rows(
            `SELECT ${usable.map((text, i) => `${literal(text)} AS v${i}`).join(', ')}`,
          );
          expect(Object.values(row!)).toEqual(usable);
        },
      ),
      { seed, numRuns: 100 },
    );
  });
});
