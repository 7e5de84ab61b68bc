/** Rejected records on their way to quarantine: found again in the received bytes, and kept whole with their reasons. */

import { join } from 'node:path';
import { ReconciliationError } from '../core/errors.ts';
import { readAs, type Format } from '../core/formats/format.ts';
import { agree } from '../core/gate/reconcile.ts';
import { copySql } from '../core/plan/write.ts';
import { literal } from '../core/sql.ts';
import type { Engine } from './engine.ts';
import { readChunk } from './intake/intake.ts';
import type { Files } from './ports.ts';
import { appendRaw, readRaw } from './raw-file.ts';
import type { Chunk, Manifest } from './values.ts';

/** Characters of a record that are kept for reading; its bytes are always kept whole. */
const READABLE = 10_000;

export interface RejectsInput {
  readonly files: Files;
  readonly format: Format;
  readonly manifest: Manifest;
  /** The relation of judged rows, and the SQL of a record's number in the run, from 0. */
  readonly from: string;
  readonly n: string;
  /** The bytes of a chunk, where they are at hand. */
  readonly atHand?: { readonly chunk: Chunk; readonly bytes: Uint8Array };
}

/** Writes the rejected rows of a relation as quarantine records to a file of the engine. */
export async function writeRejects(engine: Engine, name: string, input: RejectsInput): Promise<string> {
  const { manifest, from, n } = input;
  const bad = `(SELECT ${n} AS n, "_reasons" FROM ${from} WHERE "_reasons" IS NOT NULL)`;
  const numbers = await engine.numbers(`SELECT n FROM ${bad} ORDER BY n`);
  const raws = join(engine.folder, `${name}.raw`);
  const longest = await locate(input, numbers, raws);
  const path = join(engine.folder, name);
  const { object } = manifest;
  await engine.run(
    copySql(
      `SELECT ${literal(manifest.run)} AS run, ${literal(object.uri)} AS object,
  ${literal(object.sha256)} AS object_sha256, raws.n + 1 AS record, byte_offset, octet_length(raw) AS byte_length, raw,
  ${readable('shown')} AS text, bad."_reasons" AS reasons, ${literal(manifest.definition)} AS definition,
  TIMESTAMPTZ ${literal(manifest.startedAt)} AS quarantined_at
FROM ${readRaw(raws, longest)} raws JOIN ${bad} bad ON bad.n = raws.n`,
      path,
    ),
  );
  const [written] = await engine.rows(`SELECT num_rows AS n FROM parquet_file_metadata(${literal(path)})`);
  agree(
    manifest.run,
    { of: 'the engine', count: numbers.length },
    { of: 'the file of rejects', count: written!['n'] as number },
  );
  return path;
}

/** Writes the bytes of the records with these numbers (sorted), chunk by chunk; returns the length of the longest. */
async function locate(input: RejectsInput, numbers: ArrayLike<number>, path: string): Promise<number> {
  const { files, manifest, atHand } = input;
  const format = readAs(input.format, manifest.found);
  // As UTF-8 a record has at most three bytes for each of its own.
  const times = format.shown === undefined ? 1 : 4;
  let longest = 0;
  let from = 0;
  for (const chunk of manifest.chunks) {
    const to = upTo(numbers, from, chunk.first + chunk.records);
    if (to === from) continue;
    const bytes =
      atHand?.chunk.n === chunk.n ? atHand.bytes : await readChunk(files, manifest.object.decoded, chunk);
    const index = format.index(bytes, chunk.torn);
    if (index.count !== chunk.records) {
      throw new ReconciliationError(
        `Chunk ${chunk.n} of ${manifest.object.uri}: ${chunk.records} records were counted, ${index.count} found again.`,
      );
    }
    for (let i = from; i < to; i++) {
      const record = numbers[i]! - chunk.first;
      longest = Math.max(longest, times * (index.ends[record]! - index.starts[record]!));
    }
    const { first, start } = chunk;
    await appendRaw(path, { bytes, index, first, start, numbers, from, to, shown: format.shown });
    from = to;
  }
  return longest;
}

/** The index of the first number from `at` on that is not below `limit`. */
function upTo(numbers: ArrayLike<number>, at: number, limit: number): number {
  let end = at;
  while (end < numbers.length && numbers[end]! < limit) end++;
  return end;
}

/** Bytes that are no UTF-8 are shown as `\\xFF`. */
const readable = (raw: string): string =>
  `(CASE WHEN length(coalesce(TRY(decode(${raw})), ${raw}::VARCHAR)) > ${READABLE}
    THEN left(coalesce(TRY(decode(${raw})), ${raw}::VARCHAR), ${READABLE}) || '…'
    ELSE coalesce(TRY(decode(${raw})), ${raw}::VARCHAR) END)`;
