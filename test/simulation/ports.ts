/** A process of the simulation: the ports of a world in which each call waits for its turn and may go wrong. */

import { createHash } from 'node:crypto';
import { TransientError } from '../../core/errors.ts';
import { defaultLimits } from '../../core/limits.ts';
import { deltaTables } from '../../runtime/delta/tables.ts';
import type { LocalWorld } from '../../runtime/local/world.ts';
import { undisturbed } from '../../runtime/notices.ts';
import type { Files } from '../../runtime/ports.ts';
import type { Switches } from './mechanisms.ts';
import type { Call, Place } from './place.ts';
import type { FaultKind } from './scenario.ts';
import type { Scheduler } from './scheduler.ts';

/** What all processes share. */
export interface Shared {
  readonly place: Place;
  readonly scheduler: Scheduler;
  readonly scratch: string;
  readonly switches: Switches;
  /** What happened, a line each. */
  readonly trace: string[];
  /** How often each fault happened. */
  readonly happened: Map<FaultKind, number>;
  /** Told of each object that was written, once it is there. */
  written(uri: string): Promise<void>;
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
        if (name === 'write') await shared.written(uri);
        if (fault === 'killed after') die();
        if (fault === 'answer lost') throw new TransientError('no answer');
        return answer;
      },
      from,
    );
  }

  const { place } = shared;
  const { layout } = place;
  const files = shared.switches.files(watchedFiles(place.files, call));
  const isGone = async (_: string, owner: string): Promise<boolean> => shared.gone.has(owner);
  const world: LocalWorld = {
    files,
    tables: shared.switches.tables(deltaTables(files)),
    ledger: shared.switches.ledger(place.ledgerOf({ files, call, isGone })),
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
    // Every other process has the files of a table met ahead of its load, and some work on their rows in buckets.
    limits: {
      ...defaultLimits,
      ...(/[02468]$/.test(execution) ? { mergeBytes: 1 } : {}),
      ...(/[014589]$/.test(execution) ? { bucketBytes: 16 } : {}),
    },
    scratch: shared.scratch,
    secret: async (name) => `the secret ${name}`,
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

/** What is read block by block, so that things can happen in the midst of it. */
const isInput = (uri: string): boolean => uri.includes('/in/') || uri.endsWith('/decoded');

function watchedFiles(files: Files, call: Call): Files {
  return {
    stat: (uri, version) => call('stat', uri, () => files.stat(uri, version)),
    async *read(uri, options) {
      if (!isInput(uri)) {
        yield* await call('read', uri, () =>
          // All blocks at once, each in memory of its own.
          Array.fromAsync(files.read(uri, { ...options, reuse: false })),
        );
        return;
      }
      const blocks = files.read(uri, options)[Symbol.asyncIterator]();
      for (;;) {
        const next = await call('block', uri, () => blocks.next());
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
