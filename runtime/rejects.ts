/** Rejected records on their way to quarantine: found again in the received bytes, and kept whole with their reasons. */

import { join } from 'node:path';
import { ReconciliationError } from '../core/errors.ts';
import { readAs } from '../core/formats/format.ts';
import { agree } from '../core/gate/reconcile.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { copySql } from '../core/plan/write.ts';
import { literal } from '../core/sql.ts';
import { askedOf } from './binding.ts';
import type { Engine } from './engine.ts';
import type { BringPart, Part } from './intake/converter.ts';
import { partsOf } from './intake/converters.ts';
import { readChunk } from './intake/chunk-bytes.ts';
import type { Files } from './ports.ts';
import { appendRaw, readRaw } from './raw-file.ts';
import type { Chunk, Manifest } from './values.ts';

/** Characters of a record that are kept for reading; its bytes are always kept whole. */
const READABLE = 10_000;

export interface RejectsInput {
  readonly files: Files;
  readonly pipeline: Pipeline;
  readonly manifest: Manifest;
  /** The relation of judged rows, and the SQL of a record's number in the run, from 0. */
  readonly from: string;
  readonly n: string;
  readonly atHand?: AtHand;
}

/** A chunk, and how to get at its bytes or what was brought of it. */
export type AtHand = { readonly chunk: Chunk } & ({ bytes(): Promise<Uint8Array> } | { readonly part: Part });

/** Writes the rejected rows of a relation as quarantine records to a file of the engine. */
export async function writeRejects(engine: Engine, name: string, input: RejectsInput): Promise<string> {
  const { manifest, from, n } = input;
  const bad = `(SELECT ${n} AS n, "_reasons" FROM ${from} WHERE "_reasons" IS NOT NULL)`;
  const numbers = await engine.numbers(`SELECT n FROM ${bad} ORDER BY n`);
  const bring = partsOf(manifest.found);
  const found =
    bring === undefined
      ? await recordsInText(input, numbers, join(engine.folder, `${name}.raw`))
      : await recordsInParts(engine, input, { numbers, bad, bring });
  const path = join(engine.folder, name);
  const { object } = manifest;
  await engine.run(
    copySql(
      `SELECT ${literal(manifest.run)} AS run, ${literal(object.uri)} AS object,
  ${literal(object.sha256)} AS object_sha256, raws.n + 1 AS record, byte_offset, octet_length(raw) AS byte_length, raw,
  ${shortened('readable')} AS text, bad."_reasons" AS reasons, ${literal(manifest.definition)} AS definition,
  TIMESTAMPTZ ${literal(manifest.startedAt)} AS quarantined_at
FROM (SELECT *, ${readable('shown')} AS readable FROM ${found}) raws JOIN ${bad} bad ON bad.n = raws.n`,
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

/** The bytes of the records with these numbers (sorted), chunk by chunk, as a relation over a file. */
async function recordsInText(input: RejectsInput, numbers: ArrayLike<number>, path: string): Promise<string> {
  const { files, manifest, atHand } = input;
  const format = readAs(input.pipeline.sources[manifest.source]!.format, manifest.found);
  // As UTF-8 a record has at most three bytes for each of its own.
  const times = format.shown === undefined ? 1 : 4;
  let longest = 0;
  let from = 0;
  for (const chunk of manifest.chunks) {
    const to = upTo(numbers, from, chunk.first + chunk.records);
    if (to === from) continue;
    const isAtHand = atHand?.chunk.n === chunk.n && 'bytes' in atHand;
    const bytes = await (isAtHand ? atHand.bytes() : readChunk(files, manifest.object.decoded, chunk));
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
  return readRaw(path, longest);
}

/** The same of parts that have types; there they are written for people. */
async function recordsInParts(
  engine: Engine,
  { files, pipeline, manifest, atHand }: RejectsInput,
  { numbers, bad, bring }: { numbers: ArrayLike<number>; bad: string; bring: BringPart },
): Promise<string> {
  const paths: string[] = [];
  let from = 0;
  for (const chunk of manifest.chunks) {
    const to = upTo(numbers, from, chunk.first + chunk.records);
    if (to === from) continue;
    from = to;
    const isAtHand = atHand?.chunk.n === chunk.n && 'part' in atHand;
    const { source, found = {} } = manifest;
    const { options } = pipeline.sources[source]!.format;
    const { decoded } = manifest.object;
    const wanted = { files, decoded, found, chunk, columns: askedOf(pipeline, source), options };
    const part = isAtHand ? atHand.part : await bring(engine, wanted);
    const path = join(engine.folder, `records-${chunk.n}.parquet`);
    await engine.run(copySql(part.records(bad), path));
    paths.push(literal(path));
    if (!isAtHand) await part.close();
  }
  return `(SELECT *, raw AS shown FROM read_parquet([${paths.join(', ')}]))`;
}

/** The index of the first number from `at` on that is not below `limit`. */
function upTo(numbers: ArrayLike<number>, at: number, limit: number): number {
  let end = at;
  while (end < numbers.length && numbers[end]! < limit) end++;
  return end;
}

/** Bytes that are no UTF-8 are shown as `\\xFF`. */
const readable = (raw: string): string => `coalesce(TRY(decode(${raw})), ${raw}::VARCHAR)`;

const shortened = (text: string): string =>
  `CASE WHEN length(${text}) > ${READABLE} THEN left(${text}, ${READABLE}) || '…' ELSE ${text} END`;
