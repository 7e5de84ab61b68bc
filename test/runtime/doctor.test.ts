/** The doctor, where nothing is broken, where attempts are not settled, and while runs go on. */

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runFolder } from '../../runtime/layout.ts';
import { findLeftovers } from '../../runtime/leftovers.ts';
import { runObject } from '../../runtime/local/run.ts';
import type { LocalWorld } from '../../runtime/local/world.ts';
import { rewrite } from '../support/delta-log.ts';
import { diagnose, environment, places } from '../support/diagnosed.ts';
import { good, header, people } from '../support/people.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { tickingWorld, watchedWorld } from '../support/watched-files.ts';

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
