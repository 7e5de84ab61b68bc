/** What turns an object of another kind into JSON lines, one for each record, or reads its parts as they are. */

import type { Format, Found } from '../../core/formats/format.ts';
import type { Limits } from '../../core/limits.ts';
import type { TypedField } from '../../core/plan/typed-source.ts';
import type { Engine } from '../engine.ts';
import type { Files } from '../ports.ts';
import type { Chunk, Manifest } from '../values.ts';

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
  /** Where the object is, and the store that it is in, for kinds that are more than one object. */
  readonly uri: string;
  readonly files: Files;
  readonly object: {
    /** Its bytes as received. */
    readonly size: number;
    /** The bytes, decompressed where they were not the kind's own container. */
    blocks(): AsyncIterable<Uint8Array>;
    /** A part of the bytes as received. */
    range(start: number, end: number): AsyncIterable<Uint8Array>;
  };
  readonly columns: readonly Asked[];
  readonly format: Format;
  readonly options: Readonly<Record<string, unknown>>;
  readonly limits: Limits;
  /** A warning of the run, as a sentence. */
  say(words: string): void;
  inEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T>;
}

/** An object that stays as it is. */
export interface Kept {
  /** Under `parts` stands the converter's name, by which its parts are read. */
  readonly found: Found & { readonly parts: string };
  /** Records that came of it. */
  readonly records: number;
  readonly chunks: readonly Chunk[];
}

export interface WantedPart {
  readonly files: Files;
  readonly decoded: Manifest['object']['decoded'];
  readonly found: Found;
  readonly chunk: Chunk;
  readonly columns: readonly Asked[];
  readonly options: Readonly<Record<string, unknown>>;
}

/** A part of an object that stays as it is, in the engine's folder. */
export interface Part {
  /** The rows of the part, in order: a relation with `f0`, `f1`, … for those of these fields that are there. */
  rows(fields: readonly string[]): string;
  /** How the values are told, by column of the row; a column whose field is not there is not in it. */
  readonly typed: Readonly<Record<string, TypedField>>;
  /** Names of fields that no column asks for. */
  readonly extra: readonly string[];
  /** The records with the numbers in a column `n` of a relation: a SELECT of n, byte_offset and raw, their JSON. */
  records(wanted: string): string;
  /** Lets go of the disk that it takes. */
  close(): Promise<void>;
}

/** Brings parts of objects that stay as they are. @throws ObjectChangedError if they are no longer what they were. */
export type BringPart = (engine: Engine, wanted: WantedPart) => Promise<Part>;

export interface Converter {
  /** For kinds of which objects may stay as they are. */
  readonly parts?: BringPart;
  /**
   * Hands the lines over to `take`, which ends when all of them are written; or to `keep` the object as a file, if its
   * parts can be read as they are.
   * @returns how many records the object itself says that it has: not the number of the lines.
   * @throws ObjectRejectedError; NothingNew if all that the object has was published before.
   */
  convert(
    conversion: Conversion,
    take: (lines: AsyncIterable<Uint8Array>) => Promise<void>,
    keep: (path: string, kept: Kept) => Promise<void>,
  ): Promise<number>;
}
