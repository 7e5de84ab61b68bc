/** What is left over is removed, and nothing else: after a process ended anywhere, and while another is at work. */

import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examine } from '../../runtime/doctor.ts';
import { findLeftovers, removeLeftovers, type IsGone } from '../../runtime/leftovers.ts';
import { viewLedger } from '../../runtime/ledger-view.ts';
import { runObject } from '../../runtime/local/run.ts';
import type { LocalWorld } from '../../runtime/local/world.ts';
import { registration } from '../support/conformance/ledger.ts';
import { entryPath } from '../support/delta-log.ts';
import { makeEnvironment, type Ending, type Environment } from '../support/environment.ts';
import { good, header, people } from '../support/people.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { tickingWorld, watchedWorld } from '../support/watched-files.ts';

let environment: Environment;
beforeAll(async () => {
  environment = await makeEnvironment();
});
afterAll(() => environment.close());

/** Every file of an environment, but for the folders of engines. */
async function filesOf(world: LocalWorld): Promise<string[]> {
  const { root } = world.layout;
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !path.startsWith('work/.scratch'))
    .sort();
}

async function clean(world: LocalWorld, isGone: IsGone = world.executions.isGone): Promise<string[]> {
  const removed: string[] = [];
  for await (const { uri } of removeLeftovers(() => findLeftovers(world, isGone))) removed.push(uri);
  return removed.map((uri) => uri.slice(world.layout.root.length + 1));
}

/** What is visible, in every version. */
const visibleIn = async (world: LocalWorld) =>
  Promise.all(
    [world.layout.table('people'), world.layout.quarantinedRecords].map((uri) => world.tables.snapshot(uri)),
  );

async function put(path: string, content = '1234'): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
}

/** The doctor's findings, without hints. */
async function findings(world: LocalWorld): Promise<string[]> {
  const { isGone } = world.executions;
  const diagnosis = await examine(world, {
    isGone,
    leftovers: async () => [],
    call: (...words) => words.join(' '),
  });
  return diagnosis.findings.map(({ what }) => what);
}

describe('of what real runs left', () => {
  test('nothing is left over: not the history of the table, not what a held run staged', async () => {
    const world = await environment.copy();
    const before = await filesOf(world);
    expect(before.filter((path) => path.startsWith('work/people/')).length).toBeGreaterThan(3);
    expect(await clean(world)).toEqual([]);
    expect(await filesOf(world)).toEqual(before);
  });

  const data = (run: string): string => `lake/people/${run}/abcdef-0.parquet`;
  const of = (ending: Ending): string => environment.runs[ending].run;
  const unknown = 'people-20250101T000000Z-12345678';

  test.each<[string, () => string, (world: LocalWorld) => unknown]>([
    ['a data file that no version names, of a settled run', () => data(of('other')), () => undefined],
    ['the same of a run whose object was rejected', () => data(of('rejected')), () => undefined],
    [
      'the same in a table that never got a version',
      () => `lake/new/${of('other')}/x.parquet`,
      () => undefined,
    ],
    ['the same of a run that nobody knows', () => data(unknown), () => undefined],
    ['rejects that no version names', () => `quarantine/records/${of('held')}/x.parquet`, () => undefined],
    [
      'an object put aside by a run that was published',
      () => `quarantine/objects/people/${of('other')}/d.csv`,
      () => undefined,
    ],
    ['work of an execution that never registered', () => 'work/people/e-1/', () => undefined],
    [
      'work of an execution whose run is settled',
      () => `work/people/${environment.runs.other.owner}/`,
      () => undefined,
    ],
    [
      'what a held run staged, once its content was worked on again',
      () => `work/people/${environment.runs.held.owner}/`,
      async (world) => {
        const file = environment.runs.held.objects[0]!.uri;
        await runObject({ ...world, executions: { ...world.executions } }, people('csv'), { uri: file });
        // The run removed it itself; a process that is killed there leaves it.
        await cp(join(environment.out, 'work'), join(world.layout.root, 'work'), { recursive: true });
      },
    ],
  ])('%s is removed', async (_what, at, prepare) => {
    const world = await environment.copy();
    await prepare(world);
    const before = await filesOf(world);
    const path = at();
    const isFolder = path.endsWith('/');
    if (!before.some((one) => one.startsWith(path))) {
      await put(join(world.layout.root, path, isFolder ? 'decoded' : ''));
    }
    const visible = await visibleIn(world);
    const [leftover] = await findLeftovers(world, world.executions.isGone);
    expect(leftover!.bytes).toBeGreaterThan(0);
    expect(await clean(world)).toEqual([path]);
    expect(await filesOf(world)).toEqual(before.filter((one) => !isFolder || !one.startsWith(path)));
    expect(await visibleIn(world)).toEqual(visible);
    expect(await findings(world)).toEqual([]);
  });

  test('what a run left is told by the runs of its pipeline alone', async () => {
    const world = await environment.copy();
    const { held, other } = environment.runs;
    const sha256 = held.objects[0]!.sha256!;
    const object = { uri: held.objects[0]!.uri, version: '1', bytes: 1 };
    const others = { pipeline: 'others', sha256, owner: other.owner };
    await world.ledger.register(registration('x', { ...others, object }));
    await world.ledger.settle({ ...held, ...others, status: 'published', run: 'run-of-x' });
    await world.ledger.register(registration('x', { ...others, object, again: true }));
    await put(join(world.layout.root, 'work', 'people', other.owner, 'decoded'));
    // The content is worked on again, and that owner's run is open: by the other pipeline.
    expect(await clean(world)).toEqual([`work/people/${other.owner}/`]);
  });

  test.each<[string, () => string, (world: LocalWorld) => unknown]>([
    ['a file of a user in a table', () => 'lake/people/mine/0.parquet', () => undefined],
    ['a file of a user among the work of a pipeline', () => 'work/people/notes.txt', () => undefined],
    [
      'what an execution decided about an attempt of another, which is not carried out yet',
      () => 'work/people/e-2/conclusion.json',
      async ({ ledger, layout }) => {
        const object = { uri: '/in/e.csv', version: '1', bytes: 1 };
        const sha256 = 'e'.repeat(64);
        const run = 'people-20260101T000000Z-eeeeeeee';
        const at = new Date('2026-01-01T00:00:00Z');
        const registered = {
          pipeline: 'people',
          sha256,
          run,
          owner: 'e-1',
          definition: 'd',
          at,
          again: false,
        };
        await ledger.register({ ...registered, object });
        const conclusion = `${layout.work('people', 'e-2')}/conclusion.json`;
        const attempt = { pipeline: 'people', sha256, attempt: 1 };
        await ledger.decide(attempt, { outcome: 'fail', by: 'e-2', conclusion });
      },
    ],
    [
      'a folder of a user that looks almost like a run',
      () => `lake/mine/${unknown}/mine.parquet`,
      () => undefined,
    ],
    [
      'an object of a rejected run',
      () => `quarantine/objects/people/${of('rejected')}/more`,
      () => undefined,
    ],
    ['an object of a run that nobody knows', () => `quarantine/objects/people/${unknown}/x`, () => undefined],
    [
      'a file in a table whose log cannot be read',
      () => data(of('other')),
      (world) => writeFile(entryPath(world.layout.table('people'), 1), 'x'),
    ],
    [
      'a file of a run that nobody knows, where the ledger cannot be read',
      () => data(unknown),
      (world) => put(`${world.layout.ledger}/people/contents/${'0'.repeat(64)}/1.json`, '{'),
    ],
    [
      'a file of a run that nobody knows, while an execution is alive',
      () => data(unknown),
      (world) => put(`${world.layout.work('people', 'e-2')}/process.json`, '{"host":"another","pid":1}'),
    ],
    [
      'work of an execution of another machine',
      () => 'work/people/e-2/decoded',
      (world) => put(`${world.layout.work('people', 'e-2')}/process.json`, '{"host":"another","pid":1}'),
    ],
    [
      'work of an execution whose run is not settled to the end: its report is missing',
      () => `work/people/${environment.runs.other.owner}/decoded`,
      (world) => rm(world.layout.report('people', of('other'))),
    ],
    [
      'work of an execution that may have a report and no line in the history',
      () => 'work/people/e-1/decoded',
      (world) => put(world.layout.report('people', `${of('other')}-duplicate`), '{}'),
    ],
    [
      'work of an execution whose run is not settled to the end: its line is missing in the history',
      () => `work/people/${environment.runs.other.owner}/decoded`,
      (world) => writeFile(`${world.layout.ledger}/people/history.jsonl`, ''),
    ],
    [
      'work of an execution that may have registered: its ledger cannot be read',
      () => 'work/people/e-1/decoded',
      (world) => put(`${world.layout.ledger}/people/contents/${'0'.repeat(64)}/1.json`, '{'),
    ],
  ])('%s stays', async (_what, at, prepare) => {
    const world = await environment.copy();
    await put(join(world.layout.root, at()));
    await prepare(world);
    const before = await filesOf(world);
    expect(await clean(world)).toEqual([]);
    expect(await filesOf(world)).toEqual(before);
  });

  test('work of an execution that begins again right before it would be removed is not', async () => {
    const world = await environment.copy();
    await put(join(world.layout.root, 'work/people/e-1/decoded'));
    const before = await filesOf(world);
    let asked = 0;
    // Each look asks once for each folder, and the removal once more.
    const isGone: IsGone = async (_pipeline, execution) => execution !== 'e-1' || ++asked < 3;
    expect(await clean(world, isGone)).toEqual([]);
    expect([asked, await filesOf(world)]).toEqual([3, before]);
  });

  test('what one look finds and the next does not is not removed', async () => {
    const world = await environment.copy();
    await put(join(world.layout.root, data(of('other'))));
    let looks = 0;
    const find = async () => (++looks === 1 ? findLeftovers(world, world.executions.isGone) : []);
    expect(await Array.fromAsync(removeLeftovers(find))).toEqual([]);
    expect(looks).toBe(2);
  });
});

async function anObject(): Promise<{ out: string; uri: string }> {
  const folder = await temporaryFolder();
  const uri = join(folder, 'a.csv');
  await writeFile(uri, `${header}${good(1)}x,no id,,\n${good(2)}`);
  return { out: join(folder, 'out'), uri };
}

describe('a process that ends after any change', { timeout: 300_000 }, () => {
  test.each([
    ['of the first run of a content', false],
    ['of a duplicate', true],
  ])(
    '%s: clean changes nothing that is visible, and the next run leaves all in agreement',
    async (_what, isSecond) => {
      let all = 1;
      for (let n = 1; n <= all + 1; n++) {
        const { out, uri } = await anObject();
        if (isSecond) await runObject(tickingWorld(out), people('csv'), { uri });
        const dying = watchedWorld(out, (change) => {
          all = Math.max(all, change.n);
          if (change.n === n && change.when === 'after') throw new Error('killed');
        });
        await runObject(dying, people('csv'), { uri, execution: 'killed' }).catch(() => undefined);
        // A process that has ended does nothing any more; this one has not.
        dying.executions.end('killed');
        const world = tickingWorld(out);
        const before = await visibleIn(world);
        await clean(world);
        const after = await visibleIn(world);
        const { attempts, history } = await viewLedger(world);
        const toDo = attempts.some(({ run, record }) => !record || !history.some((one) => one.run === run));
        const said = await findings(world);
        const ended = await runObject(world, people('csv'), { uri });
        await clean(world);
        const visible = await visibleIn(world);
        expect({
          at: `killed after change ${n} of ${all}`,
          before,
          // Of a duplicate only its report may tell that something is to do.
          isFoundIfThere: isSecond ? !toDo || said.length > 0 : toDo === said.length > 0,
          isPublished: ['published-with-rejects', 'duplicate'].includes(ended.status),
          rows: visible.map((table) => table?.files.reduce((sum, file) => sum + file.records, 0)),
          findings: await findings(world),
          left: await clean(world),
          work: (await filesOf(world)).filter((path) => path.startsWith('work/')),
        }).toEqual({
          at: `killed after change ${n} of ${all}`,
          before: after,
          isFoundIfThere: true,
          isPublished: true,
          rows: [2, 1],
          findings: [],
          left: [],
          work: [],
        });
        await rm(dirname(out), { recursive: true });
      }
      expect(all).toBeGreaterThan(4);
    },
  );
});

describe('while a run is at work', () => {
  test('clean removes nothing of it, before any of its changes', async () => {
    const { out, uri } = await anObject();
    const removed: string[] = [];
    const world: LocalWorld = watchedWorld(out, async ({ when }) => {
      if (when === 'before') removed.push(...(await clean(tickingWorld(out))));
    });
    expect((await runObject(world, people('csv'), { uri })).status).toBe('published-with-rejects');
    expect(removed).toEqual([]);
    expect(await findings(tickingWorld(out))).toEqual([]);
  });

  test.each([
    ['placed its rows', /lake\/people\/people-.*\.parquet$/],
    ['placed its rejects', /records\/people-.*\.parquet$/],
    ['published', /lake\/people\/_delta_log/],
  ])(
    'a look in any step of which a run that has %s goes on to its end finds nothing of it',
    async (_what, at) => {
      let steps = 1;
      for (let step = 1; step <= steps; step++) {
        const { out, uri } = await anObject();
        const isThere = Promise.withResolvers<void>();
        const goOn = Promise.withResolvers<void>();
        const world = watchedWorld(out, async (change) => {
          if (change.when === 'before' || !at.test(change.uri)) return;
          isThere.resolve();
          await goOn.promise;
        });
        const ended = runObject(world, people('csv'), { uri });
        await isThere.promise;
        const { files, ...rest } = tickingWorld(out);
        let n = 0;
        const list: typeof files.list = async function* (prefix) {
          if (++n === step) {
            goOn.resolve();
            await ended;
          }
          yield* files.list(prefix);
        };
        const left = await findLeftovers({ ...rest, files: { ...files, list } }, world.executions.isGone);
        expect({ step, left }).toEqual({ step, left: [] });
        steps = Math.max(steps, n);
        goOn.resolve();
        expect((await ended).status).toBe('published-with-rejects');
        await rm(dirname(out), { recursive: true });
      }
      expect(steps).toBeGreaterThan(5);
    },
  );

  test('told that nobody is alive it would take away what the run works on', async () => {
    const { out, uri } = await anObject();
    const removed: string[] = [];
    const world: LocalWorld = watchedWorld(out, async ({ when }) => {
      if (when === 'before') removed.push(...(await clean(tickingWorld(out), async () => true)));
    });
    await runObject(world, people('csv'), { uri, retryDelays: 0 }).catch(() => undefined);
    expect(removed.length).toBeGreaterThan(0);
  });
});
