/** Work on many things, a few of them at a time, with the results in the order of the things. */

/**
 * No more than `limit` results are made or waiting, whatever the speed of who takes them. When one fails, or the taker
 * leaves, the others are told to stop by their signal, and have ended when this ends.
 */
export async function* sideBySide<T, R>(
  things: Iterable<T> | AsyncIterable<T>,
  limit: number,
  work: (thing: T, signal: AbortSignal) => Promise<R>,
): AsyncGenerator<R, void> {
  const stop = new AbortController();
  const going: Promise<R>[] = [];
  try {
    for await (const thing of things) {
      const one = work(thing, stop.signal);
      // A failure is heard when its turn comes; until then it is no unhandled rejection.
      one.catch(() => undefined);
      going.push(one);
      if (going.length >= limit) yield await going.shift()!;
    }
    while (going.length > 0) yield await going.shift()!;
  } finally {
    stop.abort();
    await Promise.allSettled(going);
  }
}
