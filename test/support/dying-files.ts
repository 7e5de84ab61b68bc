/** A store whose process is killed at one of the changes that it makes. */

import { localFiles } from '../../runtime/local/files.ts';
import type { Files } from '../../runtime/ports.ts';

/** Files that do as asked until the n-th change, before or after which the process is as good as dead. */
export function dyingAt(n: number, when: 'before' | 'after'): { files: Files; changes: () => number } {
  const real = localFiles();
  let changes = 0;
  let dead = false;
  const die = (): never => {
    dead = true;
    throw new Error('killed');
  };
  const alive = (): void => {
    if (dead) die();
  };
  const change = async <T>(act: () => Promise<T>): Promise<T> => {
    alive();
    changes++;
    if (changes === n && when === 'before') die();
    const done = await act();
    if (changes === n && when === 'after') die();
    return done;
  };
  const files: Files = {
    stat: async (at) => (alive(), real.stat(at)),
    async *read(at, options) {
      alive();
      yield* real.read(at, options);
    },
    download: async (from, to) => (alive(), real.download(from, to)),
    async *list(prefix) {
      alive();
      yield* real.list(prefix);
    },
    write: (at, content, options) => change(() => real.write(at, content, options)),
    upload: (from, to) => change(() => real.upload(from, to)),
    copy: (from, to, options) => change(() => real.copy(from, to, options)),
    remove: (at) => change(() => real.remove(at)),
    removeAll: (prefix) => change(() => real.removeAll(prefix)),
  };
  return { files, changes: () => changes };
}
