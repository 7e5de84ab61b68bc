/** Two pipelines, of which one reads the table of the other: orders, and what a shop makes of them. */

import { decimal, definePipeline, format, sink, sql, z, date, type Pipeline } from '../../core/vocabulary.ts';

/**
 * A column of every kind that a table has; partitioned by one that no data file holds.
 * @param write `dedupe`: rows are added whose key is not there.
 * @param pieces what each of an order's lines says of them.
 */
export const orders = (
  write: 'append' | 'dedupe' | 'upsert' | 'replace' = 'append',
  pieces: z.ZodType = z.int(),
) =>
  definePipeline({
    name: 'orders',
    owner: 'test',
    description: 'Orders, for tests.',
    row: z.object({
      id: z.int(),
      shop: z.string().meta({ pii: true }),
      total: decimal(12, 2).nullable(),
      weight: z.number().nullable(),
      serial: z.bigint(),
      paid: z.boolean(),
      day: z.iso.date().nullable(),
      at: z.iso.datetime(),
      clock: z.iso.time().optional(),
      note: z.string().optional(),
      lines: z.array(z.object({ sku: z.string(), pieces })),
    }),
    sources: (source) => [source.files({ prefix: 'orders/', match: 'orders*', format: format.jsonl() })],
    gate: { rejected: { atMost: 1 } },
    sinks: (o) => {
      const base = { table: 'orders', partitionBy: [o.day], metadata: ['_run', '_record'] } as const;
      if (write === 'dedupe') return [sink.lake({ ...base, write: 'append', dedupe: 'table', key: [o.id] })];
      return [sink.lake(write === 'upsert' ? { ...base, write, key: [o.id] } : { ...base, write })];
    },
    sla: { latency: '10 minutes' },
  });

export interface SalesOptions {
  readonly of?: ReturnType<typeof orders>;
  readonly read?: 'added' | 'whole';
  readonly write?: 'append' | 'upsert' | 'replace';
}

/** The same columns, some under other names and as other kinds that take their values as they are. */
export const sales = ({ of = orders(), read = 'added', write = 'append' }: SalesOptions = {}): Pipeline =>
  definePipeline({
    name: 'sales',
    owner: 'test',
    description: 'What orders bring, for tests.',
    row: z.object({
      order: z.bigint(),
      shop: z.string().min(2).meta({ pii: true }),
      amount: decimal(14, 3).nullable(),
      weight: z.number().nullable(),
      serial: z.bigint(),
      paid: z.boolean(),
      day: z.iso.date().nullable(),
      at: z.iso.datetime(),
      clock: z.iso.time().optional(),
      note: z.string().optional(),
      lines: z.array(z.object({ sku: z.string(), pieces: z.int() })),
      run: z.string(),
      line: z.int(),
      never: z.string().optional(),
    }),
    sources: (source) => [
      source.table(of, {
        read,
        decode: { order: 'id', amount: 'total', run: '_run', line: '_record' },
      }),
    ],
    transform: (rows) => rows.derive((o) => ({ month: date(sql`date_trunc('month', ${o.at})::DATE`) })),
    gate: { rejected: { atMost: 1 } },
    sinks: (o) => [
      sink.lake(
        write === 'upsert'
          ? { table: 'sales', write, key: [o.order] }
          : { table: 'sales', write, metadata: ['_record', '_file'] },
      ),
    ],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

export interface OrderLine {
  readonly id: number;
  readonly shop?: string;
  readonly day?: string | null;
}

/** Orders as lines of JSON, with values at the edges of their types. */
export const orderLines = (orders: readonly OrderLine[]): string =>
  orders
    .map(({ id, shop = `shop "${id}" é\\n`, day = id % 3 === 0 ? null : `2026-11-0${1 + (id % 2)}` }) => {
      const value = {
        id,
        shop,
        total: id % 4 === 0 ? null : `${id}.05`,
        weight: id % 5 === 0 ? null : id / 3,
        serial: '#',
        paid: id % 2 === 0,
        day,
        at: `2026-11-21T10:00:00.${String(id).padStart(6, '0')}Z`,
        ...(id % 2 === 0 ? { clock: '10:20:30.5' } : { note: id % 3 === 0 ? '' : ' a,b ' }),
        lines: Array.from({ length: id % 3 }, (_, i) => ({ sku: `s${i}`, pieces: i })),
      };
      return `${JSON.stringify(value).replace('"#"', String(2n ** 63n - BigInt(id + 1)))}\n`;
    })
    .join('');

/** All numbers from one to another. */
export const numbers = (from: number, to: number): number[] => ids(from, to).map(({ id }) => id);

/** Orders with these ids. */
export const ids = (from: number, to: number): OrderLine[] =>
  Array.from({ length: to - from + 1 }, (_, i) => ({ id: from + i }));
