/** All that a stage may touch, handed to it as one value. */

import type { Limits } from '../core/limits.ts';
import { withEngine, type Engine } from './engine.ts';
import type { Layout } from './layout.ts';
import type { Files, Ledger, Notifications, Tables } from './ports.ts';

export interface World {
  readonly files: Files;
  readonly tables: Tables;
  readonly ledger: Ledger;
  readonly notifications: Notifications;
  readonly layout: Layout;
  readonly limits: Limits;
  /** A local folder for the engine's files; each use makes its own folder in it and removes it. */
  readonly scratch: string;
  readonly engine: { readonly memoryMb: number; readonly threads: number };
  now(): Date;
  /**
   * The value of a secret that a definition names. It stands in no SQL, log or file.
   * @throws UsageError if there is none.
   */
  secret(name: string): Promise<string>;
}

/** Does work in an engine of its own, within the world's bounds. */
export const inEngine = <T>(world: World, work: (engine: Engine) => Promise<T>): Promise<T> =>
  withEngine({ scratch: world.scratch, ...world.engine, seconds: world.limits.stageSeconds }, work);
