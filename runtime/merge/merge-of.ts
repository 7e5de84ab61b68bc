/** What a run brings to a table that it meets by key, from its definition. */

import type { Pipeline } from '../../core/pipeline.ts';
import { planOf } from '../../core/plan/plan.ts';
import type { Sink } from '../../core/sinks/sink.ts';
import type { StagedFile } from '../values.ts';
import type { MergeTask } from './task.ts';

export const mergeOf = (
  pipeline: Pipeline,
  sink: Sink,
  run: string,
  rows: readonly StagedFile[],
): MergeTask => ({
  run,
  rows: [...rows],
  write: sink.write === 'upsert' ? 'upsert' : 'append',
  key: [...sink.key],
  newest: sink.newest,
  deletes: sink.deleteWhen !== null,
  compared: planOf(pipeline).output.map(({ name }) => name),
  ahead: [],
});
