/** What turns an object of another kind into JSON lines, one for each record. */

import type { Limits } from '../../core/limits.ts';
import type { Engine } from '../engine.ts';

/** A column of the row as a source is asked for it. */
export interface Asked {
  readonly name: string;
  /** The field's name in the object. */
  readonly from: string;
  /** The kind of value, and the engine's type of it. */
  readonly type: string;
  readonly sql: string;
  /** Whether the object may come without the field. */
  readonly optional: boolean;
  /** Whether a null stands for a field that is not there: the column takes that, and null it does not. */
  readonly omitsNull: boolean;
  /** Whether the definition says how its local times and its numbers are instants. */
  readonly zoned: boolean;
  readonly epoch: boolean;
  readonly pii: boolean;
}

export interface Conversion {
  readonly object: {
    /** Its bytes as received. */
    readonly size: number;
    /** The bytes, decompressed where they were not the kind's own container. */
    blocks(): AsyncIterable<Uint8Array>;
    /** A part of the bytes as received. */
    range(start: number, end: number): AsyncIterable<Uint8Array>;
  };
  readonly columns: readonly Asked[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly limits: Limits;
  inEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T>;
}

export interface Converter {
  /** Whether the kind has a container of its own that looks like a compressed object. */
  readonly opensItself: boolean;
  /**
   * Hands the lines over to `take`, which ends when all of them are written.
   * @returns how many records the object itself says that it has: not the number of the lines.
   * @throws ObjectRejectedError
   */
  convert(conversion: Conversion, take: (lines: AsyncIterable<Uint8Array>) => Promise<void>): Promise<number>;
}
