/** The tables of an environment, found by the names that a query gives them. */

import { UsageError } from '../../core/errors.ts';
import { quarantineTable } from '../../core/quarantine-table.ts';
import { logFolder } from '../delta/paths.ts';
import { readState } from '../delta/read-state.ts';
import { schemaOf } from '../delta/schema.ts';
import type { DataFile, TableSchema } from '../ports.ts';
import { inEngine, type World } from '../world.ts';
import { near } from './near.ts';
import type { NamedTable } from './parse-query.ts';

export interface LakeTable {
  readonly schema: 'lake' | 'quarantine';
  readonly name: string;
  readonly uri: string;
  readonly snapshot: Queried;
}

/** What a query needs of a version: other writers may not have counted the rows of their files. */
interface Queried {
  readonly schema: TableSchema;
  readonly files: readonly Pick<DataFile, 'path' | 'size' | 'partitionValues'>[];
}

/**
 * The tables that a query names. If it names none, such as SHOW TABLES, all of the environment's without their files:
 * it can only ask for their columns. What is neither in the lake nor the quarantine is left to the engine, which has
 * tables about itself.
 * @throws UsageError for a version (`asOf`) of anything but one table.
 */
export async function tablesOf(
  world: World,
  named: readonly NamedTable[],
  asOf: number | undefined,
): Promise<readonly LakeTable[]> {
  const found = new Map<string, LakeTable>();
  for (const one of named) {
    const table = await tableOf(world, one, asOf);
    if (table !== undefined) found.set(table.uri, table);
  }
  if (asOf !== undefined && found.size !== 1) {
    const names = [...found.values()].map(({ name }) => name).join(', ') || 'none';
    throw new UsageError(
      `--as-of is a version of one table, and the query reads ${names}. Query one table, or leave --as-of out.`,
    );
  }
  if (named.some(({ schema }) => schema === '' || ours(schema))) return [...found.values()];
  const all = (await lakeNames(world)).map((name) => ({ schema: 'lake', name }));
  const tables = await Promise.all(
    [...all, { schema: 'quarantine', name: 'records' }].map((one) => tableOf(world, one, undefined)),
  );
  return tables
    .filter((table) => table !== undefined)
    .map((table) => ({ ...table, snapshot: { schema: table.snapshot.schema, files: [] } }));
}

/** What to say of a table that is not there. */
export async function unknownTable(world: World, name: string): Promise<UsageError> {
  const names = [...(await lakeNames(world)), 'quarantine'];
  const close = near(name, names);
  const hint = close.length === 0 ? '' : ` Did you mean ${close.join(' or ')}?`;
  return new UsageError(`There is no table ${name}.${hint} There are: ${names.join(', ')}.`);
}

const ours = (schema: string): boolean => schema === 'lake' || schema === 'quarantine';

async function tableOf(
  world: World,
  { schema, name }: NamedTable,
  asOf: number | undefined,
): Promise<LakeTable | undefined> {
  const read = (uri: string) => versionOf(world, uri, asOf);
  if ((schema === '' || schema === 'lake') && !/[/\\]|^\.{0,2}$/.test(name)) {
    for (const spelled of new Set([name, name.toLowerCase()])) {
      const uri = world.layout.table(spelled);
      const snapshot = await read(uri);
      if (snapshot !== undefined) return { schema: 'lake', name: spelled, uri, snapshot };
    }
  }
  const isQuarantine = schema === '' ? name.toLowerCase() === 'quarantine' : schema === 'quarantine';
  if (!isQuarantine || (schema !== '' && name.toLowerCase() !== 'records')) return undefined;
  const uri = world.layout.quarantinedRecords;
  const snapshot = (await read(uri)) ?? { schema: quarantineTable, files: [] };
  return { schema: 'quarantine', name: 'records', uri, snapshot };
}

async function versionOf(
  world: World,
  uri: string,
  version: number | undefined,
): Promise<Queried | undefined> {
  const state = await readState(world.files, uri, { inEngine: (work) => inEngine(world, work), version });
  return state === undefined
    ? undefined
    : { schema: schemaOf(uri, state.metaData), files: [...state.files.values()] };
}

async function lakeNames({ files, layout }: World): Promise<string[]> {
  const lake = layout.table('');
  const names = new Set<string>();
  for await (const { uri } of files.list(lake)) {
    const [name = ''] = uri.slice(lake.length).split('/');
    if (uri.startsWith(logFolder(`${lake}${name}`))) names.add(name);
  }
  return [...names].sort();
}
