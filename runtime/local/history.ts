/** A pipeline's history as a file of JSON lines: one for each settled run, the newest last. */

import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { TransientError, UsageError } from '../../core/errors.ts';
import { runRecordSchema, type RunRecord } from '../result.ts';
import { isCode, mapped } from './disk-errors.ts';

/** Where the ledger of a laptop keeps its pipelines' histories. */
export interface History {
  append(record: RunRecord): Promise<void>;
  /** The records from the newest back; with `mention`, all that hold this text and perhaps others. */
  newestFirst(pipeline: string, mention?: string): AsyncIterable<RunRecord>;
}

/** A file for each pipeline: `<root>/<pipeline>/history.jsonl`. */
export function diskHistory(root: string): History {
  const pathOf = (pipeline: string): string => `${root}/${pipeline}/history.jsonl`;
  return Object.freeze({
    append: (record: RunRecord) => appendRecord(pathOf(record.pipeline), record),
    newestFirst: (pipeline: string, mention?: string) => recordsFromNewest(pathOf(pipeline), mention),
  });
}

const BLOCK = 64 * 1024;
const NEWLINE = 10;

/** Adds a line in one write. A line that a crash left torn is closed first, so that it stays alone. */
function appendRecord(path: string, record: RunRecord): Promise<void> {
  return mapped(async () => {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a+');
    try {
      const { size } = await file.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await file.read(last, 0, 1, size - 1);
      const torn = size > 0 && last[0] !== NEWLINE;
      const line = Buffer.from(`${torn ? '\n' : ''}${JSON.stringify(record)}\n`);
      const { bytesWritten } = await file.write(line);
      if (bytesWritten !== line.length) {
        throw new TransientError(`Only a part of a line was written to ${path}; is the disk full?`);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  });
}

/**
 * The records from the newest back; lines that a crash left torn are passed over.
 * @param mention only lines that hold this text are looked at.
 * @throws UsageError for a line that is whole and no record.
 */
async function* recordsFromNewest(path: string, mention?: string): AsyncGenerator<RunRecord> {
  for await (const line of linesFromEnd(path)) {
    if (line === '' || (mention !== undefined && !line.includes(mention))) continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      continue;
    }
    const parsed = runRecordSchema.safeParse(value);
    if (!parsed.success) {
      throw new UsageError(
        `${path} has a line that is no record of a run: ${z.prettifyError(parsed.error)}\nRemove that line: ${line.slice(0, 200)}`,
        { cause: parsed.error },
      );
    }
    yield parsed.data;
  }
}

/** The lines of a file, the last one first, read block by block from its end. */
async function* linesFromEnd(path: string): AsyncGenerator<string> {
  const file = await mapped(() => open(path, 'r').catch(absent));
  if (file === undefined) return;
  try {
    let end = (await file.stat()).size;
    /** The parts of the line whose start is not read yet, in the order of the file. */
    let rest: Buffer[] = [];
    while (end > 0) {
      const start = Math.max(0, end - BLOCK);
      const block = Buffer.alloc(end - start);
      const { bytesRead } = await file.read(block, 0, block.length, start);
      if (bytesRead !== block.length) throw new TransientError(`${path} was cut while it was read.`);
      let to = block.length;
      for (
        let at = block.lastIndexOf(NEWLINE);
        at !== -1;
        at = at === 0 ? -1 : block.lastIndexOf(NEWLINE, at - 1)
      ) {
        yield Buffer.concat([block.subarray(at + 1, to), ...rest]).toString('utf8');
        rest = [];
        to = at;
      }
      rest = [block.subarray(0, to), ...rest];
      end = start;
    }
    yield Buffer.concat(rest).toString('utf8');
  } finally {
    await file.close();
  }
}

function absent(cause: unknown): undefined {
  if (isCode(cause, 'ENOENT')) return undefined;
  throw cause;
}
