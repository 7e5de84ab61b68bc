/** The world of a laptop: files on disk under one folder, and this machine's processors and memory. */

import { availableParallelism, hostname, totalmem } from 'node:os';
import { join, resolve } from 'node:path';
import { defaultLimits, type Limits } from '../../core/limits.ts';
import { deltaTables } from '../delta/tables.ts';
import { withEngine } from '../engine.ts';
import { layoutOf } from '../layout.ts';
import { undisturbed } from '../notices.ts';
import type { Notifications } from '../ports.ts';
import type { World } from '../world.ts';
import { localExecutions, type Executions } from './executions.ts';
import { localFiles } from './files.ts';
import { localLedger } from './ledger.ts';
import { silentNotifications } from './notifications.ts';
import { secretFrom } from './secrets.ts';

export interface LocalWorldOptions {
  /** The folder of the environment: tables, quarantine, reports and ledger are kept in it. */
  readonly out: string;
  /** Default: nobody is told. */
  readonly notifications?: Notifications;
  /** Default: as many as this process may use. */
  readonly threads?: number;
  /** What the engine may take, in MiB. Default: half of the machine's memory, 4096 at most. */
  readonly memoryMb?: number;
  /** Default: the clock. */
  readonly now?: () => Date;
  /** Where secrets are found. Default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: the limits of `core/limits.ts`. */
  readonly limits?: Partial<Limits>;
}

const MB = 1024 * 1024;

/** The world of a laptop can tell which executions are alive. */
export interface LocalWorld extends World {
  readonly executions: Executions;
}

/** Where the engines of all processes keep their files. */
export const scratchFolder = (root: string): string => join(root, 'work', '.scratch');

/** Each process has a folder of its own. */
export const scratchOf = (root: string, pid: number): string =>
  join(scratchFolder(root), `${hostname()}-${pid}`);

export function localWorld(options: LocalWorldOptions): LocalWorld {
  const layout = layoutOf(resolve(options.out));
  const files = localFiles();
  const executions = localExecutions(files, layout);
  const limits = Object.freeze({ ...defaultLimits, ...options.limits });
  const scratch = scratchOf(layout.root, process.pid);
  const engine = Object.freeze({
    memoryMb: options.memoryMb ?? Math.min(4096, Math.floor(totalmem() / 2 / MB)),
    threads: options.threads ?? availableParallelism(),
  });
  return Object.freeze({
    files,
    tables: deltaTables(files, {
      inEngine: (work) => withEngine({ scratch, ...engine, seconds: limits.stageSeconds }, work),
    }),
    ledger: localLedger(files, layout.ledger, { isGone: executions.isGone }),
    executions,
    notifications: undisturbed(options.notifications ?? silentNotifications()),
    layout,
    limits,
    scratch,
    engine,
    now: options.now ?? (() => new Date()),
    secret: secretFrom(options.env ?? process.env),
  });
}
