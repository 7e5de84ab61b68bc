/** A zod object read as columns: what each holds, in zod, in the engine and in a table. */

import type { z } from 'zod';

/** A type of Delta Lake: a name, or a nested one. */
export type DeltaType =
  | string
  | { readonly type: 'array'; readonly elementType: DeltaType; readonly containsNull: boolean }
  | { readonly type: 'struct'; readonly fields: readonly DeltaField[] };

export interface DeltaField {
  readonly name: string;
  readonly type: DeltaType;
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** One column of a row. */
export interface Column {
  readonly name: string;
  /** The kind of value, a name in the registry of types: `int`, `decimal`, … */
  readonly type: string;
  /** The engine's type, such as `DECIMAL(12,2)`. */
  readonly sql: string;
  readonly delta: DeltaType;
  /** Whether an accepted row may hold NULL here. */
  readonly nullable: boolean;
  readonly description: string | undefined;
  /** Personal data: masked in logs and reports. */
  readonly pii: boolean;
  /** The column's schema as the definition gave it. */
  readonly schema: z.ZodType;
}
