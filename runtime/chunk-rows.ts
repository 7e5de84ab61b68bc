/** The records of a chunk as a SELECT of judged rows: from its bytes as text, or from the values of a part that has types. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readAs, type Reading, type ChunkLayout, type Format } from '../core/formats/format.ts';
import type { Pipeline } from '../core/pipeline.ts';
import type { Decode } from '../core/plan/decode.ts';
import type { Plan } from '../core/plan/plan.ts';
import { readCsv } from '../core/plan/read.ts';
import { toldSource } from '../core/plan/told-source.ts';
import { askedOf, bindSource } from './binding.ts';
import type { Engine } from './engine.ts';
import { prepareInBlocks, readChunk, type Decoded } from './intake/chunk-bytes.ts';
import type { BringPart } from './intake/converter.ts';
import type { Files } from './ports.ts';
import type { AtHand } from './rejects.ts';
import type { Chunk, Manifest } from './values.ts';
import type { World } from './world.ts';

export interface OpenChunk {
  readonly select: string;
  /** The same without the words of reasons: enough to tell which rows are accepted, and less work. */
  readonly accepting: string;
  /** How many functions of ours it calls. */
  readonly functions: number;
  /** Names of fields that no column asks for, as far as they were met here. */
  readonly extra: readonly string[];
  /** Whether it was read record by record although the engine could have read it all. */
  readonly exact: boolean;
  /** What rejected records are found again in. */
  readonly atHand: AtHand;
}

export interface ChunkOfRun {
  readonly world: World;
  readonly pipeline: Pipeline;
  readonly manifest: Manifest;
  readonly chunk: Chunk;
}

/** @param exact read record by record. */
export async function openText(
  engine: Engine,
  plan: Plan,
  { world, pipeline, manifest, chunk }: ChunkOfRun,
  exact: boolean,
): Promise<OpenChunk> {
  const { format } = pipeline.sources[manifest.source]!;
  const { bound, fields } = bindSource(pipeline, manifest.source, manifest.fields);
  const layout = { fields, notes: chunk.notes, torn: chunk.torn, limits: world.limits };
  const path = join(engine.folder, `chunk-${chunk.n}.csv`);
  const { bytes, ...prepared } = await prepare(
    readAs(format, manifest.found),
    layout,
    { files: world.files, decoded: manifest.object.decoded, chunk, path },
    exact,
  );
  const faulty = prepared.columns[0] === '_fault';
  const { fields: told, typed, types } = toldSource(prepared, bound);
  const decode = plan.decode(manifest.source, { fields: told, faulty, typed });
  return {
    ...judged(engine, plan, manifest, decode, readCsv(path, prepared.dialect, prepared.columns, types)),
    extra: prepared.extra,
    exact: faulty && !format.tagged,
    atHand: { chunk, bytes },
  };
}

interface Placing {
  readonly files: Files;
  readonly decoded: Decoded;
  readonly chunk: Chunk;
  /** Where the engine reads it. */
  readonly path: string;
}

/** The chunk as a file for the engine, a block in memory at a time where that can be. */
async function prepare(
  format: Format,
  layout: ChunkLayout,
  { files, decoded, chunk, path }: Placing,
  exact: boolean,
): Promise<Reading & { bytes(): Promise<Uint8Array> }> {
  const received = (): Promise<Uint8Array> => readChunk(files, decoded, chunk);
  const inBlocks = exact ? undefined : format.inBlocks?.(layout);
  const read = inBlocks && (await prepareInBlocks(files, decoded, chunk, { inBlocks, path }));
  if (read !== undefined)
    return { ...read, bytes: inBlocks?.isSame === true ? () => readFile(path) : received };
  const whole = await received();
  const { bytes, ...prepared } = format.prepare(whole, layout, exact);
  await writeFile(path, bytes);
  return { ...prepared, bytes: async () => whole };
}

export async function openPart(
  engine: Engine,
  plan: Plan,
  { world, pipeline, manifest, chunk }: ChunkOfRun,
  bring: BringPart,
): Promise<OpenChunk> {
  const { bound, fields } = bindSource(pipeline, manifest.source, manifest.fields);
  const part = await bring(engine, {
    files: world.files,
    decoded: manifest.object.decoded,
    found: manifest.found ?? {},
    chunk,
    columns: askedOf(pipeline, manifest.source),
    options: pipeline.sources[manifest.source]!.format.options,
  });
  const isThere = ([name]: readonly [string, string | null]): boolean => name in part.typed;
  const decode = plan.decode(manifest.source, {
    fields: Object.fromEntries(Object.entries(bound).filter(isThere)),
    faulty: false,
    typed: part.typed,
  });
  return {
    ...judged(engine, plan, manifest, decode, part.rows(fields)),
    extra: part.extra,
    exact: false,
    atHand: { chunk, part },
  };
}

function judged(
  engine: Engine,
  plan: Plan,
  manifest: Manifest,
  decode: Decode,
  from: string,
): Pick<OpenChunk, 'select' | 'accepting' | 'functions'> {
  for (const fn of decode.functions) engine.register(fn);
  return {
    select: plan.chunk(decode, from, manifest).sql,
    accepting: plan.chunk(decode, from, manifest, false).sql,
    functions: decode.functions.length,
  };
}
