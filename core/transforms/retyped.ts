/** A column whose values become those of another type: its name, description and personal mark stay. */

import { columnsOf, type Column } from '../row.ts';
import type { z } from 'zod';

export function retyped(column: Column, schema: z.ZodType, where: string): Column {
  const [made] = columnsOf({ [column.name]: schema }, where);
  return { ...made!, description: column.description, pii: column.pii };
}
