/** The tests of the project over code with switches, and which guards each of them meets. */

import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createVitest, type Vitest } from 'vitest/node';
import { guardsIn } from './guards-in.ts';
import { GUARDED, places, root } from './places.ts';

/** A vitest whose code has its switches in. */
export function switchedVitest(reporters: string[]): Promise<Vitest> {
  return createVitest(
    'test',
    {
      root,
      watch: false,
      reporters,
      typecheck: { enabled: false },
      setupFiles: [fileURLToPath(new URL('vitest-setup.ts', import.meta.url))],
    },
    {
      plugins: [
        {
          name: 'switches',
          enforce: 'pre',
          transform(source, id) {
            const path = relative(root, id.split('?')[0]!);
            return GUARDED.test(path) ? guardsIn(path, source).switched : undefined;
          },
        },
      ],
    },
  );
}

/** A test that met a guard, or a whole file where its test has no name. */
export interface Meeting {
  readonly file: string;
  readonly test: string;
  readonly ms: number;
}

/** Runs every test once, or those of some files, and writes down which guards each meets. @returns whether all pass. */
export async function seeAll(files: readonly string[] | undefined): Promise<boolean> {
  rmSync(places.seen, { recursive: true, force: true });
  mkdirSync(places.seen, { recursive: true });
  process.env['GUARDS_SEEN'] = places.seen;
  const vitest = await switchedVitest(['default']);
  await vitest.start(files && [...files]);
  const failed = vitest.state.getCountOfFailedTests();
  await vitest.close();
  delete process.env['GUARDS_SEEN'];
  return failed === 0;
}

/**
 * By guard and the value that its condition had (`core/sql.ts#3 true`): the tests that met it, those of its own file first
 * (`test/core/sql.test.ts`), the fastest before the others.
 */
export function whatWasSeen(): Map<string, Meeting[]> {
  const times = new Map<string, number>();
  const by = new Map<string, Set<string>>();
  for (const name of readdirSync(places.seen))
    for (const line of readFileSync(join(places.seen, name), 'utf8').split('\n')) {
      if (line === '') continue;
      const { test, ms, guards } = JSON.parse(line) as Seen;
      if (ms > 0) times.set(test, ms);
      for (const [path, marks] of Object.entries(guards))
        for (const [i, mark] of [...marks].entries())
          for (const value of [true, false])
            if (Number(mark) & (value ? 1 : 2)) {
              const key = `${path}#${i} ${value}`;
              by.set(key, (by.get(key) ?? new Set()).add(test));
            }
    }
  const ofFile = new Map<string, number>();
  for (const [key, ms] of times) {
    const [file = ''] = key.split('\n');
    ofFile.set(file, (ofFile.get(file) ?? 0) + ms);
  }
  const meeting = (key: string): Meeting => {
    const [file = '', test = ''] = key.split('\n');
    return { file, test, ms: times.get(key) ?? ofFile.get(file) ?? 0 };
  };
  return new Map(
    [...by].map(([key, tests]) => {
      const own = join(root, 'test', key.replace(/\.ts#.*$/, '.test.ts'));
      const isOther = ({ file }: Meeting): number => (file === own ? 0 : 1);
      return [key, [...tests].map(meeting).toSorted((a, b) => isOther(a) - isOther(b) || a.ms - b.ms)];
    }),
  );
}

interface Seen {
  readonly test: string;
  readonly ms: number;
  readonly guards: Readonly<Record<string, string>>;
}
