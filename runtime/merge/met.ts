/** What becomes of each incoming row that meets a row of the table: the table `met` of the engine. */

import { UsageError } from '../../core/errors.ts';
import type { DeltaField } from '../../core/row.ts';
import { DELETE_COLUMN } from '../../core/sinks/sink.ts';
import { quote } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import { engineType } from '../query/engine-type.ts';
import { FILE_COLUMN } from './held.ts';
import { ROW } from './incoming.ts';
import type { Meeting } from './meeting.ts';
import type { MergeTask } from './task.ts';

/** Columns that the table has and the rows do not: a row that is updated keeps what it has there. */
export const keptColumn = (field: DeltaField): string => quote(`_kept_${field.name}`);

export const VERDICTS = ['outdated', 'deleted', 'unchanged', 'updated'] as const;

/**
 * Makes the empty table `met`: one line for each incoming row that met one of the table. Little room for each, as there
 * may be as many as rows: of its file the number.
 */
export async function openMet({ engine, kept }: Meeting): Promise<void> {
  const verdicts = VERDICTS.map((verdict) => `'${verdict}'`).join(', ');
  const columns = kept.map((field) => `, ${keptColumn(field)} ${engineType(field.type)}`);
  await engine.run(`CREATE TYPE verdict AS ENUM (${verdicts})`);
  await engine.run(
    `CREATE TABLE met (${ROW} BIGINT, file INTEGER, verdict verdict, moves BOOLEAN${columns.join('')})`,
  );
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

/** Writes down what becomes of the rows that meet `held`. */
export async function meet(meeting: Meeting): Promise<void> {
  const { task, partitionBy, wanted, kept } = meeting;
  const names = task.key.map(quote).join(', ');
  const columns = kept.map((field) => `, h.${quote(field.name)} AS ${keptColumn(field)}`).join('');
  const moves = partitionBy.map((name) => `h.${quote(name)} IS DISTINCT FROM i.${quote(name)}`);
  await addMet(
    meeting,
    `SELECT i.${ROW}, f.n AS file, ${verdictSql(task, wanted)} AS verdict, ${moves.join(' OR ') || 'FALSE'} AS moves${columns}
FROM held h JOIN incoming i USING (${names}) JOIN held_files f ON f.path = h.${quote(FILE_COLUMN)}`,
  );
}

/** Adds lines to `met`. Where the table's row stands, one is enough, however many there are of its key. */
export const addMet = ({ engine, task }: Meeting, lines: string): Promise<void> =>
  engine.run(
    task.write === 'append'
      ? `INSERT INTO met SELECT DISTINCT ON (${ROW}) * FROM (${lines}) ANTI JOIN met USING (${ROW})`
      : `INSERT INTO met ${lines}`,
  );

/** @throws UsageError if the table has several rows of one key: which of them an update would be of, nobody could say. */
export async function metOnce({ engine, task, uri }: Meeting): Promise<void> {
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

/** In words: one of `VERDICTS`. */
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
