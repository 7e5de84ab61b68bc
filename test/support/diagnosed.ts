/** What the doctor finds in a copy of an environment of real runs, and where its parts stand. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { examine, type Diagnosis } from '../../runtime/doctor.ts';
import { findLeftovers } from '../../runtime/leftovers.ts';
import type { LocalWorld } from '../../runtime/local/world.ts';
import type { RunRecord } from '../../runtime/result.ts';
import { actionsOf } from './delta-log.ts';
import { makeEnvironment, type Ending, type Environment } from './environment.ts';

/** Real runs of every ending, made once for the tests of a file, which break copies of it. */
export let environment: Environment;
beforeAll(async () => {
  environment = await makeEnvironment();
});
afterAll(() => environment.close());

export const diagnose = (world: LocalWorld): Promise<Diagnosis> =>
  examine(world, {
    isGone: world.executions.isGone,
    leftovers: () => findLeftovers(world, world.executions.isGone),
    call: (...words) => `sluice ${words.join(' ')}`,
  });

/** The places of a copy. */
export function places(world: LocalWorld) {
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
export type Places = ReturnType<typeof places>;
