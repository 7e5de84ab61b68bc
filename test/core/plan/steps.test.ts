/** The steps as SQL on a real engine: where each row goes, and what an expression that fails does to its neighbours. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { column, date, flag, int, number, text } from '../../../core/derived.ts';
import { DefinitionError } from '../../../core/errors.ts';
import type { Layer } from '../../../core/layer.ts';
import { applySteps } from '../../../core/plan/steps.ts';
import { judgeRows } from '../../../core/plan/row-checks.ts';
import { between } from '../../../core/checks/between.ts';
import { unique } from '../../../core/checks/unique.ts';
import { columnsOf } from '../../../core/row.ts';
import { ReceivedRows, type Rows, type Shape } from '../../../core/rows.ts';
import { REASONS_TYPE } from '../../../core/reasons.ts';
import { sql } from '../../../core/sql.ts';
import { z } from 'zod';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => {
  engine = await openEngine();
});
afterAll(() => engine.close());

const shape = { id: z.int().nullable(), name: z.string().nullable(), n: z.int().nullable() };
type In = typeof shape;

/** Rows as a layer: accepted all, numbered from 0. */
function rows(...values: readonly (readonly [number | null, string | null, number | null])[]): Layer {
  const list = values
    .map(
      ([id, name, n], i) =>
        `(${id ?? 'NULL'}, ${name === null ? 'NULL' : `'${name}'`}, ${n ?? 'NULL'}, ${i})`,
    )
    .join(', ');
  return {
    columns: columnsOf(shape, 'test'),
    sql: `SELECT id::BIGINT AS id, name::VARCHAR AS name, n::BIGINT AS n, i AS "_n", NULL::${REASONS_TYPE} AS "_reasons",
  FALSE AS "_filtered", FALSE AS "_deduplicated", TIMESTAMPTZ '2026-01-01 00:00:00Z' AS "_run_time" FROM (VALUES ${list}) v(id, name, n, i)`,
  };
}

async function after<Out extends Shape>(layer: Layer, transform: (r: ReceivedRows<In>) => Rows<Out>) {
  const { steps } = transform(new ReceivedRows(shape));
  return placed(applySteps(layer, steps, 'test'));
}

/** Where each row stands, in record order. */
async function placed(layer: Layer) {
  const found = await engine.rows(
    `SELECT * EXCLUDE ("_reasons", "_run_time"), to_json("_reasons")::VARCHAR AS reasons FROM (${layer.sql}) ORDER BY "_n"`,
  );
  return found.map((row) => {
    const reasons = row['reasons'] === null ? null : JSON.parse(String(row['reasons']));
    const place = reasons
      ? reasons.map((r: { code: string; column: string | null }) => `${r.code} ${r.column}`).join('; ')
      : row['_filtered']
        ? 'filtered'
        : row['_deduplicated']
          ? 'deduplicated'
          : 'accepted';
    return { ...row, place };
  });
}
const places = (found: readonly { place: string }[]) => found.map(({ place }) => place);

describe('where', () => {
  test('keeps what is TRUE; FALSE and NULL are filtered; what fails is rejected, its neighbours are not', async () => {
    const layer = rows([1, 'a', 1], [2, 'b', 0], [3, null, null], [4, 'd', 4]);
    const found = await after(layer, (r) =>
      r.where((o) => sql`CASE WHEN ${o.id} = 4 THEN ${o.name}::INTEGER = 1 ELSE ${o.n} = 1 END`),
    );
    expect(places(found)).toEqual(['accepted', 'filtered', 'filtered', 'expression null']);
    // Alone, the engine gives up on all rows.
    await expect(
      engine.rows(
        `SELECT * FROM (${layer.sql}) WHERE CASE WHEN id = 4 THEN name::INTEGER = 1 ELSE n = 1 END`,
      ),
    ).rejects.toThrow(/Could not convert/);
  });
});

describe('derive', () => {
  test('adds and replaces columns; steps see what the step before left', async () => {
    const found = await after(rows([2, 'a', 3]), (r) =>
      r
        .derive((o) => ({ n: int(sql`${o.n} * 10`), big: flag(sql`${o.n} > 2`) }))
        .derive((o) => ({ both: text(sql`${o.big} || ' ' || ${o.n}`) })),
    );
    expect(found).toMatchObject([{ id: 2, n: 30, big: true, both: 'true 30', place: 'accepted' }]);
  });

  test('a failure rejects the row and names the column; no value rejects it too, unless the column is nullable', async () => {
    const found = await after(
      rows([0, 'a', 1], [1, '2026-02-30', 1], [1, null, 1], [1, '2026-02-03', 1]),
      (r) =>
        r.derive((o) => ({
          day: date(sql`${o.name}::DATE`),
          odd: column(z.int().nullable(), sql`CASE WHEN ${o.id} = 0 THEN NULL ELSE ${o.n} END`),
        })),
    );
    expect(places(found)).toEqual(['expression day', 'expression day', 'expression day', 'accepted']);
    const [none] = await after(rows([0, null, 1]), (r) =>
      r.derive((o) => ({ a: column(z.int().nullable(), sql`${o.id} + NULL`), b: int(sql`${o.id} + NULL`) })),
    );
    expect(none!.place).toBe('expression b');
  });

  test('a number that zod would refuse rejects the row: beyond the safe integers, or not finite', async () => {
    const most = Number.MAX_SAFE_INTEGER;
    const given = [[1, -1], [1, 0], [1, 1], [-1, 0], [-1, -1]] as const; // prettier-ignore
    const derived = await after(rows(...given.map(([id, n]) => [id, null, n] as const)), (r) =>
      r.derive((o) => ({ n: int(sql`${o.id} * ${most} + ${o.n}`) })),
    );
    expect(places(derived)).toEqual(
      given.map(([id, n]) => (z.int().safeParse(id * most + n).success ? 'accepted' : 'expression n')),
    );
    expect(places(derived)).toContain('expression n');
    const reals = await after(rows([0, null, 1], [2, null, 1]), (r) =>
      r.derive((o) => ({
        x: number(sql`${o.n}::DOUBLE / ${o.id}`),
        y: column(z.int().nullable(), sql`NULL`),
      })),
    );
    expect(places(reals)).toEqual([1 / 0, 1 / 2].map((x) => (z.number().safeParse(x).success ? 'accepted' : 'expression x'))); // prettier-ignore
    const sums = await after(rows([most, null, 1], [1, null, 1]), (r) =>
      r.over((o) => ({ per: [o.n], frame: 'running', columns: { sum: int(sql`sum(${o.id})`) } })),
    );
    expect(places(sums)).toEqual(['accepted', 'expression sum']);
  });

  test('every column that fails is a reason', async () => {
    const [found] = await after(rows([1, 'x', 1]), (r) =>
      r.derive((o) => ({ a: int(sql`${o.name}::BIGINT`), b: date(sql`${o.name}::DATE`) })),
    );
    expect(found!.place).toBe('expression a; expression b');
  });

  test('what was derived from a personal column is personal', () => {
    const personal = { ...shape, name: z.string().meta({ pii: true }) };
    const { steps } = new ReceivedRows(personal).derive((o) => ({
      copy: text(sql`upper(${o.name})`),
      n: int(sql`1`),
    }));
    const { columns } = applySteps({ sql: '', columns: columnsOf(personal, 'test') }, steps, 'test');
    expect(columns.filter((c) => c.pii).map((c) => c.name)).toEqual(['name', 'copy']);
  });
});

describe('latest', () => {
  test('keeps the highest, of equal ones the last record; nulls come last; a null in the key is rejected', async () => {
    const found = await after(
      rows(
        [1, 'a', 1],
        [1, 'b', 3],
        [1, 'c', 3],
        [1, 'd', null],
        [2, 'e', null],
        [null, 'f', 9],
        [null, 'g', 9],
      ),
      (r) => r.latest((o) => ({ per: [o.id], by: o.n })),
    );
    expect(places(found)).toEqual([
      'deduplicated',
      'deduplicated',
      'accepted',
      'deduplicated',
      'accepted',
      'key id',
      'key id',
    ]);
  });

  test('a row that was filtered before takes nobody’s place', async () => {
    const found = await after(rows([1, 'a', 1], [1, 'b', 2]), (r) =>
      r.where((o) => sql`${o.name} = 'a'`).latest((o) => ({ per: [o.id], by: o.n })),
    );
    expect(places(found)).toEqual(['accepted', 'filtered']);
  });
});

describe('checks on rows', () => {
  const judge = (layer: Layer, ...checks: Parameters<typeof judgeRows>[1]['checks']) =>
    placed(judgeRows(layer, { checks, sinks: [] }, 'test'));
  const id = { column: 'id' };
  const n = { column: 'n' } as { column: string; $type?: number };

  test('unique keeps the first in record order and does not compare nulls', async () => {
    const found = await judge(
      rows([1, 'a', 1], [2, 'b', 1], [1, 'c', 1], [null, 'd', 1], [null, 'e', 1]),
      unique(id),
    );
    expect(places(found)).toEqual(['accepted', 'accepted', 'check.unique id', 'accepted', 'accepted']);
  });

  test('a row that another check rejects takes nobody’s place', async () => {
    const found = await judge(rows([1, 'a', 99], [1, 'b', 1]), unique(id), between(n, { max: 10 }));
    expect(places(found)).toEqual(['check.between n', 'accepted']);
  });

  test('between includes its bounds and lets null pass', async () => {
    const found = await judge(
      rows([1, 'a', 0], [2, 'b', 1], [3, 'c', 10], [4, 'd', 11], [5, 'e', null]),
      between(n, { min: 1, max: 10 }),
    );
    expect(places(found)).toEqual(['check.between n', 'accepted', 'accepted', 'check.between n', 'accepted']);
  });

  test('a severity other than reject only marks the row', async () => {
    const found = await judge(rows([1, 'a', 99]), between(n, { max: 10, severity: 'warn' }));
    expect(found).toMatchObject([{ place: 'accepted', _v0: true }]);
  });
});

test('a column that is not there at that step is refused by name', () => {
  const lost = { column: 'nam' };
  const { steps } = new ReceivedRows(shape).where(() => sql`${lost} = 1`);
  expect(() => applySteps(rows(), steps, 'Pipeline "x"')).toThrow(DefinitionError);
  expect(() => applySteps(rows(), steps, 'Pipeline "x"')).toThrow(
    /Pipeline "x", where\(\) names "nam".*id, name, n/,
  );
});
