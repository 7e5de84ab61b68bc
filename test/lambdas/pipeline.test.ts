/** Where a function is not bundled, it finds its pipeline by name; without one it says which there are. */

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

beforeEach(() => void vi.resetModules());
afterEach(() => vi.unstubAllEnvs());

test('the pipeline of that name, and no other', async () => {
  vi.stubEnv('SLUICE_PIPELINE', 'movies');
  const { pipeline } = await import('../../lambdas/pipeline.ts');
  expect(pipeline.name).toBe('movies');
});

test.each([
  ['lost', '"lost"'],
  [undefined, '""'],
])('%s is none', async (name, told) => {
  vi.stubEnv('SLUICE_PIPELINE', name);
  await expect(import('../../lambdas/pipeline.ts')).rejects.toMatchObject({
    name: 'UsageError',
    message:
      `SLUICE_PIPELINE is ${told}, and pipelines/index.ts has no pipeline of that name; it has: ` +
      'flights, bird-strikes, movies, airports, airport-states.',
  });
});
