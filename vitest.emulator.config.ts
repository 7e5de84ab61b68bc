import { defineConfig } from 'vitest/config';

/** What needs an emulator of AWS, started by test/emulator/run.ts. */
export default defineConfig({
  test: {
    include: ['test/emulator/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
});
