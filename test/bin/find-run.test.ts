/** From the name of a run to what is known of it, where the ledger does not know its content. */

import { describe, expect, test } from 'vitest';
import { findRun } from '../../bin/find-run.ts';
import { layoutOf } from '../../runtime/layout.ts';
import type { Attempt, Ledger } from '../../runtime/ports.ts';
import { memoryFiles } from '../support/memory-files.ts';
import { aRecord } from '../support/records.ts';

const attempt = { pipeline: 'movies', run: 'movies-open' } as Attempt;
const record = aRecord({ run: 'movies-done' });

function find(
  run: string,
  ledger: Partial<Ledger> = {},
  contents: readonly string[] = [],
  files = memoryFiles(),
) {
  const world = {
    files,
    layout: layoutOf('/out'),
    ledger: {
      history: async () => [record],
      async *unsettled() {
        yield attempt;
      },
      ...ledger,
    },
  };
  return findRun({ world: world as never, known: async () => new Map([['movies', contents]]) }, run);
}

describe('a run', () => {
  test('that is in the history', async () => {
    expect(await find('movies-done')).toEqual({ record });
  });

  test('that is not settled', async () => {
    expect(await find('movies-open')).toEqual({ attempt });
  });

  test('that nobody knows, where there are others and where there are none', async () => {
    await expect(find('movies-don')).rejects.toThrow(
      /^There is no run movies-don\. Near are: movies-done\. All: sluice runs$/,
    );
    await expect(find('movies-don', { history: async () => [] })).rejects.toThrow(
      /^There is no run movies-don\.$/,
    );
  });

  test.each(['../people/people-done', String.raw`..\people-done`])(
    'of a name that leads out of the reports: %s',
    async (run) => {
      const files = memoryFiles();
      await files.write(layoutOf('/out').report('movies', run), Buffer.from(JSON.stringify(record)));
      const none = { history: async () => [] };
      await expect(find(run, none, [], files)).rejects.toThrow(/^There is no run /);
    },
  );

  test('that a ledger which cannot be read may know', async () => {
    const history = () => Promise.reject(new Error('no history'));
    await expect(find('movies-don', { history })).rejects.toThrow(
      /^There is no run movies-don\.\nno history$/,
    );
    const attempts = () => Promise.reject(new Error('no attempts'));
    const ofContent = (run: string) => find(run, { attempts }, ['a'.repeat(64)]);
    await expect(ofContent('movies-aaaaaaaa')).rejects.toThrow(/^There is no run .*\nno attempts$/);
    await expect(ofContent('movies-bbbbbbbb')).rejects.toThrow(/^There is no run [^\n]*$/);
  });
});
