/** What comes of an object in a table that holds the rows of the last run alone. */

import type { Pipeline } from '../../core/pipeline.ts';
import type { Sandbox } from './sandbox.ts';

/** @param pipeline one that is `replacing`. */
export async function loaded(box: Sandbox, pipeline: Pipeline, name: string, content: Uint8Array) {
  const run = await box.run(pipeline, name, content, true);
  const rows = run.status === 'rejected' ? null : ((await box.table('t', '_record')) ?? []);
  const rejects = (await box.quarantine()).filter((one) => one.run === run.run);
  return { run, rows: rows?.map(withoutNumber), rejects, said: run.error?.message ?? '' };
}

const withoutNumber = ({ _record, ...row }: Record<string, unknown>): Record<string, unknown> => row;
