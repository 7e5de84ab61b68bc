/** Checkpoints of one part: a table's state in a Parquet file, which the engine writes and reads. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { EngineError, UsageError } from '../../core/errors.ts';
import { copySql } from '../../core/plan/write.ts';
import { literal } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import type { Files } from '../ports.ts';
import { parseAction, type Action } from './log.ts';
import { checkpointUri, logFolder } from './paths.ts';
import { stateOfCheckpoint, type TableState } from './state.ts';

/** Opens an engine for a piece of work. */
export type InEngine = <T>(work: (engine: Engine) => Promise<T>) => Promise<T>;

/** How long a checkpoint, and the log behind it, remember what was removed: as long as other writers do. */
export const LOG_RETENTION_MS = 30 * 24 * 60 * 60 * 1000;

/** @throws UsageError or EngineError if it cannot be used; what the store throws. */
export function readCheckpoint(
  inEngine: InEngine,
  files: Files,
  uri: string,
  version: number,
): Promise<TableState> {
  return inEngine(async (engine) => {
    const path = join(engine.folder, 'checkpoint.parquet');
    await files.download(checkpointUri(uri, version), path);
    return stateIn(engine, path, uri, version);
  });
}

/**
 * Writes the state's checkpoint, once it has read back the same.
 * @throws EngineError if it does not.
 */
export async function writeCheckpoint(
  inEngine: InEngine,
  files: Files,
  uri: string,
  state: TableState,
  at: Date,
): Promise<void> {
  const actions = actionsOf(state, at.getTime() - LOG_RETENTION_MS);
  const lines = actions.map((action) => JSON.stringify(action));
  const longest = lines.reduce((most, line) => Math.max(most, Buffer.byteLength(line)), 0);
  await inEngine(async (engine) => {
    const [json, path] = [join(engine.folder, 'actions.json'), join(engine.folder, 'checkpoint.parquet')];
    await writeFile(json, lines.join('\n'));
    await engine.run(copySql(`SELECT * FROM ${readJson(json, longest, state)}`, path));
    const again = actionsOf(await stateIn(engine, path, uri, state.version), -Infinity);
    if (JSON.stringify(again) !== JSON.stringify(actions)) {
      throw new EngineError(
        `The checkpoint of version ${state.version} of ${uri} did not read back the same.`,
      );
    }
    await files.upload(path, checkpointUri(uri, state.version));
  });
  if (((await lastCheckpoint(files, uri)) ?? -1) >= state.version) return;
  const pointer = { version: state.version, size: actions.length, numOfAddFiles: state.files.size };
  await files.write(pointerUri(uri), Buffer.from(JSON.stringify(pointer)));
}

const pointerUri = (uri: string): string => `${logFolder(uri)}_last_checkpoint`;
const pointerSchema = z.object({ version: z.int() });

/** The version that other readers are sent to: they refuse a table whose checkpoint of that version is gone. */
export async function lastCheckpoint(files: Files, uri: string): Promise<number | undefined> {
  if ((await files.stat(pointerUri(uri))) === undefined) return undefined;
  const text = Buffer.concat(await Array.fromAsync(files.read(pointerUri(uri)))).toString('utf8');
  try {
    return pointerSchema.parse(JSON.parse(text)).version;
  } catch {
    return undefined;
  }
}

async function stateIn(engine: Engine, path: string, uri: string, version: number): Promise<TableState> {
  const rows = await engine.rows(
    `SELECT to_json(c)::VARCHAR AS action FROM read_parquet(${literal(path)}) c`,
  );
  const damaged = (found: string, cause?: unknown) =>
    new UsageError(`The checkpoint of version ${version} of ${uri} holds what is ${found}.`, { cause });
  const actions = rows.map(({ action }): Action => {
    const value = JSON.parse(String(action)) as Record<string, any>;
    if (value['sidecar'] || value['checkpointMetadata']) {
      throw new UsageError(
        `The checkpoint of version ${version} of ${uri} is of version 2; Sluice reads those of one part. ` +
          'Have the writer of the table write one, or give the sink another table name.',
      );
    }
    const { add } = value;
    // Writers may leave the text out and keep the statistics in columns: of these only the count is sure to read the same.
    const records: unknown = add?.stats === null ? add.stats_parsed?.numRecords : undefined;
    if (typeof records === 'number') add.stats = JSON.stringify({ numRecords: records });
    return parseAction(value, damaged);
  });
  return stateOfCheckpoint(uri, version, actions);
}

/** In the order in which the columns of each stand below; what is not there is null. */
function actionsOf(state: TableState, removedAfter: number): object[] {
  const { protocol, metaData } = state;
  const removed = [...state.removed.values()].filter((one) => (one.deletionTimestamp ?? 0) > removedAfter);
  return [
    {
      protocol: {
        minReaderVersion: protocol.minReaderVersion,
        minWriterVersion: protocol.minWriterVersion,
        ...(protocol.readerFeatures ? { readerFeatures: protocol.readerFeatures } : {}),
        ...(protocol.writerFeatures ? { writerFeatures: protocol.writerFeatures } : {}),
      },
    },
    {
      metaData: {
        id: metaData.id,
        name: metaData.name ?? null,
        description: metaData.description ?? null,
        format: { provider: metaData.format.provider, options: metaData.format.options ?? {} },
        schemaString: metaData.schemaString,
        partitionColumns: metaData.partitionColumns,
        configuration: metaData.configuration,
        createdTime: metaData.createdTime ?? null,
      },
    },
    ...Array.from(state.transactions.values(), ({ appId, version, lastUpdated }) => ({
      txn: { appId, version, lastUpdated: lastUpdated ?? null },
    })),
    ...Array.from(state.files.values(), (add) => ({
      add: {
        path: add.path,
        partitionValues: add.partitionValues,
        size: add.size,
        modificationTime: add.modificationTime,
        dataChange: false,
        stats: add.stats ?? null,
        tags: add.tags ?? null,
      },
    })),
    ...removed.map((remove) => ({
      remove: {
        path: remove.path,
        deletionTimestamp: remove.deletionTimestamp,
        dataChange: false,
        extendedFileMetadata: remove.extendedFileMetadata ?? null,
        partitionValues: remove.partitionValues ?? null,
        size: remove.size ?? null,
      },
    })),
  ];
}

function readJson(path: string, longest: number, { protocol }: TableState): string {
  const features = [
    ...(protocol.readerFeatures ? ['readerFeatures VARCHAR[]'] : []),
    ...(protocol.writerFeatures ? ['writerFeatures VARCHAR[]'] : []),
  ];
  const map = 'MAP(VARCHAR, VARCHAR)';
  const columns = {
    txn: 'STRUCT(appId VARCHAR, version BIGINT, lastUpdated BIGINT)',
    add: `STRUCT(path VARCHAR, partitionValues ${map}, size BIGINT, modificationTime BIGINT, dataChange BOOLEAN, stats VARCHAR, tags ${map})`,
    remove: `STRUCT(path VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, extendedFileMetadata BOOLEAN, partitionValues ${map}, size BIGINT)`,
    metaData: `STRUCT(id VARCHAR, name VARCHAR, description VARCHAR, format STRUCT(provider VARCHAR, options ${map}), schemaString VARCHAR, partitionColumns VARCHAR[], configuration ${map}, createdTime BIGINT)`,
    protocol: `STRUCT(${['minReaderVersion INTEGER', 'minWriterVersion INTEGER', ...features].join(', ')})`,
  };
  const types = Object.entries(columns).map(([name, type]) => `${literal(name)}: ${literal(type)}`);
  // The engine's buffers are as large as the longest line may be.
  const most = Math.max(1024 * 1024, 2 * longest);
  return `read_json(${literal(path)}, format = 'newline_delimited', maximum_object_size = ${most}, columns = {${types.join(', ')}})`;
}
