/** The doctor, on environments of real runs that are each broken in one way: it finds that, and nothing else. */

import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { examine, type Diagnosis } from '../../runtime/doctor.ts';
import { runFolder } from '../../runtime/layout.ts';
import { findLeftovers } from '../../runtime/leftovers.ts';
import { runObject } from '../../runtime/local/run.ts';
import type { LocalWorld } from '../../runtime/local/world.ts';
import type { RunRecord } from '../../runtime/result.ts';
import { actionsOf, entryPath, rewrite } from '../support/delta-log.ts';
import { makeEnvironment, type Ending, type Environment } from '../support/environment.ts';
import { good, header, people } from '../support/people.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { tickingWorld, watchedWorld } from '../support/watched-files.ts';

let environment: Environment;
beforeAll(async () => {
  environment = await makeEnvironment();
});
afterAll(() => environment.close());

const diagnose = (world: LocalWorld): Promise<Diagnosis> =>
  examine(world, {
    isGone: world.executions.isGone,
    leftovers: () => findLeftovers(world, world.executions.isGone),
    call: (...words) => `sluice ${words.join(' ')}`,
  });

test('what real runs leave agrees, whatever their endings, and wherever the folder was moved', async () => {
  expect(Object.values(environment.runs).map(({ status }) => status)).toEqual([
    'published-with-rejects',
    'duplicate',
    'published-with-rejects',
    'held',
    'rejected',
    'published',
    'failed',
  ]);
  expect(await diagnose(await environment.copy())).toEqual({
    findings: [],
    notes: [],
    runs: 7,
    tables: 1,
    rows: 3,
    leftovers: { count: 0, bytes: 0 },
  });
});

/** The places of a copy. */
function places(world: LocalWorld) {
  const { layout } = world;
  const history = `${layout.ledger}/people/history.jsonl`;
  const run = (ending: Ending): RunRecord => environment.runs[ending];
  const contents = (ending: Ending): string =>
    `${layout.ledger}/people/contents/${run(ending).objects[0]!.sha256}`;
  return {
    lake: layout.table('people'),
    quarantine: layout.quarantinedRecords,
    history,
    contents,
    settled: (ending: Ending) => `${contents(ending)}/${run(ending).attempt}.settled.json`,
    report: (ending: Ending) => layout.report('people', run(ending).run),
    aside: `${layout.quarantinedObjects('people', run('rejected').run)}/it's.csv`,
    async editHistory(edit: (record: RunRecord) => RunRecord | null): Promise<void> {
      const lines = (await readFile(history, 'utf8')).trimEnd().split('\n');
      const edited = lines.map((line) => edit(JSON.parse(line) as RunRecord)).filter((line) => line !== null);
      await writeFile(history, edited.map((line) => `${JSON.stringify(line)}\n`).join(''));
    },
    /** The first data file that a version added. */
    async dataFile(uri: string, version: number): Promise<string> {
      const added = (await actionsOf(uri, version)).find((action) => 'add' in action);
      return join(uri, decodeURIComponent(added!['add'].path as string));
    },
  };
}
type Places = ReturnType<typeof places>;

const isOf =
  (ending: Ending) =>
  ({ run }: { run: string }): boolean =>
    run === environment.runs[ending].run;

/** Each: what is broken, how, what is found (one pattern each for check and what), and what to do. */
const breaks: [string, (at: Places) => Promise<unknown>, RegExp[], RegExp][] = [
  [
    'a data file is missing',
    async (at) => rm(await at.dataFile(at.lake, 2)),
    [/^file The data file people-.*\.parquet is missing; the table cannot be read whole\.$/],
    /load it anew: sluice run people .*d\.csv --again$/,
  ],
  [
    'a data file of the quarantine is cut',
    async (at) => truncate(await at.dataFile(at.quarantine, 2), 100),
    [/^file The data file people-.* has 100 bytes, the log says \d+;/],
    /load it anew: sluice run people .*b\.csv$/,
  ],
  [
    'another writer removed rows',
    async (at) => {
      const { add } = (await actionsOf(at.lake, 2)).find((action) => 'add' in action)! as { add: object };
      await rewrite(at.lake, 3, [{ remove: { ...add, dataChange: true } }]);
    },
    [/^rows Version 3, which is of no run, removed 1 row of run people-.*\.$/],
    /^If that was not meant: sluice run people .*d\.csv --again$/,
  ],
  [
    'a run did not take the place of the one before',
    async (at) =>
      rewrite(
        at.lake,
        1,
        (await actionsOf(at.lake, 1)).filter((action) => !('remove' in action)),
      ),
    [
      /^rows Run people-.* gave way to run people-.*-2; the table still has 2 rows of it\.$/,
      /^rows Run people-.*-2 says it removed 2 rows; its commit has 0\.$/,
    ],
    /--again$|sluice show/,
  ],
  [
    'the table has other rows of a run than its record says',
    async (at) => {
      const lose = (action: Record<string, any>): object =>
        'add' in action ? { add: { ...action['add'], stats: '{"numRecords":0}' } } : action;
      await rewrite(at.lake, 2, (await actionsOf(at.lake, 2)).map(lose));
    },
    [/^rows Run people-.* says it wrote 1 row; its commit has 0\.$/],
    /--again$/,
  ],
  [
    'the rejects of a held run are gone',
    async (at) => rm(entryPath(at.quarantine, 2)),
    [/^rows Run people-.* says it wrote 1 row; its commit has 0\.$/],
    /sluice run people .*b\.csv$/,
  ],
  [
    'the table is gone',
    (at) => rm(at.lake, { recursive: true }),
    [/^table The table is gone, with 3 rows of 2 runs\.$/],
    /load it anew, run by run: sluice run people .*a\.csv --again$/,
  ],
  [
    'a run is settled as failed, and its rows are in the table',
    async (at) => {
      const fail = (record: RunRecord): RunRecord =>
        isOf('other')(record)
          ? { ...record, status: 'failed', tables: [], records: { ...record.records, loaded: 0 } }
          : record;
      await at.editHistory(fail);
      const failed = JSON.stringify(fail(environment.runs.other));
      for (const place of [at.settled('other'), at.report('other')]) await writeFile(place, failed);
    },
    [/^rows The table has 1 row of run people-.*, which is failed in the ledger\.$/],
    /sluice show people-/,
  ],
  [
    'the ledger lost a run altogether',
    async (at) => {
      await at.editHistory((record) => (isOf('other')(record) ? null : record));
      await rm(at.contents('other'), { recursive: true });
      await rm(at.report('other'));
    },
    [/^rows The table has 1 row of run people-.*, which the ledger does not know\.$/],
    /loaded again/,
  ],
  [
    'the ledger lost a content',
    (at) => rm(at.contents('other'), { recursive: true }),
    [/^ledger The history has run people-.*, and its content has no such settled attempt/],
    /Restore that folder/,
  ],
  [
    'a report is missing',
    (at) => rm(at.report('duplicate')),
    [/^report Run people-.* has no report\.$/],
    /^sluice show people-\S+ --json > \S+\.json$/,
  ],
  [
    'a report is cut',
    (at) => truncate(at.report('other'), 10),
    [/^report The report of run people-.* cannot be read:/],
    /^sluice show people-\S+ --json > \S+\.json$/,
  ],
  [
    'a report tells another story',
    (at) => writeFile(at.report('other'), JSON.stringify({ ...environment.runs.other, status: 'held' })),
    [/^report The report of run people-.* and the ledger differ \(held, published\)\.$/],
    /^sluice show/,
  ],
  [
    'a report is of a run that nobody knows',
    async (at) => {
      await at.editHistory((record) => (isOf('duplicate')(record) ? null : record));
    },
    [/^history Run people-.* has a report, and the ledger does not know it/],
    /sluice show people-\S+ --json >> \S+history\.jsonl/,
  ],
  [
    'the history lost a line',
    (at) => at.editHistory((record) => (isOf('held')(record) ? null : record)),
    [/^history Run people-.* is settled and has no line in the history\.$/],
    /^sluice show people-\S+ --json >> \S+history\.jsonl$/,
  ],
  [
    'the history tells another story',
    (at) => at.editHistory((record) => (isOf('other')(record) ? { ...record, status: 'failed' } : record)),
    [/^history The history tells run people-.* otherwise than its attempt \(failed, published\)\.$/],
    /^Remove that line; then sluice show/,
  ],
  [
    'a rejected object is gone',
    (at) => rm(at.aside),
    [/^object The object that run people-.* rejected is not in quarantine\.$/],
    /^Copy it back from where it came from \(.*it's\.csv\), if its SHA-256 is still [0-9a-f]{64}\.$/,
  ],
  [
    'a rejected object is cut, and its reason is of another run',
    async (at) => {
      await truncate(at.aside, 3);
      await writeFile(`${at.aside}.reason.json`, '{"run":"x","code":"c","message":"m"}');
    },
    [/^object .* has 3 bytes in quarantine, and had 17\.$/, /^object .* cannot be read: it is of run x$/],
    /./,
  ],
  [
    'an entry of the ledger is damaged, beside a missing report',
    async (at) => {
      await writeFile(at.settled('other'), '{"run":');
      await rm(at.report('held'));
    },
    [
      /^ledger The contents cannot be read: .*settled\.json is no entry of the ledger/s,
      /^report Run .* has no report/,
    ],
    /./,
  ],
  [
    'the history is damaged, beside a missing report',
    async (at) => {
      await writeFile(at.history, '{"run":"x"}\n');
      await rm(at.report('held'));
    },
    [/^ledger The history cannot be read: .*no record of a run/s, /^report Run .* has no report/],
    /./,
  ],
  [
    'the log of a table is damaged, beside a data file of the quarantine',
    async (at) => {
      await writeFile(entryPath(at.lake, 1), 'x');
      await rm(await at.dataFile(at.quarantine, 2));
    },
    [/^table The table cannot be read: Line 1 of the log entry .* is not JSON/, /^file /],
    /./,
  ],
  [
    'a log has a hole',
    (at) => rm(entryPath(at.lake, 1)),
    [/^table The table cannot be read: The log of .* has version 2 but not version 1/],
    /backup/,
  ],
];

describe('it finds that', () => {
  test.each(breaks)('%s', async (_what, broken, found, next) => {
    const world = await environment.copy();
    await broken(places(world));
    const { findings } = await diagnose(world);
    expect(findings.map(({ check, what }) => `${check} ${what}`)).toEqual(
      found.map((pattern) => expect.stringMatching(pattern)),
    );
    for (const finding of findings) {
      expect(finding.next).toMatch(next);
      expect(finding.where).toContain(world.layout.root);
    }
  });
});

describe('attempts that are not settled', () => {
  /** A run whose process ends before its first change of a file whose name matches. */
  async function killedAt(at: RegExp) {
    const folder = await temporaryFolder();
    const uri = join(folder, 'a.csv');
    await writeFile(uri, `${header}${good(1)}x,no id,,\n`);
    const out = join(folder, 'out');
    const dying = watchedWorld(out, ({ uri: changed, when }) => {
      if (when === 'before' && at.test(changed)) throw new Error('killed');
    });
    await runObject(dying, people('csv'), { uri }).catch(() => undefined);
    return { world: tickingWorld(out), uri };
  }

  test.each([
    [
      'undecided',
      /manifest\.json$/,
      /was left by execution people-\S+, which is gone; nothing was decided\.$/,
    ],
    [
      'decided',
      /lake\/people\/_delta_log/,
      /is decided \(publish\) and not carried out; who was at it is gone\.$/,
    ],
  ])('%s, and its owner is gone: found, and the command that it names ends it', async (_what, at, said) => {
    const { world, uri } = await killedAt(at);
    const { findings, notes } = await diagnose(world);
    expect(findings.map(({ what }) => what)).toEqual([expect.stringMatching(said)]);
    expect(findings[0]!.next).toContain(`sluice run people ${uri} (or any other file of people) ends it`);
    expect(notes).toEqual([]);
    const other = `${uri}.csv`;
    await writeFile(other, header + good(9));
    await runObject(world, people('csv'), { uri: other });
    expect((await diagnose(world)).findings).toEqual([]);
  });

  test('at work: said, and no finding', async () => {
    const { world } = await killedAt(/lake\/people\/_delta_log/);
    const [attempt] = await Array.fromAsync(world.ledger.unsettled('people'));
    await world.executions.begin('people', attempt!.owner);
    const { findings, notes } = await diagnose(world);
    world.executions.end(attempt!.owner);
    expect(findings).toEqual([]);
    expect(notes).toEqual([
      expect.stringMatching(/^Run .* is at work \(attempt 1, .*, decided: publish\)\.$/),
    ]);
  });

  test('decided, and the conclusion is gone: found with what is to be restored', async () => {
    const { world } = await killedAt(/lake\/people\/_delta_log/);
    const [attempt] = await Array.fromAsync(world.ledger.unsettled('people'));
    await rm(attempt!.decision!.conclusion);
    const { findings } = await diagnose(world);
    expect(findings[0]!.next).toContain(`Restore ${attempt!.decision!.conclusion} from a backup`);
  });

  test('a mark that cannot be read is a finding', async () => {
    const { world } = await killedAt(/manifest\.json$/);
    const [attempt] = await Array.fromAsync(world.ledger.unsettled('people'));
    await writeFile(`${world.layout.work('people', attempt!.owner)}/process.json`, 'x');
    expect((await diagnose(world)).findings[0]!.what).toContain('Nobody can tell whether run');
  });
});

describe('while runs go on', () => {
  test('what differs only for a moment is no finding: the second look does not find it', async () => {
    const world = await environment.copy();
    const report = places(world).report('other');
    const text = await readFile(report);
    await rm(report);
    let looks = 0;
    const stat: LocalWorld['files']['stat'] = async (uri) => {
      if (uri === report && looks++ === 1) await writeFile(report, text);
      return world.files.stat(uri);
    };
    expect((await diagnose({ ...world, files: { ...world.files, stat } })).findings).toEqual([]);
    expect(looks).toBe(2);
  });

  test('a run that comes and goes before any step of a look makes no finding, and nothing of it is left over', async () => {
    let steps = 1;
    for (let step = 1; step <= steps; step++) {
      const world = await environment.copy();
      const uri = `${world.layout.root}.csv`;
      await writeFile(uri, `${header}${good(7)}x,no id,,\n`);
      let n = 0;
      const list: LocalWorld['files']['list'] = async function* (prefix) {
        if (++n === step) await runObject(world, people('csv'), { uri });
        yield* world.files.list(prefix);
      };
      const looking = { ...world, files: { ...world.files, list } };
      const { isGone } = world.executions;
      const left = await findLeftovers(looking, isGone);
      const inLeftovers = n;
      const { findings } = await diagnose(looking);
      await rm(uri);
      expect({ step, left, findings }).toEqual({ step, left: [], findings: [] });
      steps = Math.max(steps, n);
      expect(inLeftovers).toBeGreaterThan(5);
    }
    expect(steps).toBeGreaterThan(15);
  });
});

test('files of other writers are theirs; what is left over is told, and is no finding', async () => {
  const world = await environment.copy();
  const { lake } = places(world);
  await writeFile(join(lake, 'theirs.parquet'), '12345');
  const stats = '{"numRecords":7}';
  const add = {
    path: 'theirs.parquet',
    partitionValues: {},
    size: 5,
    modificationTime: 0,
    dataChange: true,
    stats,
  };
  await rewrite(lake, 3, [{ add }]);
  const folder = runFolder(lake, environment.runs.other.run);
  await mkdir(folder, { recursive: true });
  await writeFile(`${folder}aaaaaa-0.parquet`, '1234');
  expect(await diagnose(world)).toMatchObject({ findings: [], rows: 10, leftovers: { count: 1, bytes: 4 } });
});
