/** Files of a table written anew, without the rows that leave them and with those that take their place. */

import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DeltaField } from '../../core/row.ts';
import { copySql } from '../../core/plan/write.ts';
import { quote } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import { ANY_RUN, RUNS_TAG } from '../layout.ts';
import type { DataFile } from '../ports.ts';
import { engineType } from '../query/engine-type.ts';
import { inLanes } from '../in-lanes.ts';
import { placeParts } from '../table-files.ts';
import { storedSql, type HeldFile } from './held.ts';
import { ROW } from './incoming.ts';
import type { Meeting } from './meeting.ts';
import { keptColumn } from './met.ts';

/** Files that become one, or none if no row is left. */
export interface Rewritten {
  readonly remove: readonly DataFile[];
  readonly add: DataFile | null;
}

/** What a file that is written anew should not pass. */
const TARGET_BYTES = 128 * 1024 * 1024;

/** Of files that met incoming rows, those of which a row changes or leaves; small ones of a partition become one. */
export async function rewrite(meeting: Meeting, met: readonly HeldFile[]): Promise<Rewritten[]> {
  const { world, engine, uri, task, partitionBy, fields, stored } = meeting;
  const numbers = met.map(({ n }) => n).join(', ');
  const key = storedKey(meeting).map((name) => `i.${quote(name)}, `);
  await engine.run(`CREATE OR REPLACE TABLE leaving AS SELECT ${key.join('')}m.file AS "_file" FROM incoming i JOIN met m USING (${ROW})
WHERE m.verdict IN ('updated', 'deleted') AND m.file IN (${numbers}) ORDER BY m.file`);
  await engine.run(`CREATE OR REPLACE TABLE arriving AS SELECT ${rowSql(stored, meeting)}, m.file AS "_file"
FROM incoming i JOIN met m USING (${ROW}) WHERE m.verdict = 'updated' AND NOT m.moves AND m.file IN (${numbers}) ORDER BY m.file`);
  const changed = new Set(await engine.numbers('SELECT DISTINCT "_file" FROM leaving'));
  const groups = groupsOf(met.filter(({ n }) => changed.has(n)));
  const parts = await inLanes(engine, groups, async (lane, group) => ({
    path: await writeGroup(lane, meeting, group),
    partitionValues: group[0]!.file.partitionValues,
  }));
  const own = randomBytes(3).toString('hex');
  const target = { uri, fields, partitionBy, run: task.run, tags: { [RUNS_TAG]: ANY_RUN } };
  const added = await placeParts(world, engine, parts, target, (i) => `${own}-${i}.parquet`);
  for (const { path } of parts) await rm(path, { force: true });
  return groups.map((group, i) => ({ remove: group.map(({ file }) => file), add: added[i]! }));
}

/** The columns of the key that are not the same in all of a partition. */
const storedKey = ({ task, stored }: Meeting): string[] =>
  task.key.filter((name) => stored.some((field) => field.name === name));

/** A row as it comes in; where it lacks columns, with what the table has there. */
const rowSql = (fields: readonly DeltaField[], { kept }: Meeting): string =>
  fields
    .map((field) => {
      const value = kept.includes(field) ? `m.${keptColumn(field)}` : `i.${quote(field.name)}`;
      return `CAST(${value} AS ${engineType(field.type)}) AS ${quote(field.name)}`;
    })
    .join(', ');

function groupsOf(files: readonly HeldFile[]): HeldFile[][] {
  return [...Map.groupBy(files, ({ file }) => partitionKey(file)).values()].flatMap((some) => {
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

/** A text that is the same for files of one partition. */
export const partitionKey = ({ partitionValues }: Pick<DataFile, 'partitionValues'>): string =>
  JSON.stringify(Object.entries(partitionValues).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Writes a group as one file into the engine's folder. */
async function writeGroup(engine: Engine, meeting: Meeting, group: readonly HeldFile[]): Promise<string> {
  const { stored } = meeting;
  const path = join(engine.folder, `anew-${randomBytes(6).toString('hex')}.parquet`);
  const numbers = group.map(({ n }) => n).join(', ');
  const key = storedKey(meeting).map(quote).join(', ');
  // Where the partition alone is the key, its one row is the one that leaves.
  const stays =
    key === ''
      ? 'WHERE FALSE'
      : `ANTI JOIN (SELECT ${key} FROM leaving WHERE "_file" IN (${numbers})) USING (${key})`;
  const names = stored.map(({ name }) => quote(name)).join(', ');
  await engine.run(
    copySql(
      `SELECT ${names} FROM (${storedSql(engine, group, stored)}) ${stays}
UNION ALL SELECT ${names} FROM arriving WHERE "_file" IN (${numbers})`,
      path,
    ),
  );
  return path;
}
