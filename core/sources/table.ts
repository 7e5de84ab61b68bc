/** Source `table`: the rows of another pipeline's table, one version after another. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import { referenceOf, type WithTable } from '../reference.ts';
import type { Shape } from '../shape.ts';
import { metadataColumns } from '../sinks/sink.ts';
import { tableVersion } from '../table-version.ts';
import type { OfferedColumn, Source } from './source.ts';

/** The kind of a column's values, as far as TypeScript knows it; the definition looks more closely. */
type Kind<Z> = Z extends z.ZodType ? KindOf<NonNullable<z.output<Z>>> : never;
type KindOf<T> = T extends string
  ? 'text'
  : T extends number | bigint
    ? 'number'
    : T extends boolean
      ? 'boolean'
      : T extends readonly unknown[]
        ? 'list'
        : 'object';

/** The columns that a table may have beside those of its rows. */
interface Added {
  readonly _file: z.ZodString;
  readonly _record: z.ZodInt;
  readonly _run: z.ZodString;
  readonly _loaded_at: z.ZodISODateTime;
}

/** The columns of a table that a column can be read from; any, where TypeScript does not know the table's. */
type Fitting<Z, O> = string extends keyof O
  ? string
  : { [K in keyof O & string]: Kind<O[K]> extends Kind<Z> ? K : never }[keyof O & string];

/** The columns of the row that the table has not under their own names, and that must be there. */
type Lacking<In extends Shape, O> = {
  [K in keyof In & string]: undefined extends z.input<In[K]>
    ? never
    : K extends Fitting<In[K], O>
      ? never
      : K;
}[keyof In & string];

interface TableOptionsBase {
  /**
   * `added`: the rows that each version added, for tables that are appended to. `whole`: all rows that the table has at
   * that version, for any table; only into a table that is replaced or updated. Default: `added`.
   */
  readonly read?: 'added' | 'whole';
}

type Names<In extends Shape, O> = {
  readonly [K in Lacking<In, O>]: Fitting<In[K], O & Added>;
} & { readonly [K in keyof In & string]?: Fitting<In[K], O & Added> };

/** What stands behind the pipeline; not optional where a column of the row has another name in the table. */
export type TableArguments<In extends Shape, O extends Shape> = [Lacking<In, O>] extends [never]
  ? [options?: TableOptionsBase & { readonly decode?: Names<In, O> }]
  : [options: TableOptionsBase & { readonly decode: Names<In, O> }];

const optionsSchema = z.strictObject({
  read: z.enum(['added', 'whole']).default('added'),
  decode: z.record(z.string(), z.string().min(1)).default({}),
});

/** @throws DefinitionError for an option that there is not, and for a table of which no version adds rows only. */
export function table(other: WithTable, options: unknown = {}): Source {
  const reference = referenceOf(other, 'source.table');
  if (reference.kind !== 'table') {
    throw new DefinitionError(
      'source.table takes a pipeline, and reads its table; files are read by source.files.',
    );
  }
  const [sink] = other.sinks;
  const where = `source.table(${reference.table})`;
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) throw new DefinitionError(`${where}: ${z.prettifyError(parsed.error)}`);
  const { read, decode } = parsed.data;
  if (read === 'added' && sink!.write !== 'append') {
    throw new DefinitionError(
      `${where}: a version of ${reference.table} takes rows out as well (write: '${sink!.write}'), so that the rows it adds ` +
        "are not all that changes. Read the table as a whole: { read: 'whole' }, into a table that is replaced or updated.",
    );
  }
  const columns: OfferedColumn[] = [
    ...reference.columns.map(({ name, sql, nullable, pii }) => ({ name, sql, nullable, pii })),
    ...sink!.metadata.map((name) => ({ name, sql: metadataColumns[name].sql, nullable: false, pii: false })),
  ];
  const versions = Object.freeze({ table: reference.table, read, columns: Object.freeze(columns) });
  return Object.freeze({
    kind: 'table',
    place: 'lake',
    prefix: `lake/${reference.table}/_delta_log/`,
    match: `${'?'.repeat(20)}.json`,
    folder: `${reference.table}/_delta_log`,
    format: tableVersion({ versions }),
    decode: Object.freeze(Object.fromEntries(Object.entries(decode).map(([name, from]) => [name, { from }]))),
    versions,
  } satisfies Source);
}
