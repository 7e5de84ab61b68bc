/** Which files of a table can hold a key of the incoming rows, as far as partition values and statistics tell. */

import { VARCHAR } from '@duckdb/node-api';
import type { DeltaField } from '../../core/row.ts';
import { quote } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import type { DataFile } from '../ports.ts';
import { engineType } from '../query/engine-type.ts';

/**
 * Types whose bounds mean the same to every writer. Those of a timestamp may be cut to milliseconds, so it is looked for up
 * to one later.
 */
const BOUNDED = /^(byte|short|integer|long|date|string|timestamp|decimal\(.*\))$/;

/** `incoming` is a relation of the engine with the key's columns, none of them null. */
export async function candidateFiles(
  engine: Engine,
  incoming: string,
  files: readonly DataFile[],
  key: readonly DeltaField[],
): Promise<DataFile[]> {
  let left = files;
  for (const field of key) left = await canHold(engine, incoming, left, field);
  return [...left];
}

/** The files in whose reach there is a value of one column: the next one from the lower bound on is not past the upper. */
async function canHold(
  engine: Engine,
  incoming: string,
  files: readonly DataFile[],
  { name, type }: DeltaField,
): Promise<readonly DataFile[]> {
  if (files.length === 0 || !BOUNDED.test(String(type))) return files;
  const bounds = files.map((file) => boundsOf(file, name));
  await engine.run('CREATE OR REPLACE TABLE reach (file VARCHAR, low VARCHAR, high VARCHAR)');
  await engine.append(
    'reach',
    [VARCHAR, VARCHAR, VARCHAR],
    [files.map((_, i) => String(i)), bounds.map(({ low }) => low), bounds.map(({ high }) => high)],
  );
  const sqlType = engineType(type);
  const high = `TRY_CAST(high AS ${sqlType})${type === 'timestamp' ? ' + INTERVAL 1 MILLISECOND' : ''}`;
  const column = quote(name);
  const out = await engine.numbers(`SELECT r.file::INTEGER
FROM (SELECT file, TRY_CAST(low AS ${sqlType}) AS low, ${high} AS high FROM reach) r
ASOF LEFT JOIN (SELECT DISTINCT ${column} AS value FROM ${incoming}) k ON r.low <= k.value
WHERE r.low IS NOT NULL AND r.high IS NOT NULL AND (k.value IS NULL OR k.value > r.high)`);
  const excluded = new Set(out);
  return files.filter((_, i) => !excluded.has(i));
}

function boundsOf(file: DataFile, name: string): { low: string | null; high: string | null } {
  const partition = file.partitionValues[name];
  if (partition !== undefined) return { low: partition, high: partition };
  return { low: textOf(file.stats.minValues[name]), high: textOf(file.stats.maxValues[name]) };
}

/** Statistics may hold numbers as raw JSON, which JavaScript could not hold. */
function textOf(bound: unknown): string | null {
  if (bound == null) return null;
  return typeof bound === 'string' ? bound : JSON.stringify(bound);
}
