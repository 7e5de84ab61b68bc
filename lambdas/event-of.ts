/** What calls a function of Lambda, held against what it takes. */

import type { z } from 'zod';
import { UsageError } from '../core/errors.ts';
import { wrongIn } from './wrong-in.ts';

/** @throws UsageError saying what is wrong with it, without a value of it. */
export function eventOf<S extends z.ZodType>(schema: S, event: unknown, name: string): z.output<S> {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `What ${name} was called with is not what it takes (${wrongIn(parsed.error)}). ` +
      'It is called by what its stack connects it to; to start a run, drop an object.',
  );
}
