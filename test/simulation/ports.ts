/** A process of the simulation: the ports of a world in which each call waits for its turn and may go wrong. */

import { createHash } from 'node:crypto';
import { TransientError } from '../../core/errors.ts';
import { defaultLimits } from '../../core/limits.ts';
import { deltaTables } from '../../runtime/delta/tables.ts';
import { layoutOf } from '../../runtime/layout.ts';
import type { History } from '../../runtime/local/history.ts';
import { localLedger } from '../../runtime/local/ledger.ts';
import type { LocalWorld } from '../../runtime/local/world.ts';
import { undisturbed } from '../../runtime/notices.ts';
import type { Files } from '../../runtime/ports.ts';
import type { RunRecord } from '../../runtime/result.ts';
import type { MemoryFiles } from '../support/memory-files.ts';
import type { Switches } from './mechanisms.ts';
import type { FaultKind } from './scenario.ts';
import type { Scheduler } from './scheduler.ts';

export const layout = layoutOf('/env');

/** What all processes share. */
export interface Shared {
  readonly files: MemoryFiles;
  readonly histories: Map<string, RunRecord[]>;
  readonly scheduler: Scheduler;
  readonly scratch: string;
  readonly switches: Switches;
  /** What happened, a line each. */
  readonly trace: string[];
  /** How often each fault happened. */
  readonly happened: Map<FaultKind, number>;
  /** Told of each object that was written, once it is there. */
  written(uri: string): void;
  /** Executions whose process has ended, or is taken for ended. */
  readonly gone: Set<string>;
  now(): Date;
}

export interface SimulatedProcess {
  readonly world: LocalWorld;
  /** Calls that it made. */
  readonly calls: number;
  readonly isDead: boolean;
}

/** Calls for which a fault that lasts goes on. */
const LASTS = 12;
const SLOW = 150;

export function processOf(
  shared: Shared,
  execution: string,
  faults: ReadonlyMap<number, FaultKind>,
  notBefore = 0,
): SimulatedProcess {
  const { scheduler, trace } = shared;
  let calls = 0;
  let dead = false;
  const lasting = new Map<FaultKind, number>();
  const die = (): never => {
    dead = true;
    shared.gone.add(execution);
    throw new Error('the process was killed');
  };

  function call<T>(name: string, uri: string, act: () => Promise<T>): Promise<T> {
    if (dead) return Promise.reject(new Error('the process was killed'));
    const n = ++calls;
    const fault = faults.get(n);
    if (fault !== undefined) lasting.set(fault, n + LASTS);
    const lasts = (kind: FaultKind): boolean => (lasting.get(kind) ?? 0) >= n;
    const writes = ['write', 'upload', 'copy'].includes(name);
    const from = n === 1 ? notBefore : fault === 'slow' ? scheduler.steps + SLOW : 0;
    return scheduler.turn(
      execution,
      async () => {
        trace.push(`${scheduler.steps} ${execution} #${n} ${name} ${uri}${fault ? ` (${fault})` : ''}`);
        if (dead) throw new Error('the process was killed');
        if (fault) shared.happened.set(fault, (shared.happened.get(fault) ?? 0) + 1);
        if (fault === 'killed before') die();
        if (fault === 'taken for gone') shared.gone.add(execution);
        if (fault === 'throttled') throw new TransientError('slow down');
        if (writes && lasts('disk full')) throw new TransientError('the disk is full');
        if (writes && lasts('quarantine refused') && uri.includes('/quarantine/')) {
          throw Object.assign(new Error(`access to ${uri} denied`), { name: 'AccessDenied' });
        }
        const answer = await act();
        if (name === 'write') shared.written(uri);
        if (fault === 'killed after') die();
        if (fault === 'answer lost') throw new TransientError('no answer');
        return answer;
      },
      from,
    );
  }

  const files = shared.switches.files(watchedFiles(shared.files, call));
  const kept = historyIn(shared.histories);
  const history: History = {
    append: (record) => call('append', record.run, () => kept.append(record)),
    async *newestFirst(pipeline) {
      yield* await call('history', pipeline, () => Array.fromAsync(kept.newestFirst(pipeline)));
    },
  };
  const isGone = async (_: string, owner: string): Promise<boolean> => shared.gone.has(owner);
  const world: LocalWorld = {
    files,
    tables: shared.switches.tables(deltaTables(files)),
    ledger: shared.switches.ledger(localLedger(files, layout.ledger, { isGone, history })),
    notifications: undisturbed({
      progress: () => undefined,
      settled: () => call('notify', execution, async () => undefined),
    }),
    executions: {
      begin: async (pipeline, own) =>
        void (await files.write(`${layout.work(pipeline, own)}/process.json`, Buffer.from('{}'))),
      end: (own) => void shared.gone.add(own),
      isGone,
    },
    layout,
    limits: defaultLimits,
    scratch: shared.scratch,
    engine: { memoryMb: 256, threads: 1 },
    now: shared.now,
  };
  return {
    world,
    get calls() {
      return calls;
    },
    get isDead() {
      return dead;
    },
  };
}

export const historyIn = (histories: Map<string, RunRecord[]>): History => ({
  async append(record) {
    histories.set(record.pipeline, [...(histories.get(record.pipeline) ?? []), record]);
  },
  async *newestFirst(pipeline) {
    yield* histories.get(pipeline)?.toReversed() ?? [];
  },
});

/** What is read block by block, so that things can happen in the midst of it. */
const isInput = (uri: string): boolean => uri.startsWith('/in/') || uri.endsWith('/decoded');

type Call = <T>(name: string, uri: string, act: () => Promise<T>) => Promise<T>;

function watchedFiles(files: MemoryFiles, call: Call): Files {
  return {
    stat: (uri) => call('stat', uri, () => files.stat(uri)),
    async *read(uri, options) {
      if (!isInput(uri)) {
        yield* await call('read', uri, () => Array.fromAsync(files.read(uri, options)));
        return;
      }
      // A version is held from the first block to the last: what changes in between is found, as on disk and on S3.
      const before = await call('read', uri, () => files.stat(uri));
      const version = options?.version ?? before?.version;
      const blocks = files.read(uri, { ...options, ...(version === undefined ? {} : { version }) });
      for (;;) {
        const next = await call('block', uri, async () => {
          if (version !== undefined)
            await files.read(uri, { version, end: 0 })[Symbol.asyncIterator]().next();
          return blocks[Symbol.asyncIterator]().next();
        });
        if (next.done) return;
        yield next.value;
      }
    },
    async write(uri, content, options) {
      const bytes = content instanceof Uint8Array ? content : Buffer.concat(await Array.fromAsync(content));
      return call('write', uri, () => files.write(uri, bytes, options));
    },
    upload: (path, uri) => call('upload', uri, () => files.upload(path, uri)),
    download: (uri, path) => call('download', uri, () => files.download(uri, path)),
    copy: (from, to, options) => call('copy', to, () => files.copy(from, to, options)),
    async *list(prefix) {
      yield* await call('list', prefix, () => Array.fromAsync(files.list(prefix)));
    },
    remove: (uri) => call('remove', uri, () => files.remove(uri)),
    removeAll: (prefix) => call('removeAll', prefix, () => files.removeAll(prefix)),
  };
}

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
