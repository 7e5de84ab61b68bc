/** The one pipeline that a function belongs to; its bundle has that pipeline's own module in the place of this one. */

import { UsageError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { pipelines } from '../pipelines/index.ts';

export const pipeline: Pipeline = chosen(process.env['SLUICE_PIPELINE']);

function chosen(name: string | undefined): Pipeline {
  const found = (pipelines as readonly unknown[] as readonly Pipeline[]).find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new UsageError(
    `SLUICE_PIPELINE is ${JSON.stringify(name ?? '')}, and pipelines/index.ts has no pipeline of that name; it has: ` +
      `${pipelines.map((one) => one.name).join(', ')}.`,
  );
}
