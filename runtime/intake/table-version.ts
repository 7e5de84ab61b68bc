/** A version of a table as JSON lines: the rows of the files that it added, or of all files that it has. */

import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ObjectChangedError, ObjectRejectedError, UsageError } from '../../core/errors.ts';
import type { Versions } from '../../core/sources/source.ts';
import { literal } from '../../core/sql.ts';
import { listLog } from '../delta/list-log.ts';
import { parseEntry, type Action, type Add } from '../delta/log.ts';
import { decodePath, placeOfEntry } from '../delta/paths.ts';
import { readState } from '../delta/read-state.ts';
import { schemaOf } from '../delta/schema.ts';
import { recordsOf } from '../delta/snapshot.ts';
import type { Engine } from '../engine.ts';
import type { Files } from '../ports.ts';
import type { Conversion, Converter } from './converter.ts';
import { faultOfFile } from './fault-of-file.ts';
import { NothingNew } from './nothing-new.ts';
import { rowsOf, type VersionRows } from './table-rows.ts';

/** Rows that are lines on the disk at a time. */
const BATCH_ROWS = 200_000;
/** Stands in no JSON text as it is, so that no line is cut. */
const NEVER = '\u0001';

export const tableVersion: Converter = Object.freeze({
  async convert(conversion: Conversion, take) {
    const { uri, files, object, options, inEngine } = conversion;
    const versions = options['versions'] as Versions;
    const { table, version } = placeOf(uri);
    const said = `Version ${version} of ${versions.table}`;
    const text = Buffer.concat(await Array.fromAsync(object.blocks())).toString('utf8');
    const actions = asObject(() => parseEntry(text, uri));
    const added = versions.read === 'added' ? rowsAdded(said, actions) : undefined;
    if (added === undefined) await giveWay(files, table, version, versions.table);
    const state = await readState(files, table, { inEngine, version });
    if (state === undefined) throw gone(said, `the table has no version ${version} any more`);
    const adds = added ?? [...state.files.values()];
    const counted = adds.map((add) => ({ add, records: asObject(() => recordsOf(table, add)) }));
    const { fields } = schemaOf(table, state.metaData);
    await inEngine(async (engine) => {
      const rows = await rowsOf(engine, said, fields, conversion.columns, versions);
      await take(lines(conversion, { engine, table, said, rows, counted }));
    });
    return counted.reduce((sum, { records }) => sum + records, 0);
  },
} satisfies Converter);

function placeOf(uri: string): { table: string; version: number } {
  const place = placeOfEntry(uri);
  if (place !== undefined) return place;
  throw new ObjectRejectedError(
    'object.format',
    'Expected an entry of the log of a table (<table>/_delta_log/<20 digits>.json), found another object.',
  );
}

/**
 * The files whose rows a version added.
 * @throws NothingNew if it added none; ObjectRejectedError if rows went as well, or came back.
 */
function rowsAdded(said: string, actions: readonly Action[]): readonly Add[] {
  const went = actions.filter(({ remove }) => remove?.dataChange).length;
  const added = actions.flatMap(({ add }) => (add?.dataChange ? [add] : []));
  const operation = String(actions.find(({ commitInfo }) => commitInfo)?.commitInfo?.['operation']);
  if (went > 0 || (added.length > 0 && /^restore\b/i.test(operation))) {
    throw new ObjectRejectedError(
      'object.format',
      `${said} ${went > 0 ? `takes rows out (${went} files)` : 'brings rows back'}: ${operation}. This source reads rows that ` +
        'are added, each once; what was loaded of those rows before is still there. To follow, load the whole table once, ' +
        "with { read: 'whole' } and a sink that replaces; then go on with the versions that come.",
    );
  }
  if (added.length === 0) {
    throw new NothingNew(
      `${said} adds no rows (its rows lie in other files, or only its columns changed); nothing was loaded.`,
    );
  }
  return added;
}

/**
 * Of whole tables only the newest counts: its own run brings it.
 * @throws NothingNew if there is a later version.
 */
async function giveWay(files: Files, uri: string, version: number, table: string): Promise<void> {
  const newest = (await listLog(files, uri)).entries.at(-1) ?? version;
  if (newest <= version) return;
  throw new NothingNew(
    `Version ${version} of ${table} gives way to version ${newest}, which has its run; nothing was loaded.`,
  );
}

interface Reading {
  readonly engine: Engine;
  /** Where the table is. */
  readonly table: string;
  readonly said: string;
  readonly rows: VersionRows;
  readonly counted: readonly { readonly add: Add; readonly records: number }[];
}

async function* lines(
  { files }: Pick<Conversion, 'files'>,
  { engine, table, said, rows, counted }: Reading,
): AsyncGenerator<Uint8Array, void> {
  const path = join(engine.folder, 'file.parquet');
  const part = join(engine.folder, 'rows.jsonl');
  for (const { add, records } of counted) {
    await bring(files, table, add, path, said);
    const held = await inFooter(engine, path, add, said);
    if (held !== records) {
      throw new ObjectRejectedError(
        'object.unreadable',
        `${said}: the log says that ${add.path} has ${records} rows, and the file has ${held}. Restore the file, or the version before.`,
      );
    }
    const select = rows.of(path, add.partitionValues);
    for (let first = 0; first < records; first += BATCH_ROWS) {
      await readable(said, add, () =>
        engine.run(
          `COPY (${select} WHERE file_row_number BETWEEN ${first} AND ${first + BATCH_ROWS - 1})
TO ${literal(part)} (FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER ${literal(NEVER)})`,
        ),
      );
      for await (const block of createReadStream(part, { highWaterMark: 1024 * 1024 })) yield block as Buffer;
      await rm(part);
    }
    await rm(path);
  }
}

/** @throws ObjectRejectedError if the file is not there, or not as long as the log says. */
async function bring(files: Files, table: string, add: Add, path: string, said: string): Promise<void> {
  const uri = `${table}/${asObject(() => decodePath(add.path))}`;
  const info = await files.stat(uri);
  if (info === undefined) throw gone(said, `its file ${add.path} is not there any more`);
  if (info.size !== add.size) {
    throw new ObjectRejectedError(
      'object.unreadable',
      `${said}: the log says that ${add.path} has ${add.size} bytes, and it has ${info.size}. Restore the file, or the version before.`,
    );
  }
  try {
    await files.download(uri, path);
  } catch (error) {
    if (error instanceof ObjectChangedError) throw gone(said, `its file ${add.path} went while it was read`);
    throw error;
  }
}

const gone = (said: string, what: string): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.unreadable',
    `${said} cannot be read: ${what}; a vacuum removed it. Load the whole table as it is now, with { read: 'whole' } and ` +
      'a sink that replaces; and keep versions for longer than runs may be late (`retention` of that table).',
  );

async function inFooter(engine: Engine, path: string, add: Add, said: string): Promise<number> {
  const [facts] = await readable(said, add, () =>
    engine.rows(`SELECT num_rows AS n FROM parquet_file_metadata(${literal(path)})`),
  );
  return facts!['n'] as number;
}

const readable = <T>(said: string, { path }: Add, read: () => Promise<T>): Promise<T> =>
  faultOfFile(`${said}: the file ${path} is damaged, or its columns are not those of the table`, read);

/** What a log cannot mean is the object's fault here: the object is an entry of that log. */
function asObject<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new ObjectRejectedError('object.unreadable', error.message, { cause: error });
  }
}
