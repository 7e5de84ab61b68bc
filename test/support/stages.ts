/** The stages of a run one by one, as the state machine calls them, for what a test changes between them. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pipeline } from '../../core/pipeline.ts';
import { ingest } from '../../runtime/ingest.ts';
import { placesOf } from '../../runtime/staging.ts';
import { transform } from '../../runtime/transform.ts';
import type { Ingested } from '../../runtime/values.ts';
import type { Sandbox } from './sandbox.ts';

const EXECUTION = 'e';

/** Where the stages leave what they made. */
export const placesIn = ({ world }: Sandbox, { name }: Pipeline) => placesOf(world, name, EXECUTION);

/** A file is ingested, and each of its chunks transformed. */
export async function upToChunks(
  { world, folder }: Sandbox,
  pipeline: Pipeline,
  name: string,
  content: string,
): Promise<Ingested> {
  const uri = join(folder, name);
  await writeFile(uri, content);
  const ingested = await ingest(world, pipeline, {
    pipeline: pipeline.name,
    execution: EXECUTION,
    objects: [{ uri }],
    startedAt: '2026-01-01T00:00:00.000Z',
  });
  const { manifest, chunks } = ingested;
  for (const chunk of chunks) await transform(world, pipeline, { manifest, chunk });
  return ingested;
}
