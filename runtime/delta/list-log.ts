/** What lies in a table's log: its entries, and its checkpoints by what kind they are. */

import type { FileInfo, Files } from '../ports.ts';
import { entryVersion, logFolder } from './paths.ts';

export interface ListedLog {
  /** Versions that have an entry, in order. A listing may miss one that was written while it ran. */
  readonly entries: readonly number[];
  /** In order of their versions. */
  readonly checkpoints: readonly ListedCheckpoint[];
  readonly isThere: boolean;
}

export interface ListedCheckpoint {
  readonly version: number;
  readonly name: string;
  readonly kind: 'classic' | 'multi-part' | 'v2';
  readonly file: FileInfo;
}

export async function listLog(files: Files, table: string): Promise<ListedLog> {
  const folder = logFolder(table);
  const entries: number[] = [];
  const checkpoints: ListedCheckpoint[] = [];
  let isThere = false;
  for await (const file of files.list(folder)) {
    isThere = true;
    const name = file.uri.slice(folder.length);
    const version = entryVersion(name);
    if (version !== undefined) entries.push(version);
    const kind = kindOf(name);
    if (kind) checkpoints.push({ version: Number(name.slice(0, 20)), name, kind, file });
  }
  return { entries, checkpoints, isThere };
}

function kindOf(name: string): ListedCheckpoint['kind'] | undefined {
  if (!/^\d{20}\.checkpoint\./.test(name)) return undefined;
  const rest = name.slice('00000000000000000000.checkpoint.'.length);
  if (rest === 'parquet') return 'classic';
  return /^\d{10}\.\d{10}\.parquet$/.test(rest) ? 'multi-part' : 'v2';
}
