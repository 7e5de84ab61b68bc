/** An engine that stays open for the tests of a file. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withEngine, type Engine } from '../../runtime/engine.ts';

export interface OpenEngine extends Engine {
  close(): Promise<void>;
}

export async function openEngine(): Promise<OpenEngine> {
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-engine-'));
  const done = Promise.withResolvers<void>();
  const opened = Promise.withResolvers<Engine>();
  const closed = withEngine({ scratch, memoryMb: 1024, threads: 2, seconds: Infinity }, async (engine) => {
    opened.resolve(engine);
    await done.promise;
  });
  closed.catch(opened.reject);
  return {
    ...(await opened.promise),
    async close() {
      done.resolve();
      await closed;
      await rm(scratch, { recursive: true, force: true });
    },
  };
}
