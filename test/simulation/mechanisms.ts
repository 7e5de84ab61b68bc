/** What the promise rests on, each of which the simulation can do without, to show that it is needed. */

import { randomUUID } from 'node:crypto';
import { TransientError } from '../../core/errors.ts';
import type { Files, Ledger, Tables } from '../../runtime/ports.ts';

export interface Switches {
  files(files: Files): Files;
  tables(tables: Tables): Tables;
  ledger(ledger: Ledger): Ledger;
}

const allOn: Switches = { files: (files) => files, tables: (tables) => tables, ledger: (ledger) => ledger };

/** A path in work without what makes it an attempt's own: the execution, and the random part of a file's name. */
const shared = (uri: string): string =>
  uri.includes('/work/')
    ? uri.replace(/(\/work\/\w+\/)[^/]+\//, '$1shared/').replace(/-[0-9a-f]{6}\./, '.')
    : uri;

export const without = {
  /** An owner that was taken over goes on with what it has decided itself. */
  fencing: {
    ...allOn,
    ledger: (ledger) => ({
      ...ledger,
      decide: async (key, decision) => (await ledger.decide(key, decision), decision),
    }),
  },
  /** A repeated commit is not told from a new one. */
  txn: {
    ...allOn,
    tables: (tables) => ({
      ...tables,
      check: async () => undefined,
      commit: (uri, change) =>
        tables.commit(uri, { ...change, id: { application: randomUUID(), version: 1 } }),
    }),
  },
  /** A write that should only be the first replaces what is there. */
  'put-if-absent': {
    ...allOn,
    files: (files) => ({ ...files, write: async (uri, content) => (await files.write(uri, content), true) }),
  },
  /** Attempts stage under the same names. */
  'attempt-scoped names': {
    ...allOn,
    files: (files) => ({
      ...files,
      stat: (uri) => files.stat(shared(uri)),
      read: (uri, options) => files.read(shared(uri), options),
      write: (uri, content, options) => files.write(shared(uri), content, options),
      upload: (path, uri) => files.upload(path, shared(uri)),
      download: (uri, path) => files.download(shared(uri), path),
      copy: (from, to, options) => files.copy(shared(from), shared(to), options),
      remove: (uri) => files.remove(shared(uri)),
      removeAll: (prefix) => files.removeAll(shared(prefix)),
    }),
  },
  /** What another left unfinished stays so. */
  takeover: {
    ...allOn,
    ledger: (ledger) => ({
      ...ledger,
      attempts: async () => [],
      async register(registration) {
        const registered = await ledger.register(registration);
        if (registered.status !== 'unfinished') return registered;
        throw new TransientError('another is at work on it');
      },
    }),
  },
} satisfies Record<string, Switches>;

export type Mechanism = keyof typeof without;
export const mechanisms = Object.keys(without) as Mechanism[];
export const withAll: Switches = allOn;
