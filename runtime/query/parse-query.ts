/** What a query is, by the engine's own parser: one statement that only reads, and the tables that it names. */

import type { DuckDBConnection } from '@duckdb/node-api';
import { UsageError } from '../../core/errors.ts';

export interface NamedTable {
  /** In lower case; empty where the query does not say. */
  readonly schema: string;
  readonly name: string;
}

/**
 * The functions that may stand in the place of a table. Of the others some read files, some run text as SQL
 * (`query`), and some write although they stand in a SELECT: `enable_logging` and `enable_profiling` write files to
 * places of the caller's choice, whatever the engine's settings are locked to.
 */
const tableFunctions: ReadonlySet<string> = new Set([
  'range',
  'generate_series',
  'unnest',
  'repeat',
  'repeat_row',
  'json_each',
  'json_tree',
  'duckdb_columns',
  'duckdb_functions',
  'duckdb_keywords',
  'duckdb_schemas',
  'duckdb_tables',
  'duckdb_types',
  'duckdb_views',
]);

/**
 * The tables that a query names, each once; names of its own WITH are none.
 * @throws UsageError if it is not one statement that reads, or calls a table function that a query may not call.
 */
export async function parseQuery(connection: DuckDBConnection, sql: string): Promise<readonly NamedTable[]> {
  const found: Found = { tables: new Map(), functions: new Set(), own: new Set() };
  collect(await statementOf(connection, sql), found);
  const refused = [...found.functions].find((name) => !tableFunctions.has(name));
  if (refused !== undefined) {
    throw new UsageError(
      `A query cannot call ${refused} in the place of a table: it reads tables of the lake and the quarantine, and ` +
        `nothing else. It may call ${[...tableFunctions].slice(0, 7).join(', ')}.`,
    );
  }
  return [...found.tables.values()].filter(
    ({ schema, name }) => schema !== '' || !found.own.has(name.toLowerCase()),
  );
}

type Node = Readonly<Record<string, unknown>>;

async function statementOf(connection: DuckDBConnection, sql: string): Promise<Node> {
  if (sql.includes('\0')) throw new UsageError('The query holds a NUL character; remove it.');
  const answer = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql]);
  const parsed = JSON.parse(String(answer.getRowsJS()[0]![0])) as {
    readonly error: boolean;
    readonly error_type?: string;
    readonly error_message?: string;
    readonly position?: string;
    readonly statements?: readonly Node[];
  };
  if (parsed.error && parsed.error_type === 'parser') {
    const at = parsed.position === undefined ? '' : ` (character ${Number(parsed.position) + 1})`;
    throw new UsageError(`The query is not SQL: ${parsed.error_message}${at}.`);
  }
  if (parsed.error) {
    throw new UsageError(
      'A query only reads: it starts with SELECT, FROM, WITH, VALUES, TABLE, DESCRIBE, SUMMARIZE or SHOW. ' +
        'A PIVOT needs its values named: PIVOT … ON column IN (…).',
    );
  }
  const [statement, ...more] = parsed.statements ?? [];
  if (statement === undefined || more.length > 0) {
    throw new UsageError(`A query is one statement; ${more.length + (statement ? 1 : 0)} were given.`);
  }
  return statement;
}

interface Found {
  readonly tables: Map<string, NamedTable>;
  readonly functions: Set<string>;
  readonly own: Set<string>;
}

function collect(value: unknown, found: Found): void {
  if (typeof value !== 'object' || value === null) return;
  const node = value as Node;
  if (node['type'] === 'BASE_TABLE') {
    const schema = String(node['schema_name']).toLowerCase();
    const name = String(node['table_name']);
    found.tables.set(JSON.stringify([schema, name.toLowerCase()]), { schema, name });
  }
  if (node['type'] === 'TABLE_FUNCTION') {
    found.functions.add(String((node['function'] as Node)['function_name']).toLowerCase());
  }
  const { map } = (node['cte_map'] ?? {}) as { readonly map?: readonly { readonly key: string }[] };
  for (const { key } of map ?? []) found.own.add(key.toLowerCase());
  for (const inside of Object.values(node)) collect(inside, found);
}
