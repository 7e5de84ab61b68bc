/** The doctor, on environments of real runs that are each broken in one way: it finds that, and nothing else. */

import { rm, truncate, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { RunRecord } from '../../runtime/result.ts';
import { actionsOf, entryPath, rewrite } from '../support/delta-log.ts';
import { diagnose, environment, places, type Places } from '../support/diagnosed.ts';
import type { Ending } from '../support/environment.ts';

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
