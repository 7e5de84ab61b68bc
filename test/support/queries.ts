/** Queries of tests: small tables whose files the engine alone writes, and answers as rows. */

import { link, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { DeltaField } from '../../core/row.ts';
import { localWorld, type LocalWorld } from '../../runtime/local/world.ts';
import { withQuery, type QueryResult } from '../../runtime/query/query.ts';
import { openAlone, type EngineAlone } from './engine-alone.ts';
import { temporaryFolder } from './temporary-folder.ts';

/** The engine alone, open for the tests of a file. */
export let alone: EngineAlone;
beforeAll(async () => {
  alone = await openAlone();
});
afterAll(() => alone.close());

export async function aWorld(inside = 'out'): Promise<LocalWorld> {
  return localWorld({ out: join(await temporaryFolder(), inside), threads: 2, memoryMb: 512 });
}

export const field = (name: string, type: DeltaField['type']): DeltaField => ({
  name,
  type,
  nullable: true,
  metadata: {},
});

interface Part {
  /** SQL of the rows that the file holds, or the path of a file to link; none of the partition columns. */
  readonly rows?: string;
  readonly same?: string;
  readonly values?: Readonly<Record<string, string | null>>;
}

/** Commits a version with files made of SQL by the engine alone. */
export async function commit(
  world: LocalWorld,
  name: string,
  fields: readonly DeltaField[],
  parts: readonly Part[],
  { partitionBy = [], write = 'append' }: { partitionBy?: string[]; write?: 'append' | 'replace' } = {},
): Promise<string> {
  const uri = world.layout.table(name);
  const version = ((await world.tables.snapshot(uri))?.version ?? -1) + 1;
  const add = [];
  for (const [i, { rows, same, values = {} }] of parts.entries()) {
    const path = `run-${version}/${i}.parquet`;
    await mkdir(dirname(`${uri}/${path}`), { recursive: true });
    if (same === undefined) await alone.ask(`COPY (${rows}) TO '${uri.replaceAll("'", "''")}/${path}'`);
    else await link(same, `${uri}/${path}`);
    const { size } = await stat(`${uri}/${path}`);
    const stats = { minValues: {}, maxValues: {}, nullCount: {} };
    add.push({ path, size, records: 1, partitionValues: values, stats });
  }
  await world.tables.commit(uri, {
    id: { application: `test/${version}`, version: 1 },
    schema: { fields, partitionBy, description: '' },
    write,
    add,
    supersedes: [],
    operation: 'TEST',
    at: new Date(0),
  });
  return uri;
}

export const a = field('a', 'long');

export async function text(blocks: AsyncIterable<string>): Promise<string> {
  return (await Array.fromAsync(blocks)).join('');
}

export const ask = <T>(
  world: LocalWorld,
  sql: string,
  work: (result: QueryResult) => Promise<T>,
  asOf?: number,
) => withQuery(world, sql, asOf === undefined ? {} : { asOf }, work);

/** The rows as objects, by way of JSON. */
export async function rows(world: LocalWorld, sql: string, asOf?: number): Promise<unknown[]> {
  const lines = await ask(world, sql, (result) => text(result.json()), asOf);
  return lines
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as unknown);
}
