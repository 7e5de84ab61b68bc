import { describe, expect, test } from 'vitest';
import { sideBySide } from '../../../runtime/aws/side-by-side.ts';

/** Work that ends when the test says so. */
function controlled() {
  const ends = new Map<number, PromiseWithResolvers<number>>();
  const signals: AbortSignal[] = [];
  const work = (n: number, signal: AbortSignal): Promise<number> => {
    const end = Promise.withResolvers<number>();
    ends.set(n, end);
    signals.push(signal);
    signal.addEventListener('abort', () => end.reject(new Error('stopped')));
    return end.promise;
  };
  return { ends, signals, work };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('side by side', () => {
  test('results come in order, whichever is done first, and no more begin than may', async () => {
    const { ends, work } = controlled();
    const results = sideBySide([0, 1, 2, 3, 4], 3, work);
    const first = results.next();
    await turn();
    expect([...ends.keys()]).toEqual([0, 1, 2]);
    for (const n of [2, 1]) ends.get(n)!.resolve(n * 10);
    await turn();
    expect([...ends.keys()]).toEqual([0, 1, 2]);
    ends.get(0)!.resolve(0);
    expect(await first).toEqual({ done: false, value: 0 });
    await turn();
    // Nobody takes more, so nothing more begins.
    expect([...ends.keys()]).toEqual([0, 1, 2]);
    expect((await results.next()).value).toBe(10);
    expect((await results.next()).value).toBe(20);
    const rest = Array.fromAsync(results);
    await turn();
    for (const n of [4, 3]) ends.get(n)!.resolve(n * 10);
    expect(await rest).toEqual([30, 40]);
  });

  test('a failure stops the others, and is heard in its turn', async () => {
    const { ends, signals, work } = controlled();
    const heard = Array.fromAsync(sideBySide([0, 1, 2, 3], 3, work)).catch((error: unknown) => error);
    await turn();
    ends.get(1)!.reject(new Error('the second failed'));
    await turn();
    ends.get(0)!.resolve(0);
    expect(await heard).toEqual(new Error('the second failed'));
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
  });

  test('things that break off stop the work on those that came', async () => {
    const { signals, work } = controlled();
    const things = (function* () {
      yield 0;
      throw new Error('no more things');
    })();
    await expect(Array.fromAsync(sideBySide(things, 3, work))).rejects.toThrow('no more things');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  test('of nothing comes nothing', async () => {
    expect(await Array.fromAsync(sideBySide([], 3, async () => 1))).toEqual([]);
  });
});
