/** Rows written to a file of the engine, which must be as many as were counted. */

import { agree } from '../core/gate/reconcile.ts';
import { copySql } from '../core/plan/write.ts';
import type { Engine } from './engine.ts';

/** @throws ReconciliationError naming `what` if the file has more rows, or fewer. */
export async function writeCounted(
  engine: Engine,
  select: string,
  path: string,
  what: string,
  count: number,
): Promise<void> {
  const [copied] = await engine.rows(copySql(select, path));
  agree(
    what,
    { of: 'what became of its records', count },
    { of: 'the file of accepted rows', count: copied!['Count'] as number },
  );
}
