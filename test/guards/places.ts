/** Which code is guarded, and where what is learned about it is kept. */

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guardsIn, type Guard } from './guards-in.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const out = join(root, 'out', 'guards');
export const places = Object.freeze({
  out,
  /** What each test met, a file for each process. */
  seen: join(out, 'seen'),
  results: join(out, 'results.jsonl'),
});

/** The code whose guards are asked for. */
export const GUARDED = /^(core|runtime|lambdas|lib|bin|statemachines)\/.*\.ts$/;

export interface Placed extends Guard {
  /** `core/sql.ts#3`, as its switch knows it. */
  readonly id: string;
}

export function allGuards(): Placed[] {
  return globSync('{core,runtime,lambdas,lib,bin,statemachines}/**/*.ts', { cwd: root })
    .filter((path) => GUARDED.test(path))
    .toSorted()
    .flatMap((path) =>
      guardsIn(path, readFileSync(join(root, path), 'utf8')).guards.map((guard, i) => ({
        ...guard,
        id: `${path}#${i}`,
      })),
    );
}
