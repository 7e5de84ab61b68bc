/** Files of this machine that tell a test of each change, before and after it; a test that throws there ends the process. */

import { localExecutions } from '../../runtime/local/executions.ts';
import { localFiles } from '../../runtime/local/files.ts';
import { localLedger } from '../../runtime/local/ledger.ts';
import { localWorld, type LocalWorld } from '../../runtime/local/world.ts';
import { deltaTables } from '../../runtime/delta/tables.ts';
import type { Files } from '../../runtime/ports.ts';

export interface Change {
  /** From 1. */
  readonly n: number;
  readonly uri: string;
  readonly when: 'before' | 'after';
}

/** A world in `out` whose changes are watched. What the watcher throws once, every later call throws. */
export function watchedWorld(out: string, watch: (change: Change) => void | Promise<void>): LocalWorld {
  const world = tickingWorld(out);
  const files = watchedFiles(watch);
  const executions = localExecutions(files, world.layout);
  const ledger = localLedger(files, world.layout.ledger, { isGone: executions.isGone });
  return { ...world, files, tables: deltaTables(files), ledger, executions };
}

let seconds = 0;

/** A world whose clock goes on a second whenever it is read: no two runs have the same name. */
export function tickingWorld(out: string): LocalWorld {
  const world = localWorld({ out, threads: 1, memoryMb: 512 });
  return { ...world, now: () => new Date(Date.UTC(2026, 0, 2) + 1000 * seconds++) };
}

function watchedFiles(watch: (change: Change) => void | Promise<void>): Files {
  const real = localFiles();
  let n = 0;
  let dead: unknown;
  const alive = (): void => {
    if (dead !== undefined) throw dead;
  };
  const tell = async (change: Change): Promise<void> => {
    try {
      await watch(change);
    } catch (error) {
      dead = error;
      throw error;
    }
  };
  const change = async <T>(uri: string, act: () => Promise<T>): Promise<T> => {
    alive();
    const which = { n: ++n, uri };
    await tell({ ...which, when: 'before' });
    const done = await act();
    await tell({ ...which, when: 'after' });
    return done;
  };
  return {
    stat: async (uri) => (alive(), real.stat(uri)),
    async *read(uri, options) {
      alive();
      yield* real.read(uri, options);
    },
    download: async (from, to) => (alive(), real.download(from, to)),
    async *list(prefix) {
      alive();
      yield* real.list(prefix);
    },
    write: (uri, content, options) => change(uri, () => real.write(uri, content, options)),
    upload: (from, uri) => change(uri, () => real.upload(from, uri)),
    copy: (from, uri, options) => change(uri, () => real.copy(from, uri, options)),
    remove: (uri) => change(uri, () => real.remove(uri)),
    removeAll: (prefix) => change(prefix, () => real.removeAll(prefix)),
  };
}
