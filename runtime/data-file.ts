/** A data file of a table, as what is kept of a run names it. */

import { z } from 'zod';
import type { DataFile } from './ports.ts';

const count = z.int().min(0);
/** Numbers that JavaScript would round are raw JSON: what holds them is read with `parseExact`. */
const bounds = z.record(z.string(), z.unknown());

export const dataFileSchema = z.object({
  path: z.string(),
  size: count,
  records: count,
  partitionValues: z.record(z.string(), z.string().nullable()),
  stats: z.object({ minValues: bounds, maxValues: bounds, nullCount: z.record(z.string(), count) }),
  tags: z.record(z.string(), z.string().nullable()).exactOptional(),
}) satisfies z.ZodType<DataFile>;
