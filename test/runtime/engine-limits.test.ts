/** The time of an engine is over once, whatever clocks say of it. */

import { afterEach, expect, test, vi } from 'vitest';
import { engineLimits } from '../../runtime/engine-limits.ts';

afterEach(() => vi.restoreAllMocks());

test('what a timer that was early has ended stays ended', async () => {
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((fire: () => void) => fire()) as never);
  let interrupted = 0;
  const limits = engineLimits({ memoryMb: 1, seconds: 1000, interrupt: () => interrupted++ });
  const late = { name: 'LimitExceededError', message: expect.stringContaining('1000 seconds') };
  await expect(limits.watch('SELECT 1', () => Promise.reject(new Error('INTERRUPT')))).rejects.toMatchObject(
    late,
  );
  expect(interrupted).toBe(1);
  await expect(limits.watch('SELECT 2', () => Promise.resolve('read'))).rejects.toMatchObject(late);
});

test('a statement in time gives what it gives', async () => {
  const limits = engineLimits({ memoryMb: 1, seconds: 1000, interrupt: () => undefined });
  expect(await limits.watch('SELECT 1', () => Promise.resolve('read'))).toBe('read');
  const wrong = new Error('Parser Error');
  await expect(limits.watch('SELEC', () => Promise.reject(wrong))).rejects.toBe(wrong);
});

test('where no time is left nothing is begun', async () => {
  let begun = 0;
  const limits = engineLimits({ memoryMb: 1, seconds: 0, interrupt: () => undefined });
  const work = (): Promise<number> => Promise.resolve(++begun);
  await expect(limits.watch('SELECT 1', work)).rejects.toMatchObject({ name: 'LimitExceededError' });
  expect(begun).toBe(0);
});

test('only an error that says so is one of too little memory', () => {
  const limits = engineLimits({ memoryMb: 7, seconds: 1, interrupt: () => undefined });
  for (const cause of [new Error('Parser Error'), 'Out of Memory Error', undefined])
    expect(limits.exceeded(cause)).toBeUndefined();
  expect(limits.exceeded(new Error('Out of Memory Error: 8 MB\nStack'))).toMatchObject({
    name: 'LimitExceededError',
    message: expect.stringContaining('more than its 7 MB of memory'),
  });
});
