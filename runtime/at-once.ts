/** Work on many things, some of them at a time. */

/**
 * @param most how many at a time.
 * @param work is told which of so many hands does it: what one hand does is one after another.
 * @returns what came of each item, in their order.
 * @throws what the first one that failed threw, when nothing is at work any more.
 */
export async function atOnce<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T, hand: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  // Hands take from one iterator: whoever is done first takes the next.
  const left = items.entries();
  let failed = false;
  const hand = async (number: number): Promise<void> => {
    for (const [i, item] of left) {
      if (failed) return;
      try {
        results[i] = await work(item, number);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const hands = Array.from({ length: Math.min(most, items.length) }, (_, number) => hand(number));
  const failure = (await Promise.allSettled(hands)).find((one) => one.status === 'rejected');
  if (failure) throw failure.reason;
  return results;
}

/** Objects that are brought into a store or out of it at a time: each waits for the store most of its time. */
export const TRANSFERS = 8;
