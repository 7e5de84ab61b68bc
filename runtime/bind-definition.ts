/** The engine's word on a definition before any data is read: every expression binds, is deterministic and of its type. */

import { DefinitionError } from '../core/errors.ts';
import type { Layer } from '../core/layer.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';
import { quote } from '../core/sql.ts';
import type { BoundQuery, Expression } from '../core/transforms/step.ts';
import type { Engine } from './engine.ts';
import { gives, givesOrFails } from './exact-casts.ts';
import { knownFunctions } from './known-functions.ts';
import {
  functionsIn,
  isSampled,
  nodesOf,
  parse,
  personalBesides,
  refuse,
  tableBesides,
  WORDS,
} from './parsed-sql.ts';
import { fileAsPipeline } from './references.ts';
import { toolsFor } from './step-functions.ts';
import { inEngine, type World } from './world.ts';

const bound = new WeakSet<Pipeline>();

/**
 * @throws DefinitionError naming the first expression that cannot be used, and why; UsageError for a secret that is not
 * there.
 */
export async function bindDefinition(world: World, pipeline: Pipeline): Promise<void> {
  if (bound.has(pipeline)) return;
  await toolsFor(world, pipeline.rows.steps);
  await inEngine(world, (engine) => bind(engine, pipeline));
  bound.add(pipeline);
}

async function bind(engine: Engine, pipeline: Pipeline): Promise<void> {
  const where = `Pipeline ${JSON.stringify(pipeline.name)}`;
  let layer: Layer = { sql: '', columns: planOf(pipeline).received };
  for (const step of pipeline.rows.steps) {
    for (const expression of step.expressions?.(layer.columns) ?? [])
      await bindExpression(engine, expression, `${where}, ${expression.place}`);
    for (const query of step.queries?.(layer.columns) ?? [])
      await bindQuery(engine, query, `${where}, ${query.place}`);
    for (const { reference } of step.references ?? [])
      if (reference.kind === 'file') fileAsPipeline(reference);
    layer = step.apply(layer, where);
  }
  for (const { table, deleteWhen: sql } of pipeline.sinks) {
    const place = `table ${table}, deleteWhen`;
    if (sql === null) continue;
    const expression = { place, sql, columns: layer.columns, gives: 'BOOLEAN' };
    await bindExpression(engine, expression, `${where}, ${place}`);
  }
}

async function bindExpression(engine: Engine, expression: Expression, where: string): Promise<void> {
  const { sql, columns } = expression;
  const window = expression.is === 'window';
  await (window ? refuseNoWindow : refuseUnwanted)(engine, expression, where);
  const row = [...columns.map((c) => `NULL::${c.sql} AS ${quote(c.name)}`), TIME];
  const made = window ? `${sql.text} OVER ()` : `(${sql.text})`;
  const described = await engine
    .rows(
      `DESCRIBE SELECT ${made} AS made, NULL::${expression.gives} AS wanted FROM (SELECT ${row.join(', ')})`,
    )
    .catch(refuse(sql.text, where));
  const types = typesOf(described);
  const [type, wanted] = [types.get('made')!, types.get('wanted')!];
  if (!gives(type, wanted) && !(window && givesOrFails(type, wanted))) {
    throw new DefinitionError(
      `${where}: the expression gives ${type} where ${wanted} is declared; a cast would change values without a word. ` +
        `Write the conversion that is meant, or declare the column as what it is. In: ${sql.text}`,
    );
  }
}

async function bindQuery(engine: Engine, query: BoundQuery, where: string): Promise<void> {
  const { text } = query.sql;
  const parsed = await parse(engine, text, text, where);
  if (parsed.statements.length !== 1 || /;\s*$/.test(text))
    throw new DefinitionError(`${where}: give one query, without a semicolon at its end. In: ${text}`);
  const functions = functionsIn(nodesOf(parsed), query.columns);
  if (isSampled(parsed)) functions.push('sample');
  await refuseUnsteady(engine, functions, text, where);
  const known = await knownFunctions(engine, functions);
  const asked = known.find(({ type, name }) => type.startsWith('table') && !OF_ROWS.has(name));
  const read = asked === undefined ? tableBesides(parsed, '_rows') : `${asked.name}()`;
  if (read !== undefined)
    throw new DefinitionError(`${where}: ${read} reads from elsewhere; join() what is there. In: ${text}`);
  const row = [...query.columns.map((c) => `NULL::${c.sql} AS ${quote(c.name)}`), '0::BIGINT AS "_n"', TIME];
  const described = await engine
    .rows(`DESCRIBE WITH "_rows" AS (SELECT ${row.join(', ')}) SELECT * FROM (${text}\n)`)
    .catch(refuse(text, where));
  const types = typesOf(described);
  const leaves = [{ name: '_n', sql: 'BIGINT' }, ...query.leaves];
  const declared = leaves.map((c) => `NULL::${c.sql} AS ${quote(c.name)}`).join(', ');
  for (const [name, wanted] of typesOf(await engine.rows(`DESCRIBE SELECT ${declared}`))) {
    const type = types.get(name);
    const shown = name === '_n' ? "the record's number (${record})" : quote(name);
    if (type === undefined)
      throw new DefinitionError(`${where}: the query does not give ${shown}. In: ${text}`);
    if (gives(type, wanted) || givesOrFails(type, wanted)) continue;
    throw new DefinitionError(
      `${where}: the query gives ${type} for ${shown} where ${wanted} is declared; a cast would change values without a word. In: ${text}`,
    );
  }
}

/** The types of columns as the engine spells them, which is not always as they are written: TIMESTAMPTZ. */
const typesOf = (described: readonly Record<string, unknown>[]): ReadonlyMap<string, string> =>
  new Map(described.map((one) => [String(one['column_name']), String(one['column_type'])]));

const TIME = 'NULL::TIMESTAMPTZ AS "_run_time"';

/** Sub-queries and functions whose answer is not the same at each try have no place in the expression of a row. */
async function refuseUnwanted(engine: Engine, expression: Expression, where: string): Promise<void> {
  const { text } = expression.sql;
  // Without parentheses too: an expression that only closes ours and opens another is none.
  const [, parsed] = [
    await parse(engine, `SELECT ${text}`, text, where),
    await parse(engine, `SELECT (${text})`, text, where),
  ];
  const found = nodesOf(parsed);
  if (found.some((node) => node['class'] === 'SUBQUERY')) {
    throw new DefinitionError(`${where}: a sub-query cannot stand in the expression of a row. In: ${text}`);
  }
  if (found.some((node) => node['class'] === 'WINDOW')) {
    throw new DefinitionError(
      `${where}: a window function cannot stand in the expression of a row. In: ${text}`,
    );
  }
  const names = functionsIn(found, expression.columns);
  await refuseUnsteady(engine, names, text, where);
  const known = await knownFunctions(engine, names);
  const aggregate = known.find(({ type }) => type === 'aggregate')?.name;
  if (aggregate !== undefined) {
    throw new DefinitionError(
      `${where}: ${aggregate}() looks at many rows, an expression here at one. In: ${text}`,
    );
  }
  const several = names.find((name) => SEVERAL.has(name));
  if (several !== undefined) {
    throw new DefinitionError(
      `${where}: ${several}() makes several rows of one, an expression here a value; rows.unnest() does that. In: ${text}`,
    );
  }
  refusePersonal(found, expression, where);
}

const SEVERAL: ReadonlySet<string> = new Set(['unnest', 'unlist']);

/** A value made of a personal column is known to be personal only by the columns that the expression was given. */
function refusePersonal(
  nodes: readonly Record<string, unknown>[],
  { sql, columns }: Expression,
  where: string,
): void {
  const name = personalBesides(nodes, sql, columns);
  if (name === undefined) return;
  throw new DefinitionError(
    `${where}: the text of the expression names ${quote(name)}, which is personal; give the column as \${o.${name}}, ` +
      `so that what is made of it stays personal. In: ${sql.text}`,
  );
}

async function refuseUnsteady(
  engine: Engine,
  names: readonly string[],
  text: string,
  where: string,
): Promise<void> {
  const machine = names.find((name) => OF_THE_MACHINE.has(name));
  if (machine !== undefined)
    throw new DefinitionError(`${where}: ${machine}() differs between machines. In: ${text}`);
  const unsteady = (await knownFunctions(engine, names)).find(
    ({ stability }) => stability === 'VOLATILE' || stability === 'CONSISTENT_WITHIN_QUERY',
  );
  const name = names.find((one) => UNSTEADY.has(one)) ?? unsteady?.name;
  if (name === undefined) return;
  throw new DefinitionError(
    `${where}: ${name}() does not give the same answer at every try, so that a rerun would give other rows. ` +
      `For the time of the run write run.time. In: ${text}`,
  );
}

/** Functions of tables that make rows of their arguments alone. */
const OF_ROWS: ReadonlySet<string> = new Set(['range', 'generate_series', 'unnest']);

/** Their answer is another at each try, which the engine does not say of them. */
const UNSTEADY: ReadonlySet<string> = new Set([
  'reservoir_quantile',
  'sample',
  'ago',
  'pg_conf_load_time',
  'pg_postmaster_start_time',
  'current_localtime',
  'current_localtimestamp',
  ...WORDS,
]);

/** Their answer is the same at each try on one machine, and another on the next. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set(['current_setting', 'getvariable', 'version']);

/** One function of columns and constants alone: what else it were made of could fail, and with it the whole run. */
async function refuseNoWindow(engine: Engine, expression: Expression, where: string): Promise<void> {
  const { text } = expression.sql;
  const [, parsed] = [
    await parse(engine, `SELECT ${text}\nOVER ()`, text, where),
    await parse(engine, `SELECT ${text} OVER ()`, text, where),
  ];
  const [window, ...others] = nodesOf(parsed);
  if (window?.['class'] !== 'WINDOW' || others.some((node) => node['class'] === 'WINDOW')) {
    throw new DefinitionError(
      `${where}: give one function over rows, such as sum(…) or lag(…), without its OVER. In: ${text}`,
    );
  }
  if (others.some((node) => !['COLUMN_REF', 'CONSTANT'].includes(String(node['class'])))) {
    throw new DefinitionError(
      `${where}: a function over rows takes columns and constants; derive() what it is to be made of first. In: ${text}`,
    );
  }
  await refuseUnsteady(engine, functionsIn([window], expression.columns), text, where);
  refusePersonal([window, ...others], expression, where);
}
