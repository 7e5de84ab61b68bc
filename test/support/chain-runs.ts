/** Runs of two pipelines, of which one reads the versions of the other's table. */

import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { Pipeline } from '../../core/pipeline.ts';
import { runObject } from '../../runtime/local/run.ts';
import { withQuery } from '../../runtime/query/query.ts';
import type { RunRecord } from '../../runtime/result.ts';
import { orderLines, orders, sales, type OrderLine } from './chain.ts';
import { openSandbox, type Sandbox } from './sandbox.ts';

/** For the tests of a file: each has an environment of its own. */
export function openChain() {
  let box: Sandbox;
  beforeEach(async () => {
    box = await openSandbox({ chunkBytes: 20_000 });
  });
  afterEach(() => box.close());

  /** The entry of a version in the log of a table. */
  const entry = (version: number, table = 'orders'): string =>
    join(box.world.layout.table(table), '_delta_log', `${String(version).padStart(20, '0')}.json`);
  const order = (name: string, rows: readonly OrderLine[], of: Pipeline = orders() as never, again = false) =>
    box.run(of, `orders-${name}.jsonl`, orderLines(rows), again);
  const read = (version: number, pipeline = sales(), again = false): Promise<RunRecord> =>
    runObject(box.world, pipeline, { uri: entry(version), again });

  async function asked(sql: string): Promise<unknown[]> {
    return withQuery(box.world, sql, {}, async (result) =>
      (await Array.fromAsync(result.json()))
        .join('')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as unknown),
    );
  }

  const sold = (): Promise<unknown[]> =>
    asked('SELECT "order" FROM sales ORDER BY ALL').then((rows) =>
      rows.map((row) => Number((row as { order: unknown }).order)),
    );

  return {
    get box() {
      return box;
    },
    entry,
    order,
    read,
    asked,
    sold,
  };
}
