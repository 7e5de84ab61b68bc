/** What an execution keeps between its stages: where each value lies, read and written through its schema. */

import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { EngineError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { samePlan } from './definition.ts';
import type { Files } from './ports.ts';
import { manifestSchema, type Manifest, type Share } from './values.ts';
import type { World } from './world.ts';

/** The places in the work folder of an execution. */
export function placesOf(world: World, pipeline: string, execution: string) {
  const work = world.layout.work(pipeline, execution);
  return Object.freeze({
    work: `${work}/`,
    /** Which process does the execution, where that can be told. */
    process: `${work}/process.json`,
    subject: `${work}/subject.json`,
    manifest: `${work}/manifest.json`,
    decoded: `${work}/decoded`,
    chunk: (n: number) => `${work}/chunks/${n}.json`,
    chunkFailure: (n: number) => `${work}/chunks/${n}.error.json`,
    bucket: ({ round, n }: Share) => `${work}/buckets/${round}/${n}.json`,
    bucketFailure: ({ round, n }: Share) => `${work}/buckets/${round}/${n}.error.json`,
    validated: `${work}/validated.json`,
    /** Of a run: another attempt of the same execution makes another plan. */
    aheadPlan: (run: string) => `${work}/ahead/${run}/plan.json`,
    ahead: (run: string, n: number) => `${work}/ahead/${run}/${n}.json`,
    aheadFailure: (run: string, n: number) => `${work}/ahead/${run}/${n}.error.json`,
    /** A name that no other try has: what a slower one writes never lies where this one's is read. */
    own: (kind: 'rows' | 'rejects' | 'met', of: number | string) =>
      `${work}/${kind}-${of}-${randomBytes(3).toString('hex')}.parquet`,
  });
}

/** Writes a value unless one is there, and gives the one that is there then: of several tries the first stands. */
export async function writeOnce<S extends z.ZodType>(
  files: Files,
  uri: string,
  schema: S,
  value: z.input<S>,
): Promise<z.output<S>> {
  const content = Buffer.from(`${JSON.stringify(schema.parse(value))}\n`);
  await files.write(uri, content, { onlyIfAbsent: true });
  return readValue(files, uri, schema);
}

export async function writeValue<S extends z.ZodType>(
  files: Files,
  uri: string,
  schema: S,
  value: z.input<S>,
): Promise<void> {
  await files.write(uri, Buffer.from(`${JSON.stringify(schema.parse(value))}\n`));
}

/** @throws EngineError if what lies there is not what the stage before writes. */
export async function readValue<S extends z.ZodType>(
  files: Files,
  uri: string,
  schema: S,
): Promise<z.output<S>> {
  const parsed = schema.safeParse(JSON.parse((await readWhole(files, uri)).toString('utf8')));
  if (parsed.success) return parsed.data;
  throw new EngineError(`${uri} is not what a stage writes: ${z.prettifyError(parsed.error)}`);
}

export async function readWhole(files: Files, uri: string): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(files.read(uri)));
}

/** The manifest that a stage works by. @throws PlanMismatchError if another definition planned it. */
export async function openManifest(world: World, pipeline: Pipeline, uri: string): Promise<Manifest> {
  const manifest = await readValue(world.files, uri, manifestSchema);
  samePlan(pipeline, manifest.definition);
  return manifest;
}
