/** Steps of a transform on a real engine, over rows that a test gives: where each row ends, and what it holds. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Layer } from '../../core/layer.ts';
import { applySteps } from '../../core/plan/steps.ts';
import { REASONS_TYPE, type Reason } from '../../core/reasons.ts';
import { columnsOf, type Column } from '../../core/row.ts';
import { ReceivedRows, type Rows, type Shape } from '../../core/rows.ts';
import { partsOf } from '../../core/schema.ts';
import { quote } from '../../core/sql.ts';
import { typeOf } from '../../core/types/index.ts';
import { withEngine, type Engine } from '../../runtime/engine.ts';
import { registerFunctions } from '../../runtime/step-functions.ts';
import type { World } from '../../runtime/world.ts';

export interface Stepped {
  readonly values: Readonly<Record<string, unknown>>;
  /** `accepted`, `filtered`, `deduplicated`, or the codes and columns of its reasons. */
  readonly place: string;
  readonly reasons: readonly Reason[];
  /** The notices that it is marked for. */
  readonly marks: readonly string[];
}

export interface SteppedRows {
  /** In record order. */
  readonly rows: readonly Stepped[];
  readonly columns: readonly Column[];
  readonly layer: Layer;
}

type Record_ = Readonly<Record<string, unknown>>;

const KEY = 'a key for tests, long enough';

export interface Surroundings {
  readonly secret?: World['secret'];
  /** What rows are joined with, by the name of its relation: `ref_` and the step's place. */
  readonly relations?: Readonly<
    Record<string, { readonly shape: Shape; readonly records: readonly Record_[] }>
  >;
}

/** The rows after the steps of a transform. Each call has an engine of its own. */
export async function stepped<S extends Shape, Out extends Shape>(
  shape: S,
  records: readonly Record_[],
  transform: (rows: ReceivedRows<S>) => Rows<Out>,
  { secret = async () => KEY, relations = {} }: Surroundings = {},
): Promise<SteppedRows> {
  const { steps } = transform(new ReceivedRows(shape));
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-steps-'));
  try {
    return await withEngine({ scratch, memoryMb: 512, threads: 2, seconds: Infinity }, async (engine) => {
      await registerFunctions({ secret } as World, engine, steps);
      for (const [name, of] of Object.entries(relations)) await table(engine, name, of.shape, of.records);
      const layer = applySteps(await given(engine, shape, records), steps, 'test');
      const marks = steps.flatMap((step) => step.notices ?? []).map(({ mark }) => mark);
      return { rows: await placed(engine, layer, marks), columns: layer.columns, layer };
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Only where the rows end, in record order. */
export const places = ({ rows }: SteppedRows): string[] => rows.map(({ place }) => place);
/** Only what the accepted rows hold in a column, in record order. */
export const column = ({ rows }: SteppedRows, name: string): unknown[] =>
  rows.filter(({ place }) => place === 'accepted').map(({ values }) => values[name]);

/** Rows as a layer: accepted all, numbered from 0. */
async function given(engine: Engine, shape: Shape, records: readonly Record_[]): Promise<Layer> {
  const columns = await table(engine, 'given', shape, records);
  return {
    columns,
    sql: `SELECT *, rowid AS "_n", NULL::${REASONS_TYPE} AS "_reasons", FALSE AS "_filtered", FALSE AS "_deduplicated",
  TIMESTAMPTZ '2026-01-01 00:00:00Z' AS "_run_time" FROM given`,
  };
}

async function table(engine: Engine, name: string, shape: Shape, records: readonly Record_[]) {
  const columns = columnsOf(shape, 'test');
  const list = columns.map((one) => `${quote(one.name)} ${one.sql}`).join(', ');
  await engine.run(`CREATE TABLE ${name} (${list})`);
  const rows = records.map((row) => `(${columns.map((one) => valueSql(one, row[one.name])).join(', ')})`);
  if (rows.length > 0) await engine.run(`INSERT INTO ${name} VALUES ${rows.join(', ')}`);
  return columns;
}

function valueSql({ name, schema }: Column, value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  const parts = partsOf(schema, name);
  const type = typeOf(parts, name);
  const sql = type.literal(value, parts, name);
  const read = type.nested === undefined ? sql : type.nested.read(sql, parts, name);
  return type.final === undefined ? read : type.final(read);
}

async function placed(engine: Engine, layer: Layer, marks: readonly string[]): Promise<Stepped[]> {
  await engine.run(`CREATE TABLE rows AS ${layer.sql}`);
  const large = layer.columns.filter(({ type }) => type === 'bigint').map(({ name }) => quote(name));
  const exact =
    large.length === 0 ? '' : ` REPLACE (${large.map((name) => `${name}::VARCHAR AS ${name}`).join(', ')})`;
  const found = await engine.rows(
    `SELECT * EXCLUDE ("_reasons", "_run_time")${exact}, to_json("_reasons")::VARCHAR AS "_reasons" FROM rows ORDER BY "_n"`,
  );
  return found.map((row) => {
    const reasons = JSON.parse(String(row['_reasons'] ?? '[]')) as Reason[];
    const place =
      row['_reasons'] !== null
        ? reasons.map(({ code, column: of }) => `${code} ${of}`).join('; ')
        : row['_filtered'] === true
          ? 'filtered'
          : row['_deduplicated'] === true
            ? 'deduplicated'
            : 'accepted';
    return {
      values: Object.fromEntries(layer.columns.map(({ name }) => [name, row[name]])),
      place,
      reasons,
      marks: marks.filter((mark) => row[mark] === true),
    };
  });
}
