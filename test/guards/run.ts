/**
 * Whether a test fails when a guard is switched off: `npm run guards`, for all of them or, as `npm run guards --
 * core/sql.ts:12 runtime/delta`, for those of some places. Every test runs once to see which guards it meets (`--seen`
 * keeps what was seen before, `--with test/core/sql.test.ts` takes the tests of one file alone); then each guard is off in
 * turn while tests that met it run, the fastest first, until one fails or the next would be longer than `--seconds` in
 * all. Guards whose absence nobody could see are listed with the reason in `without-effect.json`, by their file and text.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Progress, Task, Verdict } from './judge.ts';
import { allGuards, places, type Placed } from './places.ts';
import { seeAll, whatWasSeen, type Meeting } from './tests.ts';
import withoutEffect from './without-effect.json' with { type: 'json' };

const SIDE_BY_SIDE = 2;
/** What a batch of tests may take, in times of what they took with their guard: what hangs without it has failed too. */
const SLOWER = 5;
const START_MS = 20_000;
const FILE_MS = 4000;
/** Tests of a guard are tried in these, as far as there is time for them, one at least: then it counts as not shown. */
const BATCHES = [1, 4, 25, 200, 5000];

const { values: given, positionals: paths } = parseArgs({
  allowPositionals: true,
  options: {
    seen: { type: 'boolean' },
    seconds: { type: 'string', default: '8' },
    with: { type: 'string', multiple: true },
  },
});
const longestTestsMs = Number(given.seconds) * 1000;
const listed: Readonly<Record<string, Readonly<Record<string, string>>>> = withoutEffect;
const guards = allGuards().filter(
  ({ at }) => paths.length === 0 || paths.some((path) => at.startsWith(path)),
);
checkListed();

const isSeen = given.seen === true && given.with === undefined && existsSync(places.seen);
if (!isSeen && !(await seeAll(given.with)))
  throw new Error('The tests do not pass as they are: nothing can be shown with them.');
const seen = whatWasSeen();
rmSync(places.results, { force: true });

const shown: Placed[] = [];
const unmet: Placed[] = [];
const survived: Placed[] = [];
const left: Placed[] = [];
const queue: { guard: Placed; task: Task }[] = [];
for (const guard of guards) {
  const tests = seen.get(`${guard.id} ${guard.off !== true}`) ?? [];
  if (isListed(guard)) left.push(guard);
  else if (tests.length === 0) unmet.push(guard);
  else if (guard.off === undefined) shown.push(guard);
  else queue.push({ guard, task: { id: guard.id, off: guard.off, batches: inBatches(tests) } });
}
const all = queue.length;
await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
report();

/** One process after the other that judges, a new one where a guard that is off made it hang or end. */
async function lane(): Promise<void> {
  let judge: ChildProcess | undefined;
  for (let next = queue.shift(); next; next = queue.shift()) {
    judge ??= spawn(process.execPath, [fileURLToPath(new URL('judge.ts', import.meta.url))], {
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    const verdict = await asked(judge, next.task);
    if (verdict === undefined) {
      end(judge);
      judge = undefined;
    }
    const by = verdict === undefined ? 'it does not end without it' : verdict.by;
    (by === undefined ? survived : shown).push(next.guard);
    const { id, at, kind, text } = next.guard;
    appendFileSync(places.results, `${JSON.stringify({ id, at, kind, text, by: by ?? null })}\n`);
    process.stderr.write(
      `${all - queue.length}/${all} ${at} ${by === undefined ? 'NOT SHOWN' : `shown by ${by}`}\n`,
    );
  }
  if (judge) end(judge);
}

function asked(judge: ChildProcess, task: Task): Promise<Verdict | undefined> {
  const lines = createInterface({ input: judge.stdout! });
  return new Promise((resolve) => {
    const done = (verdict?: Verdict): void => {
      clearTimeout(timer);
      lines.close();
      judge.removeAllListeners('exit');
      resolve(verdict);
    };
    let timer = setTimeout(done, START_MS);
    judge.once('exit', () => done());
    lines.on('line', (line) => {
      if (line.startsWith('{"id":')) done(JSON.parse(line) as Verdict);
      if (!line.startsWith('{"tried":')) return;
      clearTimeout(timer);
      timer = setTimeout(done, longest(task.batches[(JSON.parse(line) as Progress).tried]!));
    });
    judge.stdin!.write(`${JSON.stringify(task)}\n`);
  });
}

function longest(batch: readonly Meeting[]): number {
  const files = new Set(batch.map(({ file }) => file)).size;
  return START_MS + files * FILE_MS + SLOWER * batch.reduce((sum, { ms }) => sum + ms, 0);
}

/** With the workers that it started. */
function end(judge: ChildProcess): void {
  try {
    process.kill(-judge.pid!, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}

function inBatches(tests: readonly Meeting[]): Meeting[][] {
  let ms = 0;
  const tried = tests.filter((test, i) => (ms += test.ms) <= longestTestsMs || i === 0);
  let from = 0;
  return BATCHES.map((size) => tried.slice(from, (from += size))).filter((batch) => batch.length > 0);
}

function isListed({ id, text }: Placed): boolean {
  return listed[id.split('#')[0]!]?.[text] !== undefined;
}

function checkListed(): void {
  const all = allGuards();
  for (const [path, texts] of Object.entries(listed))
    for (const text of Object.keys(texts))
      if (!all.some((guard) => guard.id.startsWith(`${path}#`) && guard.text === text))
        throw new Error(`without-effect.json names a guard that is not there: ${path}: ${text}`);
}

function report(): void {
  const list = (title: string, some: readonly Placed[]): string =>
    some.length === 0
      ? ''
      : `\n${title}\n${some.map(({ at, kind, text }) => `  ${at} (${kind}) ${text}`).join('\n')}\n`;
  process.stdout.write(
    `${guards.length} guards: ${shown.length} shown, ${survived.length} not shown, ${unmet.length} met by no test, ${left.length} without effect.\n` +
      list('No test fails when these are off:', survived) +
      list('No test meets these:', unmet),
  );
  process.exitCode = survived.length + unmet.length === 0 ? 0 : 1;
}
