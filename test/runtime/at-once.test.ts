/** Work on many things at once: in their order, no more than asked for, and ended when it ends. */

import { expect, test } from 'vitest';
import { atOnce } from '../../runtime/at-once.ts';

const turn = () => new Promise((done) => setImmediate(done));

test('results are in the order of the items, whoever is done first, and no hand does two at a time', async () => {
  let now = 0;
  let most = 0;
  const busy = new Set<number>();
  const results = await atOnce([5, 1, 3, 0, 2], 2, async (turns, hand) => {
    expect(busy.has(hand)).toBe(false);
    busy.add(hand);
    most = Math.max(most, ++now);
    for (let i = 0; i < turns; i++) await turn();
    now--;
    busy.delete(hand);
    return turns * 10;
  });
  expect(results).toEqual([50, 10, 30, 0, 20]);
  expect(most).toBe(2);
  expect(await atOnce([], 4, async () => 1)).toEqual([]);
});

test('after a failure nothing new is begun, and what was begun has ended', async () => {
  const begun: number[] = [];
  const ended: number[] = [];
  const failing = atOnce([0, 1, 2, 3], 2, async (item) => {
    begun.push(item);
    if (item === 0) throw new Error('the first');
    await turn();
    ended.push(item);
  });
  await expect(failing).rejects.toThrow('the first');
  expect({ begun, ended }).toEqual({ begun: [0, 1], ended: [1] });
});
