/** Why a record is not among the accepted rows: the shape of a reason, in TypeScript and in SQL. */

import { z } from 'zod';

export const reasonSchema = z.object({
  /** The column at fault, or null where the record as a whole is. */
  column: z.string().nullable(),
  /** zod's issue code, or one of ours: decode, malformed, encoding, too_long, too_deep, expression, key, check.<name>. */
  code: z.string(),
  /** What was expected and what kind of thing was found; equal for equal faults, so that it can be grouped. */
  message: z.string(),
  /** The received text, where there is one. */
  value: z.string().nullable(),
});

export type Reason = z.infer<typeof reasonSchema>;

/** The SQL type of a list of reasons, in the order of {@link reasonSchema}. */
export const REASONS_TYPE = 'STRUCT("column" VARCHAR, code VARCHAR, message VARCHAR, "value" VARCHAR)[]';
