/** A query over the lake and the quarantine: read-only, sealed to the live files of its tables, its result streamed. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBType } from '@duckdb/node-api';
import { LimitExceededError, UsageError } from '../../core/errors.ts';
import { literal, quote } from '../../core/sql.ts';
import { textOf } from '../engine-text.ts';
import type { World } from '../world.ts';
import { tablesOf, unknownTable, type LakeTable } from './lake-tables.ts';
import { placeLiveFiles } from './live-files.ts';
import { parseQuery } from './parse-query.ts';
import { seal, withQueryEngine } from './query-engine.ts';
import { createTableView } from './table-view.ts';
import { csvCellSql, harmlessSql, isNumber, isText, jsonLineSql, parquetSql, textSql } from './value-sql.ts';

export interface QueryOptions {
  /** The version of the one table that the query reads. Default: the newest of each. */
  readonly asOf?: number;
  /** Is told before files are brought from the store to this machine. */
  onDownload?(files: number, bytes: number): void;
  /** Stops the engine in the middle of its work; without that, the process cannot end before it is done. */
  readonly signal?: AbortSignal;
}

/** What a query answers; each call runs it. Texts come in blocks of about a megabyte, as fast as they are taken. */
export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly isNumber: boolean }[];
  /** The first rows as texts of so many characters at most, null for a null. */
  rows(most: number, characters: number): Promise<(string | null)[][]>;
  /** One JSON object for each row, each on a line. */
  json(): AsyncIterable<string>;
  /** RFC 4180, with a header. Unless `raw`, texts that a spreadsheet would take for a formula are made harmless. */
  csv(options: { readonly raw: boolean }): AsyncIterable<string>;
  /** The whole result as a Parquet file, which is gone when the query ends. @returns its path */
  parquet(): Promise<string>;
}

/**
 * Makes a query ready, hands over its result, and cleans up whatever happens.
 * @throws UsageError for a query that cannot be run, in one line; LimitExceededError if it needs more memory.
 */
export async function withQuery<T>(
  world: World,
  sql: string,
  options: QueryOptions,
  work: (result: QueryResult) => Promise<T>,
): Promise<T> {
  await mkdir(world.scratch, { recursive: true });
  const folder = await mkdtemp(join(world.scratch, 'query-'));
  try {
    const engine = { spill: join(folder, 'spill'), ...world.engine, signal: options.signal };
    return await withQueryEngine(engine, async (connection) => {
      const said = inWords(world);
      const tables = await tablesOf(world, await parseQuery(connection, sql), options.asOf);
      const parquet = join(folder, 'result.parquet');
      const opened = await openTables(world, connection, tables, { folder, said, options });
      await seal(connection, [...opened, parquet]);
      const relation = `(${withoutEnd(sql)}\n)`;
      await parseQuery(connection, `FROM ${relation}`).catch((cause: unknown) => {
        throw new UsageError('Something follows the semicolon of the query; leave it out.', { cause });
      });
      const columns = await said(() => columnsOf(connection, relation));
      return work(resultOf({ connection, relation, columns, said, parquet }));
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Column {
  readonly name: string;
  readonly type: DuckDBType;
}

type Said = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes the views of the tables. @returns the files that they read */
async function openTables(
  world: World,
  connection: DuckDBConnection,
  tables: readonly LakeTable[],
  { folder, said, options }: { folder: string; said: Said; options: QueryOptions },
): Promise<string[]> {
  for (const sql of ['CREATE SCHEMA lake', 'CREATE SCHEMA quarantine', 'CREATE SCHEMA partitions'])
    await connection.run(sql);
  const paths: string[] = [];
  for (const [n, table] of tables.entries()) {
    const own = join(folder, String(n));
    await mkdir(own);
    // What the store says is not about the query.
    const files = await placeLiveFiles(world.files, table, own, options.onDownload);
    const shape = join(own, 'shape.parquet');
    const view = `${table.schema}.${quote(table.name)}`;
    const viewed = { view, n, schema: table.snapshot.schema, files };
    await said(() => createTableView(connection, viewed, shape));
    if (table.schema === 'quarantine')
      await connection.run('CREATE VIEW main.quarantine AS FROM quarantine.records');
    for (const { path } of files) paths.push(path);
    paths.push(shape);
  }
  await connection.run(`SET search_path = 'lake,main'`);
  return paths;
}

/** Of names that repeat, the engine makes different ones. */
async function columnsOf(connection: DuckDBConnection, relation: string): Promise<readonly Column[]> {
  const prepared = await connection.prepare(`SELECT * FROM ${relation}`);
  try {
    if (prepared.parameterCount > 0) {
      throw new UsageError('The query has parameters ($1 or ?); write their values into it.');
    }
    return Array.from({ length: prepared.columnCount }, (_, i) => ({
      name: prepared.columnName(i),
      type: prepared.columnType(i),
    }));
  } finally {
    prepared.destroySync();
  }
}

interface Ready {
  readonly connection: DuckDBConnection;
  readonly relation: string;
  readonly columns: readonly Column[];
  readonly said: Said;
  readonly parquet: string;
}

function resultOf({ connection, relation, columns, said, parquet }: Ready): QueryResult {
  const from = `FROM ${relation} AS query(${columns.map((_, i) => `c${i}`).join(', ')})`;
  const texts = columns.map(({ type }, i) => textSql(type, `query.c${i}`));
  const lines = (line: string, inner = `SELECT * ${from}`) =>
    streamed(connection, `SELECT ${line} FROM (${inner}) AS query`, said);
  return {
    columns: columns.map(({ name, type }) => ({ name, isNumber: isNumber(type) })),
    async rows(most, characters) {
      const cells = texts.map((text) => `left(${text}, ${characters})`);
      const read = await said(() =>
        connection.runAndReadAll(`SELECT ${cells.join(', ')} ${from} LIMIT ${most}`),
      );
      return read.getRowsJS() as (string | null)[][];
    },
    json: () =>
      lines(jsonLineSql(columns.map((column, i) => ({ ...column, sql: `query.c${i}` }))) + ` || chr(10)`),
    async *csv({ raw }) {
      const safe = (text: string, isPlain: boolean) => (raw || isPlain ? text : harmlessSql(text));
      const inner = texts.map((text, i) => `${safe(text, !isText(columns[i]!.type))} AS c${i}`);
      const cells = columns.map((_, i) => csvCellSql(`query.c${i}`));
      // An empty line would be no record.
      const line =
        cells.length === 1 ? `coalesce(nullif(${cells[0]!}, ''), '""')` : cells.join(` || ',' || `);
      const header = columns.map(({ name }) => csvCellSql(safe(literal(name), false))).join(` || ',' || `);
      yield* streamed(connection, `SELECT ${header} || chr(13) || chr(10)`, said);
      yield* lines(`${line} || chr(13) || chr(10)`, `SELECT ${inner.join(', ')} ${from}`);
    },
    async parquet() {
      const list = columns.map(({ name, type }, i) => `${parquetSql(type, `query.c${i}`)} AS ${quote(name)}`);
      await said(() =>
        connection.run(
          `COPY (SELECT ${list.join(', ')} ${from}) TO ${literal(parquet)} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)`,
        ),
      );
      return parquet;
    },
  };
}

/** Characters that are handed over at a time. */
const BLOCK = 1024 * 1024;

/** The texts of a result of one column, one after another. */
async function* streamed(connection: DuckDBConnection, sql: string, said: Said): AsyncGenerator<string> {
  const result = await said(() => connection.stream(sql));
  let block = '';
  for (;;) {
    const chunk = await said(() => result.fetchChunk());
    if (!chunk?.rowCount) break;
    const vector = chunk.getColumnVector(0);
    for (let row = 0; row < chunk.rowCount; row++) {
      block += textOf(vector, row) ?? '';
      if (block.length < BLOCK) continue;
      yield block;
      block = '';
    }
  }
  if (block !== '') yield block;
}

/** The text without the semicolon at its end. */
const withoutEnd = (sql: string): string => sql.replace(/[\s;]+$/, '');

/** What the engine says of a query is about the query: in one line, without its picture of the text. */
const inWords =
  (world: World): Said =>
  (work) =>
    work().catch(async (cause: Error) => {
      if (cause instanceof UsageError) throw cause;
      const [words = ''] = cause.message.split(/\n+LINE \d+:/);
      const missing = /^Catalog Error: Table with name (.+) does not exist!/.exec(words)?.[1];
      if (missing !== undefined) throw await unknownTable(world, missing);
      const line = words.trim().replaceAll(/\s*\n\s*/g, ' ');
      if (line.startsWith('Out of Memory Error')) {
        throw new LimitExceededError(
          `The query needs more than the engine's ${world.engine.memoryMb} MB of memory: ${line} Ask for fewer rows or groups at once.`,
          { cause },
        );
      }
      throw new UsageError(line, { cause });
    });
