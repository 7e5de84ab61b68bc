/** The environment that `--out` names, for commands that look at one: it must be there already. */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { localWorld, type LocalWorld } from '../runtime/local/world.ts';

/** @throws UsageError if no run has written there: a mistyped folder would look as if all were well. */
export function openEnvironment(cwd: string, out: string): LocalWorld {
  const root = resolve(cwd, out);
  if (['ledger', 'work'].some((folder) => existsSync(join(root, folder)))) return localWorld({ out: root });
  throw new UsageError(
    `${out} is no environment: no run has written there. Name the folder that \`sluice run\` was given: --out <folder>`,
  );
}
