/** What becomes of each incoming row that meets a row of the table. */

import { UsageError } from '../../core/errors.ts';
import type { DeltaField } from '../../core/row.ts';
import { DELETE_COLUMN } from '../../core/sinks/sink.ts';
import { quote } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import { engineType } from '../query/engine-type.ts';
import { FILE_COLUMN } from './held.ts';
import type { MergeTask } from './task.ts';

/** The number of an incoming row. */
export const ROW = '"_row"';

/** Columns that the table has and the rows do not: a row that is updated keeps what it has there. */
export const keptColumn = (field: DeltaField): string => quote(`_kept_${field.name}`);

export interface Meeting {
  readonly task: MergeTask;
  readonly partitionBy: readonly string[];
  /** The columns of incoming rows; in the table an object may have more fields than here. */
  readonly wanted: readonly DeltaField[];
  /** Columns of the table that incoming rows lack. */
  readonly kept: readonly DeltaField[];
}

/** Makes the empty table `met`: one line for each incoming row that met one of the table. */
export async function openMet(engine: Engine, { kept }: Meeting): Promise<void> {
  const columns = kept.map((field) => `, h.${quote(field.name)} AS ${keptColumn(field)}`);
  await engine.run(`CREATE OR REPLACE TABLE met AS SELECT i.${ROW}, h.${quote(FILE_COLUMN)} AS file, '' AS verdict, FALSE AS moves${columns.join('')}
FROM incoming i, held h LIMIT 0`);
}

/** The files of `held` that have a key of an incoming row. */
export async function filesThatMeet(engine: Engine, key: readonly string[]): Promise<Set<string>> {
  const names = key.map(quote).join(', ');
  const at = quote(FILE_COLUMN);
  const rows = await engine.rows(
    `SELECT DISTINCT ${at} AS file FROM (SELECT ${names}, ${at} FROM held) SEMI JOIN incoming USING (${names})`,
  );
  return new Set(rows.map(({ file }) => String(file)));
}

/**
 * Writes down what becomes of the rows that meet `held`.
 * @throws UsageError if the table has several rows of one key: which of them an update would be of, nobody could say.
 */
export async function meet(engine: Engine, meeting: Meeting, uri: string): Promise<void> {
  const { task, partitionBy, kept } = meeting;
  const names = task.key.map(quote).join(', ');
  const columns = kept.map((field) => `, h.${quote(field.name)}`).join('');
  const moves = partitionBy.map((name) => `h.${quote(name)} IS DISTINCT FROM i.${quote(name)}`);
  await engine.run(`INSERT INTO met
SELECT ${task.write === 'append' ? 'DISTINCT ON (i."_row")' : ''} i.${ROW}, h.${quote(FILE_COLUMN)}, ${verdictSql(task, meeting.wanted)}, ${moves.join(' OR ') || 'FALSE'}${columns}
FROM held h JOIN incoming i USING (${names})`);
  if (task.write === 'append') return;
  const [twice] = await engine.rows(
    `SELECT count(*) AS keys FROM (SELECT ${ROW} FROM met GROUP BY ALL HAVING count(*) > 1)`,
  );
  if (twice!['keys'] === 0) return;
  throw new UsageError(
    `The table ${uri} has several rows for each of ${String(twice!['keys'])} keys (${task.key.join(', ')}) of this run, ` +
      'so that nobody can say which one to update. Load the table once with one row for each key ' +
      "(`write: 'replace'`), or give the sink a key that tells its rows apart.",
  );
}

/** In words: `outdated`, `deleted`, `unchanged`, `updated`. */
function verdictSql({ write, newest, deletes, compared }: MergeTask, wanted: readonly DeltaField[]): string {
  if (write === 'append') return `'outdated'`;
  const of = (side: string, name: string): string => `${side}.${quote(name)}`;
  const cases: string[] = [];
  if (newest !== null) {
    const [held, incoming] = [of('h', newest), of('i', newest)];
    cases.push(`WHEN ${held} IS NOT NULL AND (${incoming} IS NULL OR ${incoming} < ${held}) THEN 'outdated'`);
  }
  if (deletes) cases.push(`WHEN i.${quote(DELETE_COLUMN)} THEN 'deleted'`);
  const types = new Map(wanted.map(({ name, type }) => [name, engineType(type)]));
  const same = compared.map(
    (name) => `CAST(${of('h', name)} AS ${types.get(name)}) IS NOT DISTINCT FROM ${of('i', name)}`,
  );
  cases.push(`WHEN ${same.join(' AND ')} THEN 'unchanged'`);
  return `CASE ${cases.join(' ')} ELSE 'updated' END`;
}
