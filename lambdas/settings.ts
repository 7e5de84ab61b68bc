/** What the functions around the state machine are told by their environment, beside what the world is made of. */

import { z } from 'zod';
import { UsageError } from '../core/errors.ts';
import { wrongIn } from './wrong-in.ts';

const schema = z.object({
  SLUICE_STATE_MACHINE: z.string().startsWith('arn:'),
  SLUICE_OPEN_RUNS: z.coerce.number().int().min(1).default(20),
  SLUICE_ENV: z.string().min(1),
  SLUICE_LANDING: z.string().regex(/^s3:\/\/[^/]+$/, 'expected s3://<bucket>, without a slash at its end'),
});

export interface Settings {
  /** The ARN of the pipeline's state machine. */
  readonly stateMachine: string;
  readonly openRuns: number;
  readonly environment: string;
  /** `s3://<bucket>`. */
  readonly landing: string;
}

/** @throws UsageError naming the variables that are missing or wrong. */
export function settingsOf(env: NodeJS.ProcessEnv): Settings {
  const { data, error } = schema.safeParse(env);
  if (data === undefined) {
    throw new UsageError(
      `The environment variables of this function are not those of a pipeline (${wrongIn(error)}). ` +
        'The stack of the pipeline sets them; deploy it again.',
    );
  }
  return Object.freeze({
    stateMachine: data.SLUICE_STATE_MACHINE,
    openRuns: data.SLUICE_OPEN_RUNS,
    environment: data.SLUICE_ENV,
    landing: data.SLUICE_LANDING,
  });
}
