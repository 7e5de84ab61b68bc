/** The effects that a run has, as small interfaces; `local/` and `aws/` implement them. */

import type { DeltaField } from '../core/row.ts';
import type { RunRecord } from './result.ts';

/** An object in a store. `version` changes whenever its bytes do (an ETag or version id on S3). */
export interface FileInfo {
  readonly uri: string;
  readonly size: number;
  readonly version: string;
}

/** Bytes by URI: an absolute path on a laptop, `s3://…` on AWS. A URI is data, never a pattern. */
export interface Files {
  /**
   * The object as it is now, or in the version that is given, where the store keeps versions. Undefined where nothing is
   * there.
   */
  stat(uri: string, version?: string): Promise<FileInfo | undefined>;
  /**
   * The bytes from `start` (default 0) up to but not including `end` (default the size), in blocks.
   * @throws ObjectChangedError if the object is gone, or `version` is given and no longer the object's.
   */
  read(uri: string, options?: ReadOptions): AsyncIterable<Uint8Array>;
  /**
   * Writes an object whole, or not at all: a reader never sees a part of it.
   * @returns false, having written nothing, if `onlyIfAbsent` is set and the object exists; else true.
   */
  write(
    uri: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    options?: WriteOptions,
  ): Promise<boolean>;
  /** Brings a local file (of the engine's scratch folder) into the store; the local file may be gone afterwards. */
  upload(path: string, uri: string): Promise<void>;
  /** Brings an object to a local path for the engine to read. */
  download(uri: string, path: string): Promise<void>;
  /**
   * Copies an object within the store; the target appears whole.
   * @throws ObjectChangedError if the object is gone, or `version` is given and no longer the object's.
   */
  copy(from: string, to: string, options?: Pick<ReadOptions, 'version'>): Promise<void>;
  /** Every object whose URI starts with `prefix` (which ends with `/`), sorted by URI. */
  list(prefix: string): AsyncIterable<FileInfo>;
  /** Removes an object; nothing happens where there is none. */
  remove(uri: string): Promise<void>;
  /** Removes every object whose URI starts with `prefix` (which ends with `/`). */
  removeAll(prefix: string): Promise<void>;
}

export interface ReadOptions {
  readonly start?: number;
  readonly end?: number;
  readonly version?: string;
  /** Who reads is done with a block when it asks for the next: its memory may be used again. Default: false. */
  readonly reuse?: boolean;
}

export interface WriteOptions {
  readonly onlyIfAbsent?: boolean;
}

/** Tables of the lake: versions that appear whole, by one conditional write each. */
export interface Tables {
  /**
   * The newest version of a table, or the one that is given; undefined where there is no table.
   * @throws UsageError for a version that is not there, or not any more.
   */
  snapshot(uri: string, version?: number): Promise<Snapshot | undefined>;
  /**
   * Makes a change visible as one version. With the `id` of a commit that the table has already, nothing is written and
   * the earlier version is returned with `repeated: true`.
   * @throws CommitConflictError if another writer changed what this commit relies on.
   * @throws DefinitionError if the table has rows, and columns or partitions that cannot become those of the change.
   */
  commit(uri: string, change: TableChange): Promise<Committed>;
  /** Throws what `commit` would throw for the table as it is now, and writes nothing. */
  check(uri: string, change: TableChange): Promise<void>;
  /** Removes what only versions need that ended before a time, if a checkpoint that can be read stands for them. */
  cleanLog(uri: string, options: CleanLogOptions): Promise<readonly FileInfo[]>;
}

export interface CleanLogOptions {
  readonly before: Date;
  /** Applications whose commits must be found again, by their ids. */
  readonly keep: ReadonlySet<string>;
  /** Only says what would be removed. */
  readonly dryRun: boolean;
}

export interface TableSchema {
  readonly fields: readonly DeltaField[];
  readonly partitionBy: readonly string[];
  readonly description: string;
  /** What Sluice keeps in the table's own configuration; each name begins with `sluice.`. */
  readonly configuration?: Readonly<Record<string, string>>;
}

/** A data file of a table, already at its place (`path` is relative to the table, URL-encoded where it must be). */
export interface DataFile {
  readonly path: string;
  readonly size: number;
  readonly records: number;
  /** By partition column; null for a null. */
  readonly partitionValues: Readonly<Record<string, string | null>>;
  /** Delta's per-file statistics, without numRecords. */
  readonly stats: FileStats;
  /** For a file that a compaction wrote, `sluice.runs`: see `runsOfFile`. */
  readonly tags?: Readonly<Record<string, string | null>>;
}

export interface FileStats {
  readonly minValues: Readonly<Record<string, unknown>>;
  readonly maxValues: Readonly<Record<string, unknown>>;
  readonly nullCount: Readonly<Record<string, number>>;
}

export interface Snapshot {
  readonly version: number;
  readonly schema: TableSchema;
  readonly files: readonly DataFile[];
  /** The newest version of each application id that committed with one. */
  readonly transactions: Readonly<Record<string, number>>;
}

export interface TableChange {
  /** Who commits: an application id and its version; repeats of the pair change nothing. */
  readonly id: { readonly application: string; readonly version: number };
  /** The table gets what is new in it, and keeps columns that it lacks. */
  readonly schema: TableSchema;
  /** True if the table gets just this schema, because it fits every file that is left. Default: for a `replace`. */
  readonly wholeSchema?: boolean;
  /** `append` adds the files; `replace` also removes every file that is there. */
  readonly write: 'append' | 'replace';
  readonly add: readonly DataFile[];
  /** Removes every file of the partitions that files are added to as well. */
  readonly overPartitions?: boolean;
  /** Runs whose files (see `runOfFile`) are removed in the same version. */
  readonly supersedes: readonly string[];
  /** Paths of live files that are removed in the same version; it is a conflict if one is not live any more. */
  readonly remove?: readonly string[];
  /** False if the same rows only lie in other files afterwards; the schema is then left as it is. Default: true. */
  readonly dataChange?: boolean;
  /** The version that this change was made from: it is a conflict if a later one changed rows. */
  readonly readVersion?: number;
  /** What became of the rows that met those of the table; the version's log entry keeps it. */
  readonly merged?: MergedRows;
  /** The operation's name and the run, for the table's history. */
  readonly operation: string;
  readonly at: Date;
}

/** The rows of a run by what became of them when they met those of the table. */
export interface MergedRows {
  readonly inserted: number;
  readonly updated: number;
  /** Rows that were in the table as they are. */
  readonly unchanged: number;
  /** Rows that took their key's row out of the table. */
  readonly deleted: number;
  /** Rows that were to take out what was not there. */
  readonly absent: number;
  /** Rows that gave way to what the table has. */
  readonly outdated: number;
}

export interface Committed {
  readonly version: number;
  readonly repeated: boolean;
  /** Rows that left the table: in files that a `replace` or a superseding run removed, or taken out by a merge. */
  readonly deleted: number;
  /** What the version's log entry says of the change that was made; undefined if it was none, or the entry is gone. */
  readonly merged?: MergedRows | undefined;
  /** The data files that the version added; undefined if its entry is gone. */
  readonly added: readonly string[] | undefined;
}

/** What a run registers before it works on a content. */
export interface Registration {
  readonly pipeline: string;
  /** SHA-256 of the bytes as received. */
  readonly sha256: string;
  readonly run: string;
  /** The execution that does the work: the same one may register again. */
  readonly owner: string;
  readonly definition: string;
  readonly at: Date;
  /** Work on content that was published before. */
  readonly again: boolean;
  /** The delivery: which object brought the content. */
  readonly object: { readonly uri: string; readonly version: string; readonly bytes: number };
}

/** Names one attempt at one content. */
export interface AttemptKey {
  readonly pipeline: string;
  readonly sha256: string;
  readonly attempt: number;
}

/** A registered attempt, and how far it came. */
export interface Attempt extends AttemptKey {
  readonly run: string;
  readonly owner: string;
  readonly definition: string;
  readonly registeredAt: string;
  readonly object: Registration['object'];
  /** What becomes of it, once that is decided. */
  readonly decision?: Decision;
  /** What came of it, once that is settled. */
  readonly record?: RunRecord;
}

/**
 * What becomes of an attempt. It is decided by one conditional write: from then on anyone may carry it out, and nobody
 * can decide otherwise. An attempt that is taken over is decided to have failed, which fences its owner off.
 */
export interface Decision {
  readonly outcome: 'publish' | 'hold' | 'reject' | 'fail';
  /** The execution that decided: the owner, or who took over. */
  readonly by: string;
  /** The file that holds all that is needed to carry it out. */
  readonly conclusion: string;
}

export type Registered =
  | {
      readonly status: 'started';
      readonly run: string;
      readonly attempt: number;
      /** Earlier runs that published this content, the latest first: this run takes their place. */
      readonly published: readonly string[];
      /** Earlier runs of this content that were held: their rejects give way to those of this run. */
      readonly held: readonly string[];
    }
  | { readonly status: 'duplicate'; readonly of: string }
  /** An attempt that was decided and not carried out, or whose owner is gone: end it, and register again. */
  | { readonly status: 'unfinished'; readonly attempt: Attempt }
  /** The same owner's attempt under the same definition has ended: its object was rejected. */
  | { readonly status: 'settled'; readonly record: RunRecord };

/** Which contents were worked on, by whom, and what came of it. */
export interface Ledger {
  /**
   * Registers an attempt at a content; attempts are numbered from 1 without gaps, each taken by one owner, and one is
   * not begun before the one before is settled. A content that was published is a duplicate, unless `again`. The run's
   * name gets the attempt's number from the second on.
   * @throws TransientError if another owner is at work on it.
   */
  register(registration: Registration): Promise<Registered>;
  /** Every attempt at a content, in order. */
  attempts(pipeline: string, sha256: string): Promise<readonly Attempt[]>;
  /** Decides what becomes of an attempt. @returns the decision that stands: this one, or an earlier one. */
  decide(attempt: AttemptKey, decision: Decision): Promise<Decision>;
  /**
   * Settles the attempt that the record's run is, if it is one, and adds one line to the pipeline's history.
   * @returns the record that stands: this one, or the one that it was settled with before.
   */
  settle(record: RunRecord): Promise<RunRecord>;
  /** Attempts of a pipeline that are not settled, in no order that means anything. */
  unsettled(pipeline: string): AsyncIterable<Attempt>;
  /** Settled runs of a pipeline, newest first. */
  history(pipeline: string, limit: number): Promise<readonly RunRecord[]>;
}

/** What people are told while and after a run. A notice that cannot be delivered never changes a run. */
export interface Notifications {
  progress(event: Progress): void;
  settled(record: RunRecord): Promise<void>;
}

export interface Progress {
  readonly pipeline: string;
  readonly stage: 'ingest' | 'transform' | 'validate' | 'load';
  /** Units done and in all: bytes in `ingest`, records elsewhere. */
  readonly done: number;
  readonly total: number;
  /** Before rows meet those of a table: how many files can hold their keys, in how many groups if ahead of the load. */
  readonly meets?: { readonly files: number; readonly of: number; readonly groups?: number };
}
