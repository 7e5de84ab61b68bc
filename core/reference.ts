/** What rows can be joined with: a file with a row of its own, or the table of another pipeline. */

import { z } from 'zod';
import { decodeRuleSchema, type DecodeRule } from './decode-rule.ts';
import { DefinitionError } from './errors.ts';
import type { Format } from './formats/format.ts';
import type { Layer } from './layer.ts';
import { columnsOf, type Column } from './row.ts';
import type { Shape } from './shape.ts';
import type { Sink } from './sinks/sink.ts';

/** A file, read anew by each run, as strictly as what a source delivers. */
export interface FileReference<S extends Shape = Shape> {
  readonly kind: 'file';
  /** Where it is, as a path, `file:` or `s3:`. */
  readonly uri: string;
  readonly format: Format;
  readonly row: z.ZodObject<S>;
  readonly decode: Readonly<Record<string, DecodeRule>>;
}

/** The newest version of a table of the lake. */
export interface TableReference {
  readonly kind: 'table';
  readonly table: string;
  readonly columns: readonly Column[];
}

export type Reference = FileReference | TableReference;

interface Applied {
  apply(below: Layer, where: string): Layer;
}

/** A pipeline, as far as its table can be joined with. */
export interface WithTable<S extends Shape = Shape> {
  readonly row: z.ZodObject;
  readonly rows: { readonly shape: S; readonly steps: readonly Applied[] };
  readonly sinks: readonly Sink[];
}

/** What stands in the first place of `join`. */
export type Joinable<S extends Shape> = FileReference<S> | WithTable<S>;

export interface ReferenceOptions<S extends Shape> {
  /** Where it is: a path, `file:` or `s3:`. A path starts where the process does; `import.meta.resolve('./a.csv')` does not. */
  readonly uri: string;
  readonly format: Format;
  /** The row that the file must deliver; a record that does not pass fails the run. */
  readonly row: z.ZodObject<S>;
  /** For each column that needs one: the field's name in the file, or the rules to read its text by. */
  readonly decode?: { readonly [K in keyof S & string]?: DecodeRule };
}

const optionsSchema = z.strictObject({
  uri: z.string().min(1),
  format: z.custom<Format>((f) => typeof f === 'object' && f !== null && 'kind' in f, 'use one of format.*'),
  row: z.instanceof(z.ZodObject, { error: 'give a z.object({ … })' }),
  decode: z.record(z.string(), z.union([z.string().min(1), decodeRuleSchema])).default({}),
});

/**
 * A file to join with.
 * @throws DefinitionError for an option that there is not, or a column that cannot be.
 */
export function reference<S extends Shape>(options: ReferenceOptions<S>): FileReference<S> {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) throw new DefinitionError(`reference: ${z.prettifyError(parsed.error)}`);
  columnsOf(options.row.shape, `reference ${options.uri}`);
  return Object.freeze({ kind: 'file', ...parsed.data, row: options.row } as FileReference<S>);
}

/** What it is called where people read it. */
export const nameOf = (from: Reference): string =>
  from.kind === 'table' ? `table ${from.table}` : (from.uri.split('/').at(-1) ?? from.uri);

/** @throws DefinitionError for a pipeline without a table. */
export function referenceOf(from: Joinable<Shape>, where: string): Reference {
  if ('kind' in from) return from;
  const [sink] = from.sinks;
  if (sink === undefined) throw new DefinitionError(`${where}: the pipeline to join with has no table.`);
  const received = { sql: '', columns: columnsOf(from.row.shape, where) };
  const { columns } = from.rows.steps.reduce((below, step) => step.apply(below, where), received);
  return Object.freeze({ kind: 'table', table: sink.table, columns });
}

/** The columns that it has. */
export const columnsOfReference = (from: Reference, where: string): readonly Column[] =>
  from.kind === 'table' ? from.columns : columnsOf(from.row.shape, where);
