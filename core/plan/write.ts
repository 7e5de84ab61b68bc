/** What is written and counted of judged rows: accepted rows to files, rejected ones to quarantine, all of them counted. */

import { LIVE } from '../layer.ts';
import type { Column } from '../row.ts';
import { DELETE_COLUMN, metadataColumns, type Sink } from '../sinks/sink.ts';
import { literal, quote } from '../sql.ts';

/** What a row is told about where it came from. */
export interface Origin {
  readonly file: string;
  readonly run: string;
  readonly startedAt: string;
}

/** The accepted rows of relation `from` for the table; `record` is the SQL of a record's number, from 1. */
export function acceptedSql(
  columns: readonly Column[],
  sink: Sink,
  from: string,
  record: string,
  origin: Origin,
): string {
  const facts = {
    _file: literal(origin.file),
    _record: `(${record})::BIGINT`,
    _run: literal(origin.run),
    _loaded_at: `TIMESTAMPTZ ${literal(origin.startedAt)}`,
  } satisfies Record<keyof typeof metadataColumns, string>;
  const added = sink.metadata.map((name) => `${facts[name]} AS ${quote(name)}`);
  if (sink.deleteWhen !== null) added.push(quote(DELETE_COLUMN));
  return `SELECT ${[...columns.map((c) => quote(c.name)), ...added].join(', ')} FROM ${from} WHERE ${LIVE}`;
}

/** The live rows of relation `from`, by the names of what they leave for work to come; `n` is the SQL of a record's number, from 0. */
export const stagedSql = (names: readonly string[], from: string, n: string): string =>
  `SELECT ${names.map(quote).join(', ')}, (${n})::BIGINT AS "_n" FROM ${from} WHERE ${LIVE}`;

/** Writes a SELECT to one Parquet file. */
export const copySql = (select: string, path: string): string =>
  `COPY (${select}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`;

/** The bucket of a row: equal values of `by` go to one bucket; without any, each record by itself. */
export const bucketSql = (by: readonly string[], buckets: number): string =>
  `(hash(${by.length === 0 ? '"_n"' : by.map(quote).join(', ')}) % ${buckets})::INTEGER`;

/** Writes a SELECT to a folder for each bucket. */
export const partedSql = (select: string, by: readonly string[], buckets: number, folder: string): string =>
  `COPY (SELECT *, ${bucketSql(by, buckets)} AS "_bucket" FROM (${select}))
TO ${literal(folder)} (FORMAT parquet, COMPRESSION zstd, PARTITION_BY ("_bucket"))`;

/** A number for a set of records, whatever their order, by the SQL of their numbers: the sum of hashes, as text. */
export const digestSql = (n: string): string => `coalesce(sum(hash(${n})::HUGEINT), 0)::VARCHAR`;

/** Where the rows of relation `from` stand. `n` is the SQL of a record's number; their sum shows that each is there once. */
export const countsSql = (from: string, n: string): string =>
  `SELECT count(*) AS "read", count(*) FILTER (${LIVE}) AS accepted,
  count(*) FILTER ("_reasons" IS NOT NULL) AS quarantined,
  count(*) FILTER ("_reasons" IS NULL AND "_filtered") AS filtered,
  count(*) FILTER ("_reasons" IS NULL AND "_deduplicated") AS deduplicated,
  coalesce(sum(${n}), 0)::VARCHAR AS numbers FROM ${from}`;

/** Characters of an example: a field may be as long as a record, a report is for reading. */
const EXAMPLE = 200;

/**
 * Each reason once, with how many records have it and the first of them (`n` from 0), most frequent first. A record with one
 * reason cannot have it twice: only of the others it is asked which records they are.
 */
export const tallySql = (from: string, n: string, most: number): string =>
  `SELECT * FROM (SELECT r."column" AS "column", r.code AS code, r.message AS message,
  count(*) FILTER (alone) + count(DISTINCT n) FILTER (NOT alone) AS records,
  min(n) AS record, arg_min({v: left(r."value", ${EXAMPLE})}, n).v AS "value"
FROM (SELECT ${n} AS n, len("_reasons") = 1 AS alone, unnest("_reasons") AS r FROM ${from} WHERE "_reasons" IS NOT NULL)
GROUP BY ALL) QUALIFY starts_with(code, 'check.') OR
  row_number() OVER (PARTITION BY starts_with(code, 'check.') ORDER BY ${FREQUENT_FIRST}) <= ${most}
ORDER BY ${FREQUENT_FIRST}`;

const FREQUENT_FIRST = 'records DESC, record, "column", code, message';
