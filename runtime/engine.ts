/** One sealed DuckDB for one piece of work: it sees its scratch folder and nothing else. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DuckDBDataChunk,
  JSDuckDBValueConverter,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { EngineError } from '../core/errors.ts';
import { defaultLimits } from '../core/limits.ts';
import { registerOn, type EngineFunction } from './engine-function.ts';
import { engineLimits, type EngineLimits } from './engine-limits.ts';
import { openSealed } from './engine-open.ts';
import { textOf } from './engine-text.ts';

export interface EngineOptions {
  /** The folder in which the engine's own folder is made. */
  readonly scratch: string;
  readonly memoryMb: number;
  readonly threads: number;
  /** How long the engine may be open before its statement is interrupted. Default: `stageSeconds` of the limits. */
  readonly seconds?: number;
}

export interface Engine {
  /** The engine's own folder: the only place that it reads and writes. */
  readonly folder: string;
  run(sql: string): Promise<void>;
  /**
   * Rows as plain objects; BIGINT values are numbers. A text inside a list or a struct is read without a U+FEFF in front.
   * @throws EngineError if a whole number is past 2^53.
   */
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** The first column of a result, as many numbers as there are rows, in little room; none may be null. */
  numbers(sql: string): Promise<Float64Array>;
  /** @throws EngineError while a statement runs, or once there is more than one lane. */
  register(fn: EngineFunction): void;
  /**
   * This engine and others on the same tables and folder, whose statements run beside each other: as many as it has
   * processors for, one at least, at most as many as asked for.
   * @throws EngineError if a function of ours is registered: statements that call one cannot run beside others.
   */
  lanes(most: number): Promise<readonly Engine[]>;
  /** Adds columns of values to a table, of the given types. */
  append(
    table: string,
    types: readonly DuckDBType[],
    columns: readonly (readonly DuckDBValue[])[],
  ): Promise<void>;
}

const VECTOR = 2048;

/**
 * Opens an engine, hands it over, and closes it and removes its folder whatever happens.
 * @throws what the work throws; the engine's own statements throw EngineError, or LimitExceededError for one that needs
 * more time or memory than the engine was given.
 */
export async function withEngine<T>(
  options: EngineOptions,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  await mkdir(options.scratch, { recursive: true });
  const folder = await mkdtemp(join(options.scratch, 'engine-'));
  try {
    // It opens while the work makes its first statement ready.
    const opening = openSealed(options, folder);
    const lanes: Lane[] = [];
    try {
      const { memoryMb, seconds = defaultLimits.stageSeconds } = options;
      const interrupt = (): void => {
        for (const lane of lanes) lane.interrupt();
      };
      const limits = engineLimits({ memoryMb, seconds, interrupt });
      const connect = async () => (await opening).instance.connect();
      const first = opening.then(({ connection }) => connection);
      lanes.push(laneOver(first, { folder, limits, lanes, connect, threads: options.threads }));
      return await work(lanes[0]!.engine);
    } finally {
      for (const lane of lanes) await lane.close();
      const opened = await opening.catch(() => undefined);
      opened?.instance.closeSync();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * One statement after another: a function of ours runs on this thread, and whatever waits here for a connection that is
 * busy (registering, closing) would wait for the statement that waits for that function.
 */
function inTurn() {
  let last: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  return {
    isBusy: () => waiting > 0,
    idle: () => last,
    take<T>(work: () => Promise<T>): Promise<T> {
      waiting++;
      const done = last.then(work).finally(() => waiting--);
      last = done.catch(() => undefined);
      return done;
    },
  };
}

/** A connection, and the engine over it. */
interface Lane {
  readonly engine: Engine;
  /** Whether its statements may call functions of ours. */
  callsUs(): boolean;
  /** Ends the statement that runs, with an error. */
  interrupt(): void;
  /** Closes the connection once no statement runs. */
  close(): Promise<void>;
}

/** What the lanes of one engine share. */
interface Shared {
  readonly folder: string;
  readonly limits: EngineLimits;
  readonly threads: number;
  readonly lanes: Lane[];
  connect(): Promise<DuckDBConnection>;
}

function laneOver(
  opening: Promise<DuckDBConnection>,
  { folder, limits, lanes, connect, threads }: Shared,
): Lane {
  const turns = inTurn();
  let open: DuckDBConnection | undefined;
  let calls = false;
  // Whoever asks it something is told what went wrong.
  opening.catch(() => undefined);
  /** Functions that the next statement may call. */
  const given: EngineFunction[] = [];
  const inLimits = <T>(sql: string, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> =>
    turns.take(async () => {
      try {
        const connection = (open ??= await opening);
        for (const fn of given.splice(0)) registerOn(connection, fn);
        return await limits.watch(sql, () => work(connection));
      } catch (cause) {
        throw limits.exceeded(cause) ?? asEngineError(sql, cause);
      }
    });
  const chunksOf = (sql: string) =>
    inLimits(sql, async (connection) => {
      const result = await connection.run(sql);
      return { names: result.columnNames(), chunks: await result.fetchAllChunks() };
    });
  const engine: Engine = {
    folder,
    async run(sql) {
      await inLimits(sql, (connection) => connection.run(sql));
    },
    async rows(sql) {
      const { names, chunks } = await chunksOf(sql);
      return chunks.flatMap((chunk) => {
        const columns = names.map((name, i) => valuesOf(chunk, i).map((value) => plain(value, name)));
        return Array.from({ length: chunk.rowCount }, (_, row) =>
          Object.fromEntries(names.map((name, i) => [name, columns[i]![row]])),
        );
      });
    },
    async numbers(sql) {
      const { chunks } = await chunksOf(`SELECT n::DOUBLE AS n FROM (${sql}) numbers(n)`);
      const values = new Float64Array(chunks.reduce((rows, chunk) => rows + chunk.rowCount, 0));
      let at = 0;
      for (const chunk of chunks) {
        const column = chunk.getColumnVector(0);
        for (let row = 0; row < chunk.rowCount; row++) values[at++] = column.getItem(row) as number;
      }
      return values;
    },
    register(fn) {
      if (turns.isBusy()) throw new EngineError(`${fn.name} was registered while a statement runs.`);
      if (lanes.length > 1)
        throw new EngineError(`${fn.name} was registered where statements run side by side.`);
      calls = true;
      given.push(fn);
    },
    append: (table, types, columns) =>
      inLimits(`append to ${table}`, async (connection) => {
        const appender = await connection.createAppender(table);
        const length = columns[0]?.length ?? 0;
        for (let at = 0; at < length; at += VECTOR) {
          const chunk = DuckDBDataChunk.create(types);
          chunk.setColumns(columns.map((column) => column.slice(at, at + VECTOR)));
          appender.appendDataChunk(chunk);
        }
        appender.closeSync();
      }),
    async lanes(most) {
      if (lanes.some((lane) => lane.callsUs())) {
        throw new EngineError('Statements that call functions of ours cannot run beside others.');
      }
      const count = Math.max(1, Math.min(most, threads));
      while (lanes.length < count)
        lanes.push(laneOver(connect(), { folder, limits, lanes, connect, threads }));
      return lanes.slice(0, count).map((lane) => lane.engine);
    },
  };
  return {
    engine,
    callsUs: () => calls,
    interrupt: () => open?.interrupt(),
    async close() {
      await turns.idle();
      (open ?? (await opening.catch(() => undefined)))?.closeSync();
    },
  };
}

function asEngineError(sql: string, cause: unknown): EngineError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new EngineError(`${message}\nin: ${sql.slice(0, 2000)}`, { cause });
}

function valuesOf(chunk: DuckDBDataChunk, column: number): readonly unknown[] {
  const vector = chunk.getColumnVector(column);
  if (vector.type.typeId !== VARCHAR.typeId) return chunk.convertColumnValues(column, JSDuckDBValueConverter);
  return Array.from({ length: chunk.rowCount }, (_, row) => textOf(vector, row));
}

function plain(value: unknown, name: string): unknown {
  if (typeof value !== 'bigint') return value;
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new EngineError(`${name} is ${value}, past the safe integers.`);
  return number;
}
