/** `sluice query`: asks the lake and the quarantine, in SQL. */

import { once } from 'node:events';
import { createReadStream, rmSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { UsageError } from '../../core/errors.ts';
import { withQuery, type QueryResult } from '../../runtime/query/query.ts';
import { openAnywhere, type Where } from '../environment.ts';
import { renderRows, WIDEST } from '../render-query.ts';
import type { Terminal } from '../terminal.ts';
import { bytes, count, counted } from '../text.ts';

export interface QueryCommandOptions extends Where {
  readonly asOf?: string;
  readonly format: string;
  readonly raw: boolean;
}

/** Where results go; `isTTY` where a person looks on. */
export type Output = Writable & { readonly isTTY?: boolean };

/** The exit code of a process that a person stopped. */
const INTERRUPTED = 130;

/** Milliseconds that the engine has to stop. */
const PATIENCE = 2000;

/** Rows of a table that are shown. */
const MOST = 1000;

export async function query(
  terminal: Terminal,
  sql: string,
  options: QueryCommandOptions,
  output: Output = process.stdout,
): Promise<number> {
  const { format, asOf } = checked(options, output);
  const { world } = await openAnywhere(terminal.cwd, options);
  const removeScratch = (): void => rmSync(world.scratch, { recursive: true, force: true });
  // A reader that closes the pipe ends the process too.
  process.once('exit', removeScratch);
  const stop = new AbortController();
  const keepOn = terminal.onInterrupt(() => {
    stop.abort();
    // A process cannot end while its engine works; where something else is waited for, it can.
    setTimeout(() => process.exit(INTERRUPTED), PATIENCE).unref();
  });
  try {
    const onDownload = (files: number, size: number): void =>
      terminal.err(`Fetching ${counted(files, 'file')}, ${bytes(size)}, to this machine.\n`);
    const how = { ...(asOf === undefined ? {} : { asOf }), onDownload, signal: stop.signal };
    await withQuery(world, sql, how, (result) =>
      writers[format]({ result, terminal, raw: options.raw, put: (block) => put(output, block) }),
    );
    return 0;
  } catch (error) {
    if (stop.signal.aborted) return INTERRUPTED;
    throw error;
  } finally {
    keepOn();
    process.off('exit', removeScratch);
    removeScratch();
  }
}

interface Writing {
  readonly result: QueryResult;
  readonly terminal: Terminal;
  readonly raw: boolean;
  put(block: string | Uint8Array): Promise<void>;
}

const writers = {
  async table({ result, terminal, put }: Writing): Promise<void> {
    const rows = await result.rows(MOST + 1, WIDEST + 1);
    await put(renderRows({ columns: result.columns, rows: rows.slice(0, MOST) }, terminal.paint));
    if (rows.length > MOST) {
      terminal.err(`These are the first ${count(MOST)} rows. All of them: --format csv, json or parquet\n`);
    }
  },
  async json({ result, put }: Writing): Promise<void> {
    for await (const block of result.json()) await put(block);
  },
  async csv({ result, raw, put }: Writing): Promise<void> {
    for await (const block of result.csv({ raw })) await put(block);
  },
  async parquet({ result, put }: Writing): Promise<void> {
    for await (const block of createReadStream(await result.parquet())) await put(block as Uint8Array);
  },
};

type Format = keyof typeof writers;

function checked({ asOf, format, raw }: QueryCommandOptions, output: Output) {
  if (!Object.hasOwn(writers, format)) {
    throw new UsageError(`--format takes ${Object.keys(writers).join(', ')}, not ${format}.`);
  }
  if (raw && format !== 'csv') {
    throw new UsageError('--raw is for --format csv: only there are values made harmless.');
  }
  if (format === 'parquet' && output.isTTY) {
    throw new UsageError(
      'Parquet is not for a terminal. Write it to a file: … --format parquet > rows.parquet',
    );
  }
  if (asOf !== undefined && !/^\d{1,15}$/.test(asOf)) {
    throw new UsageError(`--as-of takes a version from 0 on, not ${asOf}.`);
  }
  return { format: format as Format, asOf: asOf === undefined ? undefined : Number(asOf) };
}

/** Waits where the reader is slower than the query. */
async function put(output: Output, block: string | Uint8Array): Promise<void> {
  if (!output.write(block)) await once(output, 'drain');
}
