/** Compares a table on AWS with its twin on disk, row by row and in no order, by downloading what is visible of both. */

import { join } from 'node:path';
import { quote, literal } from '../../../core/sql.ts';
import { sideBySide } from '../../../runtime/aws/side-by-side.ts';
import type { World } from '../../../runtime/world.ts';
import type { OpenEngine } from '../../support/engine.ts';

export interface Compared {
  readonly rows: readonly [there: number, here: number];
  /** Rows of one that the other does not have as often, a few of them. */
  readonly different: readonly Record<string, unknown>[];
}

/** @param columns how each column that differs by nature is compared: by an expression, or not at all. */
export async function compareTables(
  engine: OpenEngine,
  there: { readonly world: World; readonly uri: string },
  here: { readonly world: World; readonly uri: string },
  columns: { readonly without: readonly string[]; readonly replace?: string },
): Promise<Compared> {
  const query = async ({ world, uri }: typeof there): Promise<string> => {
    const without = columns.without.length === 0 ? '' : `EXCLUDE (${columns.without.map(quote).join(', ')})`;
    const replace = columns.replace === undefined ? '' : `REPLACE (${columns.replace})`;
    return `SELECT * ${without} ${replace} FROM (${await visibleRows(engine, world, uri)})`;
  };
  const [a, b] = [await query(there), await query(here)];
  const [counted] = await engine.rows(
    `SELECT (SELECT count(*) FROM (${a}))::INTEGER AS a, (SELECT count(*) FROM (${b}))::INTEGER AS b`,
  );
  const different = await engine.rows(
    `(SELECT 'there' AS "only", * FROM (${a} EXCEPT ALL ${b}) LIMIT 3)
     UNION ALL (SELECT 'here' AS "only", * FROM (${b} EXCEPT ALL ${a}) LIMIT 3)`,
  );
  return { rows: [Number(counted!['a']), Number(counted!['b'])], different };
}

let made = 0;

/** A query for what the table's log says is visible, with the columns that only its log holds. */
async function visibleRows(engine: OpenEngine, world: World, uri: string): Promise<string> {
  const { files } = (await world.tables.snapshot(uri))!;
  const parts = sideBySide(files, 8, async ({ path, partitionValues }) => {
    const local = join(engine.folder, `compared-${made++}.parquet`);
    await world.files.download(`${uri}/${decodeURIComponent(path)}`, local);
    const more = Object.entries(partitionValues).map(
      ([name, value]) => `, ${value === null ? 'NULL' : literal(value)} AS ${quote(name)}`,
    );
    return `SELECT *${more.join('')} FROM read_parquet(${literal(local)})`;
  });
  return (await Array.fromAsync(parts)).join(' UNION ALL BY NAME ');
}
