/** Work on many things in one engine, as many at once as it has processors for. */

import { atOnce } from './at-once.ts';
import type { Engine } from './engine.ts';

/** Each statement over a small file keeps one processor busy; several beside each other keep all. */
export async function inLanes<T, R>(
  engine: Engine,
  items: readonly T[],
  work: (engine: Engine, item: T) => Promise<R>,
): Promise<R[]> {
  const lanes = await engine.lanes(items.length);
  return atOnce(items, lanes.length, (item, hand) => work(lanes[hand]!, item));
}
