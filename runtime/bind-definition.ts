/** The engine's word on a definition before any data is read: every expression binds, is deterministic and of its type. */

import { DefinitionError, EngineError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';
import type { Column } from '../core/row.ts';
import { columnsOf } from '../core/row.ts';
import type { Sql } from '../core/sql.ts';
import { literal, quote } from '../core/sql.ts';
import type { Engine } from './engine.ts';
import { inEngine, type World } from './world.ts';

const bound = new WeakSet<Pipeline>();

/** @throws DefinitionError naming the first expression that cannot be used, and why. */
export async function bindDefinition(world: World, pipeline: Pipeline): Promise<void> {
  if (bound.has(pipeline)) return;
  await inEngine(world, (engine) => bind(engine, pipeline));
  bound.add(pipeline);
}

async function bind(engine: Engine, pipeline: Pipeline): Promise<void> {
  let columns: readonly Column[] = planOf(pipeline).received;
  for (const step of pipeline.rows.steps) {
    const where = `Pipeline ${JSON.stringify(pipeline.name)}, ${step.kind}()`;
    if (step.kind === 'skip') {
      await bindExpression(engine, step.that, columns.map(textOf), where, 'BOOLEAN');
    } else if (step.kind === 'where') {
      await bindExpression(engine, step.that, columns, where, 'BOOLEAN');
    } else if (step.kind === 'derive') {
      const types = Object.fromEntries(Object.entries(step.columns).map(([name, d]) => [name, d.type]));
      const made = columnsOf(types, where);
      for (const column of made) {
        const place = `${where.slice(0, -1)}${column.name})`;
        await bindExpression(engine, step.columns[column.name]!.as, columns, place, column.sql);
      }
      columns = [...columns.filter((column) => !(column.name in types)), ...made];
    }
  }
}

const textOf = (column: Column): Column => ({ ...column, sql: 'VARCHAR' });

async function bindExpression(
  engine: Engine,
  expression: Sql,
  columns: readonly Column[],
  where: string,
  wanted: string,
): Promise<void> {
  await refuseUnwanted(engine, expression.text, where);
  const row = [
    ...columns.map((c) => `NULL::${c.sql} AS ${quote(c.name)}`),
    'NULL::TIMESTAMPTZ AS "_run_time"',
  ];
  const described = await engine
    .rows(`DESCRIBE SELECT (${expression.text}) AS made FROM (SELECT ${row.join(', ')})`)
    .catch(refuse(expression.text, where));
  const type = String(described[0]!['column_type']);
  if (!gives(type, wanted)) {
    throw new DefinitionError(
      `${where}: the expression gives ${type} where ${wanted} is declared; a cast would change values without a word. ` +
        `Write the conversion that is meant, or declare the column as what it is. In: ${expression.text}`,
    );
  }
}

const refuse = (text: string, where: string) => (cause: unknown) => {
  if (!(cause instanceof EngineError)) throw cause;
  const [says] = cause.message.split('\n');
  throw new DefinitionError(`${where}: ${says} In: ${text}`, { cause });
};

/** Sub-queries and functions whose answer is not the same at each try have no place in the expression of a row. */
async function refuseUnwanted(engine: Engine, text: string, where: string): Promise<void> {
  // Without parentheses too: an expression that only closes ours and opens another is none.
  const [, parsed] = [await parse(engine, text, text, where), await parse(engine, `(${text})`, text, where)];
  const found = nodesOf(parsed);
  if (found.some((node) => node['class'] === 'SUBQUERY')) {
    throw new DefinitionError(`${where}: a sub-query cannot stand in the expression of a row. In: ${text}`);
  }
  if (found.some((node) => node['class'] === 'WINDOW')) {
    throw new DefinitionError(
      `${where}: a window function cannot stand in the expression of a row. In: ${text}`,
    );
  }
  const names = found.flatMap((node) =>
    node['class'] === 'FUNCTION' ? [String(node['function_name']).toLowerCase()] : [],
  );
  if (names.includes(OF_THE_MACHINE)) {
    throw new DefinitionError(`${where}: ${OF_THE_MACHINE}() differs between machines. In: ${text}`);
  }
  if (names.length === 0) return;
  const [unsteady] = await engine.rows(
    `SELECT function_name AS name, function_type AS type FROM duckdb_functions()
WHERE function_name IN (${names.map(literal).join(', ')})
  AND (stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY') OR function_type = 'aggregate' AND function_name NOT IN
    (SELECT function_name FROM duckdb_functions() WHERE function_type IN ('scalar', 'macro'))) LIMIT 1`,
  );
  if (unsteady === undefined) return;
  const name = String(unsteady['name']);
  throw new DefinitionError(
    unsteady['type'] === 'aggregate'
      ? `${where}: ${name}() looks at many rows, an expression here at one. In: ${text}`
      : `${where}: ${name}() does not give the same answer at every try, so that a rerun would give other rows. ` +
          `For the time of the run write run.time. In: ${text}`,
  );
}

async function parse(engine: Engine, expression: string, text: string, where: string): Promise<unknown> {
  const [tree] = await engine
    .rows(`SELECT json_serialize_sql(${literal(`SELECT ${expression}`)})::VARCHAR AS tree`)
    .catch(refuse(text, where));
  const parsed = JSON.parse(String(tree!['tree'])) as { error?: boolean; error_message?: string };
  if (parsed.error === true) throw new DefinitionError(`${where}: ${parsed.error_message}. In: ${text}`);
  return parsed;
}

/** Its answer is the same at each try on one machine, and another on the next. */
const OF_THE_MACHINE = 'current_setting';

function nodesOf(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(nodesOf);
  return 'class' in value ? [value as Record<string, unknown>, ...below] : below;
}

const WHOLE = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'UTINYINT', 'USMALLINT', 'UINTEGER'];

/** Whether a value of a type becomes another type without any change. */
function gives(type: string, wanted: string): boolean {
  if (type === wanted || type === '"NULL"' || type === 'NULL') return true;
  if (wanted === 'BIGINT') return WHOLE.includes(type);
  if (wanted === 'DOUBLE')
    return (
      [...WHOLE.slice(0, 3), ...WHOLE.slice(4), 'FLOAT', 'BIGINT'].includes(type) ||
      type.startsWith('DECIMAL')
    );
  if (wanted === 'VARCHAR') return type.startsWith('ENUM');
  const [, precision, scale] = /^DECIMAL\((\d+),(\d+)\)$/.exec(wanted) ?? [];
  const [, p, s] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  return (
    precision !== undefined &&
    p !== undefined &&
    Number(s) <= Number(scale) &&
    Number(p) - Number(s) <= Number(precision) - Number(scale)
  );
}
