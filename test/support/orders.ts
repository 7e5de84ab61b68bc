/** A table that keeps one row for each order, and a plain map that says what it must hold. */

import { definePipeline, format, sink, sql, z, type Pipeline } from '../../core/vocabulary.ts';
import { withQuery } from '../../runtime/query/query.ts';
import type { RunRecord } from '../../runtime/result.ts';
import type { World } from '../../runtime/world.ts';
import { lines } from './lines.ts';

export interface Order {
  readonly id: number | null;
  /** By which the table is partitioned, unless it is not. */
  readonly day: string | null;
  readonly at: number | null;
  readonly text: string;
  /** `D` takes the order out. */
  readonly op: string;
}

export interface OrdersOptions {
  readonly write?: 'upsert' | 'append';
  readonly partitioned?: boolean;
  readonly newest?: boolean;
}

const columns = {
  id: z.int().nullable(),
  day: z.iso.date().nullable(),
  at: z.int().nullable(),
  text: z.string(),
  op: z.enum(['I', 'D']),
};

export const orders = ({
  write = 'upsert',
  partitioned = true,
  newest = true,
}: OrdersOptions = {}): Pipeline =>
  definePipeline({
    name: 'orders',
    owner: 'test',
    description: 'Orders, for tests.',
    row: z.object(columns),
    sources: (source) => [source.files({ prefix: 'orders/', format: format.jsonl() })],
    gate: { rejected: { atMost: 1 } },
    sinks: (o) => {
      const base = { table: 'orders', ...(partitioned ? { partitionBy: [o.day] } : {}) };
      if (write === 'append') return [sink.lake({ ...base, write, dedupe: 'table', key: [o.id] })];
      const by = newest ? { newest: o.at } : {};
      return [sink.lake({ ...base, write, key: [o.id], ...by, deleteWhen: sql`${o.op} = 'D'` })];
    },
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

type Definition = Parameters<typeof definePipeline>[0];

/** A pipeline that adds rows to the table of the orders, whatever it holds; with more columns, or with other parts. */
export const appendingOrders = (
  more: Readonly<Record<string, z.ZodType>> = {},
  other: Partial<Definition> = {},
): Pipeline =>
  definePipeline({
    name: 'more-orders',
    owner: 'test',
    description: 'Orders, for tests.',
    row: z.object({ ...columns, ...more }),
    sources: (source) => [source.files({ prefix: 'orders/', format: format.jsonl() })],
    gate: { rejected: { atMost: 1 } },
    sinks: (o) => [sink.lake({ table: 'orders', write: 'append', partitionBy: [o['day']!] })],
    sla: { latency: '10 minutes' },
    ...other,
  } as Definition) as unknown as Pipeline;

export const linesOf: (rows: readonly Order[]) => string = lines;

/** What one run is expected to count. */
export type Counts = Pick<RunRecord['records'], 'loaded' | 'quarantined' | 'filtered' | 'deduplicated'> &
  RunRecord['rows'];

/** The rules of an upsert over a plain map. */
export function upsertInto(table: Map<number, Order>, rows: readonly Order[]): Counts {
  const counts = { ...none };
  const standing = new Map<number, Order>();
  for (const row of rows) {
    if (row.id === null) counts.quarantined++;
    else if (!standing.has(row.id)) standing.set(row.id, row);
    else {
      counts.deduplicated++;
      if (!isOlder(row, standing.get(row.id)!)) standing.set(row.id, row);
    }
  }
  for (const [id, row] of standing) {
    const there = table.get(id);
    if (there && isOlder(row, there)) counts.deduplicated++;
    else if (row.op === 'D') {
      counts.filtered++;
      if (table.delete(id)) counts.deleted++;
    } else {
      counts.loaded++;
      counts[there === undefined ? 'inserted' : same(row, there) ? 'unchanged' : 'updated']++;
      table.set(id, row);
    }
  }
  return counts;
}

/** Where the table's rows stand before new ones. */
export function appendInto(table: Map<number, Order>, rows: readonly Order[]): Counts {
  const counts = { ...none };
  for (const row of rows) {
    if (row.id === null) counts.quarantined++;
    else if (table.has(row.id)) counts.deduplicated++;
    else {
      table.set(row.id, row);
      counts.loaded++;
      counts.inserted++;
    }
  }
  return counts;
}

const none = {
  loaded: 0,
  quarantined: 0,
  filtered: 0,
  deduplicated: 0,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  deleted: 0,
};

const isOlder = (a: Order, b: Order): boolean => b.at !== null && (a.at === null || a.at < b.at);
const same = (a: Order, b: Order): boolean => JSON.stringify(a) === JSON.stringify(b);

export function countsOf({ records, rows }: RunRecord): Counts {
  const { loaded, quarantined, filtered, deduplicated } = records;
  return { loaded, quarantined, filtered, deduplicated, ...rows };
}

/** The rows of a table by their ids, as a query sees them; none where there is no table. */
export async function readOrders(world: World): Promise<Order[]> {
  if ((await world.tables.snapshot(world.layout.table('orders'))) === undefined) return [];
  return withQuery(
    world,
    'SELECT id, day::VARCHAR AS day, "at", text, op FROM orders ORDER BY id',
    {},
    async (result) => {
      const text = (await Array.fromAsync(result.json())).join('');
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Order);
    },
  );
}

export const sorted = (table: ReadonlyMap<number, Order>): Order[] =>
  [...table.values()].toSorted((a, b) => a.id! - b.id!);
