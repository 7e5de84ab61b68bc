/** What a step of a transform is: plain data that says what becomes of the rows, and what it needs from the engine. */

import type { Layer } from '../layer.ts';
import type { Reference } from '../reference.ts';
import type { Column } from '../row.ts';
import type { Shape } from '../shape.ts';
import type { Sql } from '../sql.ts';

/** An expression of the definition, for the engine to say whether it binds and what it gives. */
export interface Expression {
  /** What a message names: `derive(day)`. */
  readonly place: string;
  readonly sql: Sql;
  /** The columns that stand at its disposal. */
  readonly columns: readonly Column[];
  /** The type that it must give. */
  readonly gives: string;
  /** An expression over one row, or one function over many rows, to which the step adds over which. Default: `row`. */
  readonly is?: 'row' | 'window';
}

/** A query of the definition over all rows, `_rows`, with the number of each one's record, `_n`. */
export interface BoundQuery {
  readonly place: string;
  readonly sql: Sql;
  readonly columns: readonly Column[];
  /** What it must give, beside `_n`. */
  readonly leaves: readonly Column[];
}

/** What the runtime lends to functions of steps. */
export interface Tools {
  /** The value of a secret that the step names. */
  secret(name: string): string;
  /** HMAC with SHA-256, as hexadecimal digits. */
  hmac(key: string, text: string): string;
}

/** A function of a step that the engine calls inside a scan: one text in (never null), one text or null out. */
export interface StepFunction {
  /** Equal names are equal functions. */
  readonly name: string;
  readonly secrets: readonly string[];
  make(tools: Tools): (text: string) => string | null;
}

/** Rows that a step marks in a column of its own, and what the run says of them if there are any. */
export interface Notice {
  /** A BOOLEAN column of the layer, which no row of the table has. */
  readonly mark: string;
  says(rows: number): string;
}

/** Rows from elsewhere that must be a relation of the engine before the step runs; their rowid is their order. */
export interface NeededReference {
  readonly relation: string;
  readonly reference: Reference;
  /** The columns that are asked of it. */
  readonly columns: readonly Column[];
}

/** What a step says that makes several rows of a record. */
export interface Unnesting {
  /** The layer of records, of which those are marked that have no row to give. */
  judge(below: Layer, where: string): Layer;
  /** The column of the list. */
  readonly list: string;
  /** How many rows a record becomes that is still live, as SQL over the layer of records. */
  readonly size: string;
}

export interface Step {
  /** The word in a definition. */
  readonly word: string;
  /** What was asked of it, as data: the definition's hash is made of it. */
  readonly options: Readonly<Record<string, unknown>>;
  /** What it does, as a person says it: `latest per id by at`. */
  readonly says: string;
  /** Whether it must see more than one row, or something that only a whole run has at hand. */
  readonly setwise: boolean;
  /**
   * Of a set-wise step: the columns in which rows differ that do not meet in it, or `record` where no row meets another.
   * Default: all rows of a run meet.
   */
  readonly meets?: readonly string[] | 'record';
  /** The columns that it leaves with other values than it finds under their names. Default: all of them. */
  readonly makes?: readonly string[];
  /** The columns that it leaves, of those that it finds. @throws DefinitionError if the two do not fit. */
  leaves(shape: Shape): Shape;
  /** A SELECT over the layer below. @throws DefinitionError for a column that is not there. */
  apply(below: Layer, where: string): Layer;
  /** Expressions of the definition that the engine has to bind. */
  expressions?(columns: readonly Column[]): readonly Expression[];
  queries?(columns: readonly Column[]): readonly BoundQuery[];
  /** A condition over the received text: a record for which it is TRUE is filtered before the schema looks at it. */
  readonly received?: Sql;
  /** Whether it is there to leave records out. */
  readonly filters?: true;
  /** Of a step that makes several rows of a record: `apply` leaves only the rows of records that are still live. */
  readonly unnests?: Unnesting;
  readonly functions?: readonly StepFunction[];
  readonly notices?: readonly Notice[];
  /** Only for a set-wise step. */
  readonly references?: readonly NeededReference[];
}
