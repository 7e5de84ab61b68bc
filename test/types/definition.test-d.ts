/** What a definition may say, and what must not compile. */

import { expectTypeOf, test } from 'vitest';
import type { Sources } from '../../core/pipeline.ts';
import type { ReceivedRows } from '../../core/rows.ts';
import type { ColumnRef } from '../../core/sql.ts';
import {
  check,
  date,
  decimal,
  definePipeline,
  flag,
  format,
  run,
  sink,
  sql,
  z,
} from '../../core/vocabulary.ts';

const base = {
  name: 'x',
  owner: 'x',
  description: 'x',
  row: z.object({
    id: z.int(),
    at: z.iso.datetime(),
    name: z.string(),
    price: decimal(12, 2),
    note: z.string().nullable(),
  }),
  sources: () => [],
  gate: { rejected: { atMost: 0 } },
  sla: { latency: '1 hour' },
} as const;
const into = { table: 't', write: 'append' } as const;

/** Never run: only its types are looked at. */
test('the type of an accepted row follows from the definition', () => {
  const made = () =>
    definePipeline({
      ...base,
      transform: (rows) =>
        rows.derive((o) => ({ day: date(sql`${o.at}::date`), cheap: flag(sql`${o.price} < 1`) })),
      sinks: (o) => [sink.lake({ ...into, partitionBy: [o.day] })],
    });
  type Row = NonNullable<ReturnType<typeof made>['$row']>;
  expectTypeOf<Row['id']>().toEqualTypeOf<number>();
  expectTypeOf<Row['note']>().toEqualTypeOf<string | null>();
  expectTypeOf<Row['cheap']>().toEqualTypeOf<boolean>();
  expectTypeOf<Row['day']>().toEqualTypeOf<string>();
  expectTypeOf<Row>().not.toHaveProperty('nothing');
});

export const compiles = () => [
  definePipeline({ ...base, checks: (o) => [check.unique(o.id)], sinks: () => [sink.lake(into)] }),
  definePipeline({
    ...base,
    checks: (o) => [check.unique(o.id, o.name, { severity: 'warn' }), check.between(o.price, { min: 0 })],
    transform: (rows) => rows.skip((o) => sql`${o.id} = 'TOTAL'`).where((o) => sql`${o.at} < ${run.time}`),
    sinks: () => [sink.lake({ ...into, metadata: ['_file', '_record'] })],
  }),
];

type Row = { id: z.ZodInt; at: z.ZodISODateTime; name: z.ZodString };
type Chain = ReceivedRows<Row>;
const other = definePipeline({ ...base, checks: () => [], sinks: () => [sink.lake(into)] });
type From<In extends Record<string, z.ZodType>> = (source: Sources<In>) => unknown;

/** A table as a source: columns bind by name, and their kinds of values must fit. */
export const tables: [
  From<{ id: z.ZodInt; name: z.ZodString; more: z.ZodOptional<z.ZodString> }>,
  From<{ id: z.ZodBigInt; price: z.ZodNumber; note: z.ZodEnum<{ a: 'a' }> }>,
  From<{ number: z.ZodInt; by: z.ZodString }>,
] = [
  (source) => source.table(other),
  (source) => source.table(other, { read: 'whole' }),
  (source) => source.table(other, { decode: { number: 'id', by: '_run' } }),
];

export const noSuchTables: [
  From<{ amount: z.ZodNumber }>,
  From<{ id: z.ZodString }>,
  From<{ amount: z.ZodNumber }>,
  From<{ amount: z.ZodNumber }>,
  From<{ id: z.ZodInt }>,
  From<{ id: z.ZodInt }>,
  From<{ id: z.ZodInt }>,
] = [
  // @ts-expect-error a column that the table does not have, and no other name for it
  (source) => source.table(other),
  // @ts-expect-error a column of another kind
  (source) => source.table(other),
  // @ts-expect-error a name that the table does not have
  (source) => source.table(other, { decode: { amount: 'prize' } }),
  // @ts-expect-error a name of a column of another kind
  (source) => source.table(other, { decode: { amount: 'name' } }),
  // @ts-expect-error a name for a column that the row does not have
  (source) => source.table(other, { decode: { idd: 'id' } }),
  // @ts-expect-error a way to read that there is not
  (source) => source.table(other, { read: 'changed' }),
  // @ts-expect-error no pipeline
  (source) => source.table('orders'),
];

const name: ColumnRef<string> = { column: 'name' };

export const mustNotCompile = () => [
  // @ts-expect-error misspelt column
  definePipeline({ ...base, checks: (o) => [check.unique(o.idd)], sinks: () => [] }),
  // @ts-expect-error text has no range
  check.between(name, { min: 1 }),
  // @ts-expect-error a check on the run rejects no row
  check.completeness(name, { atLeast: 1, severity: 'reject' }),
  // @ts-expect-error partition by a column that is not there
  definePipeline({ ...base, sinks: (o) => [sink.lake({ ...into, partitionBy: [o.day] })] }),
  // @ts-expect-error a column that no earlier step derives
  (rows: Chain) => rows.where((o) => sql`${o.day} > 1`),
  // @ts-expect-error skip comes before the schema, so before every other step
  (rows: Chain) => rows.where(() => sql`TRUE`).skip(() => sql`TRUE`),
  // @ts-expect-error upsert without a key
  sink.lake({ table: 't', write: 'upsert' }),
  // @ts-expect-error a metadata column that does not exist
  sink.lake({ ...into, metadata: ['_line'] }),
  (source: Sources<Row>) =>
    // @ts-expect-error a rule for a column that the row does not have
    source.files({ prefix: 'x/', format: format.csv(), decode: { idd: 'ID' } }),
  // @ts-expect-error not a duration
  definePipeline({ ...base, sla: { latency: '1 fortnight' }, sinks: () => [] }),
  // @ts-expect-error a date is no value of SQL
  sql`${new Date(0)}`,
];
