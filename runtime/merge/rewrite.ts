/** Files of a table written anew, without the rows that leave them and with those that take their place. */

import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { copySql } from '../../core/plan/write.ts';
import type { DeltaField } from '../../core/row.ts';
import { literal, literals, quote } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import { ANY_RUN, RUNS_TAG } from '../layout.ts';
import type { DataFile } from '../ports.ts';
import { engineType } from '../query/engine-type.ts';
import { placeFile } from '../table-files.ts';
import type { World } from '../world.ts';
import { storedSql, type HeldFile } from './held.ts';
import { keptColumn, ROW, type Meeting } from './meet.ts';

export interface Rewriting {
  readonly world: World;
  readonly engine: Engine;
  readonly uri: string;
  readonly meeting: Meeting;
  /** The columns of the table afterwards, and those of them that lie in files. */
  readonly fields: readonly DeltaField[];
  readonly stored: readonly DeltaField[];
}

export interface Rewritten {
  readonly add: readonly DataFile[];
  readonly remove: readonly DataFile[];
}

/** What a file that is written anew should not pass. */
const TARGET_BYTES = 128 * 1024 * 1024;

/** Of files that met incoming rows, those of which a row changes or leaves; small ones of a partition become one. */
export async function rewrite(rewriting: Rewriting, met: readonly HeldFile[]): Promise<Rewritten> {
  const { engine, meeting, stored } = rewriting;
  const paths = literals(met.map(({ path }) => path));
  const key = storedKey(rewriting).map((name) => `i.${quote(name)}, `);
  await engine.run(`CREATE OR REPLACE TABLE leaving AS SELECT ${key.join('')}m.file FROM incoming i JOIN met m USING (${ROW})
WHERE m.verdict IN ('updated', 'deleted') AND m.file IN ${paths}`);
  await engine.run(`CREATE OR REPLACE TABLE arriving AS SELECT ${rowSql(stored, meeting)}, m.file AS "_file"
FROM incoming i JOIN met m USING (${ROW}) WHERE m.verdict = 'updated' AND NOT m.moves AND m.file IN ${paths} ORDER BY m.file`);
  const changed = new Set(
    (await engine.rows('SELECT DISTINCT file FROM leaving')).map(({ file }) => String(file)),
  );
  const groups = groupsOf(met.filter(({ path }) => changed.has(path)));
  const add: DataFile[] = [];
  for (const group of groups) {
    const file = await rewriteGroup(rewriting, group);
    if (file) add.push(file);
  }
  return { add, remove: groups.flat().map(({ file }) => file) };
}

/** The columns of the key that are not the same in all of a partition. */
const storedKey = ({ meeting, stored }: Rewriting): string[] =>
  meeting.task.key.filter((name) => stored.some((field) => field.name === name));

/** A row as it comes in; where it lacks columns, with what the table has there. */
const rowSql = (fields: readonly DeltaField[], { kept }: Meeting): string =>
  fields
    .map((field) => {
      const value = kept.includes(field) ? `m.${keptColumn(field)}` : `i.${quote(field.name)}`;
      return `CAST(${value} AS ${engineType(field.type)}) AS ${quote(field.name)}`;
    })
    .join(', ');

function groupsOf(files: readonly HeldFile[]): HeldFile[][] {
  const keyOf = ({ file }: HeldFile): string =>
    JSON.stringify(Object.entries(file.partitionValues).sort(([a], [b]) => (a < b ? -1 : 1)));
  return [...Map.groupBy(files, keyOf).values()].flatMap((some) => {
    const groups: HeldFile[][] = [];
    let bytes = Infinity;
    for (const one of some) {
      if (bytes + one.file.size > TARGET_BYTES) {
        groups.push([]);
        bytes = 0;
      }
      groups.at(-1)!.push(one);
      bytes += one.file.size;
    }
    return groups;
  });
}

/** @returns undefined if no row is left. */
async function rewriteGroup(rewriting: Rewriting, group: readonly HeldFile[]): Promise<DataFile | undefined> {
  const { world, engine, uri, meeting, fields, stored } = rewriting;
  const { task, partitionBy } = meeting;
  const own = randomBytes(3).toString('hex');
  const path = join(engine.folder, `anew-${own}.parquet`);
  const files = literals(group.map((one) => one.path));
  const key = storedKey(rewriting).map(quote).join(', ');
  // Where the partition alone is the key, its one row is the one that leaves.
  const stays =
    key === ''
      ? 'WHERE FALSE'
      : `ANTI JOIN (SELECT ${key} FROM leaving WHERE file IN ${files}) USING (${key})`;
  const names = stored.map(({ name }) => quote(name)).join(', ');
  await engine.run(
    copySql(
      `SELECT ${names} FROM (${storedSql(engine, group, stored)}) ${stays}
UNION ALL SELECT ${names} FROM arriving WHERE "_file" IN ${files}`,
      path,
    ),
  );
  const [facts] = await engine.rows(
    `SELECT num_rows AS records FROM parquet_file_metadata(${literal(path)})`,
  );
  if (facts!['records'] === 0) return undefined;
  const target = { uri, fields, partitionBy, run: task.run, tags: { [RUNS_TAG]: ANY_RUN } };
  const { partitionValues } = group[0]!.file;
  const placed = await placeFile(world, engine, { path, partitionValues }, target, `${own}-0.parquet`);
  await rm(path, { force: true });
  return placed;
}
