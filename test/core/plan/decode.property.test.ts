/** Decode in SQL against the reference of types and zod's own `safeParse`, over generated schemas, rules and texts. */

import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DefinitionError } from '../../../core/errors.ts';
import { columnsOf } from '../../../core/row.ts';
import type { Tag } from '../../../core/formats/format.ts';
import { decoded } from '../../support/decode.ts';
import { judgeRow, tableText, type ReceivedRow } from '../../support/decode-oracle.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { candidates, nested, SEED, tagged, type Candidate } from '../../support/schemas.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

const RUNS = 60;
const ROWS = 200;
/** Values that are compared at least, in each of the two. */
const PAIRS = 20_000;
const COLUMNS = 5;

interface Case {
  readonly columns: readonly Candidate[];
  readonly rows: readonly ReceivedRow[];
  readonly refined: boolean;
}

const caseOf = (isTagged: boolean): fc.Arbitrary<Case> =>
  fc
    .array(
      isTagged
        ? fc.oneof({ weight: 4, arbitrary: candidates }, { weight: 1, arbitrary: nested })
        : candidates,
      { minLength: 1, maxLength: COLUMNS },
    )
    .chain((columns) => {
      const field = (candidate: Candidate) =>
        isTagged ? tagged(candidate) : candidate.texts.map((text) => ({ text }));
      const row = fc.tuple(...columns.map(field));
      return fc.record({
        columns: fc.constant(columns),
        rows: fc.array(row, { minLength: ROWS, maxLength: ROWS }),
        refined: fc.boolean(),
      });
    });

const stored = ({ text, tag }: { text: string; tag?: Tag | '' }) =>
  tag === undefined ? text : tag === '' ? '' : `${tag}${text}`;

/** Where the engine and zod differ, and how many values were compared. */
async function compare(
  { columns: given, rows, refined }: Case,
  isTagged: boolean,
): Promise<{ wrong: string[]; pairs: number }> {
  const plain = z.object(Object.fromEntries(given.map(({ schema }, i) => [`c${i}`, schema])));
  const row = refined
    ? plain.refine((value) => JSON.stringify(value, show).length % 3 !== 0, { path: ['c0'] })
    : plain;
  const columns = columnsOf(row.shape, 'row');
  const rules = Object.fromEntries(given.map(({ rule }, i) => [`c${i}`, rule]));
  const texts = rows.map((fields) => fields.map(stored));
  const got = await decoded(engine, row, texts, { rules, tagged: isTagged });
  const wrong = rows.flatMap((received, i) => {
    const expected = judgeRow(row, columns, rules, received);
    const { values, reasons } = got[i]!;
    const codes = (reasons ?? []).map(({ column, code }) => `${column}:${code}`).sort();
    const rejected = new Set(codes.map((code) => code.split(':')[0]));
    const differs = columns.filter(({ name }, at) => {
      // A refinement of the row may name a column whose value is fine.
      if (rejected.has(name)) return !refined && values[name] !== null;
      return (
        reasons === null &&
        !same(columns[at]!.type, values[name]!, tableText(columns[at]!, expected.values[name]))
      );
    });
    const right = isDeepStrictEqual(codes, expected.issues.toSorted()) && differs.length === 0;
    return right
      ? []
      : [
          JSON.stringify(
            { received, got: got[i], expected, schemas: given.map(({ schema, rule }) => [schema.def, rule]) },
            show,
          ),
        ];
  });
  return {
    wrong: got.length === rows.length ? wrong : ['rows are lost'],
    pairs: rows.length * columns.length,
  };
}

function same(type: string, got: string | null, wanted: string | null): boolean {
  if (got === null || wanted === null) return got === wanted;
  if (type === 'number') return Object.is(Number(got), Number(wanted));
  return (
    got === wanted ||
    (/^[[{]/.test(got) && isDeepStrictEqual(bare(JSON.parse(got)), bare(JSON.parse(wanted))))
  );
}

/** A struct has every field: one that is missing is null there. */
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare);
  if (typeof value !== 'object' || value === null) return value === 0 ? 0 : value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== null)
      .map(([name, part]) => [name, bare(part)]),
  );
}

const show = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return `${value}n`;
  return value instanceof RegExp || typeof value === 'function' ? String(value) : value;
};

test.each([
  ['texts', false],
  ['JSON', true],
])('%s: the verdict, the codes and the values are those of zod', async (_name, isTagged) => {
  console.log(`seed ${SEED}`);
  let pairs = 0;
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(caseOf(isTagged), async (one) => {
      // Two random rules can contradict each other.
      const compared = await compare(one, isTagged).catch((error: unknown) => {
        if (error instanceof DefinitionError) return { wrong: [], pairs: 0 };
        throw error;
      });
      pairs += compared.pairs;
      refused += compared.pairs === 0 ? 1 : 0;
      expect(compared.wrong.slice(0, 3)).toEqual([]);
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: true },
  );
  console.log(`${pairs} values compared`);
  expect(pairs).toBeGreaterThan(PAIRS);
  expect(refused).toBeLessThan(RUNS / 4);
});
