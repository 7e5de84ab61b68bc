/** Rejected records on their way to quarantine: found again in the received bytes, and kept whole with their reasons. */

import { join } from 'node:path';
import { BIGINT, BLOB, blobValue, VARCHAR } from '@duckdb/node-api';
import { ReconciliationError } from '../core/errors.ts';
import type { Format } from '../core/formats/format.ts';
import { copySql } from '../core/plan/write.ts';
import { literal } from '../core/sql.ts';
import type { Engine } from './engine.ts';
import { readChunk } from './intake/intake.ts';
import type { Files } from './ports.ts';
import type { Chunk, Manifest } from './values.ts';

/** Characters of a record that are kept for reading; its bytes are always kept whole. */
const READABLE = 10_000;
/** Records whose bytes are handed to the engine at once. */
const BATCH = 8192;

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
  await engine.run(
    `CREATE TABLE raws (n BIGINT, byte_offset BIGINT, byte_length BIGINT, raw BLOB, text VARCHAR)`,
  );
  const rejected = await engine.rows(`SELECT ${n} AS n FROM ${from} WHERE "_reasons" IS NOT NULL ORDER BY n`);
  await locate(
    engine,
    input,
    rejected.map((row) => row['n'] as number),
  );
  const path = join(engine.folder, name);
  const { object } = manifest;
  await engine.run(
    copySql(
      `SELECT ${literal(manifest.run)} AS run, ${literal(object.uri)} AS object,
  ${literal(object.sha256)} AS object_sha256, raws.n + 1 AS record, byte_offset, byte_length, raw, text,
  bad."_reasons" AS reasons, ${literal(manifest.definition)} AS definition,
  TIMESTAMPTZ ${literal(manifest.startedAt)} AS quarantined_at
FROM raws JOIN (SELECT ${n} AS n, "_reasons" FROM ${from} WHERE "_reasons" IS NOT NULL) bad ON bad.n = raws.n
ORDER BY raws.n`,
      path,
    ),
  );
  return path;
}

/** Record numbers (sorted) to bytes, chunk by chunk. */
async function locate(engine: Engine, input: RejectsInput, numbers: readonly number[]): Promise<void> {
  const { files, format, manifest, atHand } = input;
  let at = 0;
  for (const chunk of manifest.chunks) {
    const end = upTo(numbers, at, chunk.first + chunk.records);
    if (end === at) continue;
    const bytes =
      atHand?.chunk.n === chunk.n ? atHand.bytes : await readChunk(files, manifest.object.decoded, chunk);
    const index = format.index(bytes);
    if (index.count !== chunk.records) {
      throw new ReconciliationError(
        `Chunk ${chunk.n} of ${manifest.object.uri}: ${chunk.records} records were counted, ${index.count} found again.`,
      );
    }
    for (let from = at; from < end; from += BATCH) {
      const some = numbers.slice(from, Math.min(end, from + BATCH));
      const raws = some.map((n) =>
        bytes.subarray(index.starts[n - chunk.first], index.ends[n - chunk.first]),
      );
      await engine.append(
        'raws',
        [BIGINT, BIGINT, BIGINT, BLOB, VARCHAR],
        [
          some.map(BigInt),
          some.map((n) => BigInt(chunk.start + index.starts[n - chunk.first]!)),
          raws.map((raw) => BigInt(raw.length)),
          raws.map(blobValue),
          raws.map(readable),
        ],
      );
    }
    at = end;
  }
}

/** The index of the first number from `at` on that is not below `limit`. */
function upTo(numbers: readonly number[], at: number, limit: number): number {
  let end = at;
  while (end < numbers.length && numbers[end]! < limit) end++;
  return end;
}

function readable(raw: Uint8Array): string {
  const text = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.length, READABLE * 4)).toString('utf8');
  return text.length > READABLE ? `${text.slice(0, READABLE)}…` : text;
}
