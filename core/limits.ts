/** Every bound that protects a run from its input, in one place. */

export interface Limits {
  /** Bytes of one object as received. */
  readonly objectBytes: number;
  /** Bytes of one object after decompression. */
  readonly decodedBytes: number;
  /** Decompressed bytes for each received byte, once past `ratioFloor` bytes. */
  readonly ratio: number;
  readonly ratioFloor: number;
  /** Bytes of one record. */
  readonly recordBytes: number;
  /** Levels of nesting in one JSON record. */
  readonly depth: number;
  /** Rows that one record may become. */
  readonly elements: number;
  /** Bytes that the rows of one record may have together, with all that is repeated for each. */
  readonly unnestedBytes: number;
  /** Fields in a header or a record. */
  readonly fields: number;
  /** Bytes that a header may take. */
  readonly headerBytes: number;
  /** The most bytes that a definition's `scale` may give a chunk, before the end of the record that passes them. */
  readonly chunkBytes: number;
  /** The most bytes that a definition's `scale` may give a bucket of rows that are held against each other. */
  readonly bucketBytes: number;
  /** Bytes of a table's files that the load of a run meets by itself; of more it is done in groups, before. */
  readonly mergeBytes: number;
  /** Seconds that a stage may read or compute before it is stopped: less than the 900 that Lambda gives it. */
  readonly stageSeconds: number;
}

const MB = 1024 * 1024;

export const defaultLimits: Limits = Object.freeze({
  objectBytes: 5 * 1024 * MB,
  decodedBytes: 60 * 1024 * MB,
  ratio: 200,
  ratioFloor: 64 * MB,
  recordBytes: 16 * MB,
  depth: 100,
  elements: 1_000_000,
  unnestedBytes: 256 * MB,
  fields: 10_000,
  headerBytes: MB,
  chunkBytes: 1024 * MB,
  bucketBytes: 10 * 1024 * MB,
  mergeBytes: 256 * MB,
  stageSeconds: 840,
});
