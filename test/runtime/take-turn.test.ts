/** Which attempts at a whole table give way to another: those at an older version of the same table, and no others. */

import { expect, test } from 'vitest';
import type { Pipeline } from '../../core/pipeline.ts';
import type { Source } from '../../core/sources/source.ts';
import { registration } from '../support/conformance/ledger.ts';
import { memoryFiles } from '../support/memory-files.ts';
import { takeTurn } from '../../runtime/take-turn.ts';
import type { World } from '../../runtime/world.ts';

const entry = (version: number, table = '/lake/orders'): string =>
  `${table}/_delta_log/${String(version).padStart(20, '0')}.json`;
const sha = (letter: string): string => letter.repeat(64);
const sourceOf = (read: string) =>
  ({ versions: { table: 'orders', read, columns: [] } }) as unknown as Source;

/** The contents whose attempts were to be ended when an execution at `uri` takes its turn, and how that ended. */
async function endedBy(
  uri: string,
  others: readonly [uri: string, sha256: string][],
  source = sourceOf('whole'),
): Promise<string[]> {
  const ended: string[] = [];
  const world = {
    files: memoryFiles({ [entry(0)]: Buffer.from('{}'), [entry(5)]: Buffer.from('{}') }),
    ledger: {
      async *unsettled() {
        for (const [of, sha256] of others) {
          const object = { uri: of, version: 'v1', bytes: 1 };
          yield {
            ...registration('x', { sha256, object }),
            attempt: 1,
            registeredAt: '2026-11-21T10:00:00Z',
          };
        }
      },
      // The first thing that is asked when an attempt is to be ended.
      attempts: async (_pipeline: string, sha256: string) => {
        ended.push(sha256);
        throw new Error('is to be ended');
      },
    },
  } as unknown as World;
  const start = {
    pipeline: 'sales',
    execution: 'e',
    objects: [{ uri }],
    again: false,
    startedAt: '2026-11-21T10:00:00Z',
  };
  const turn = takeTurn(world, { name: 'sales' } as Pipeline, source, { start, sha256: sha('0') });
  const message = await turn.then(
    () => 'nothing is to be ended',
    (error: Error) => error.message,
  );
  return [...ended, message];
}

test.each([
  ['at an older version', entry(4), sha('a'), [sha('a')]],
  ['at the same version', entry(5), sha('b'), []],
  ['at a newer version', entry(6), sha('c'), []],
  ['at an older version of another table', entry(4, '/lake/others'), sha('d'), []],
  ['at a file', '/in/orders.csv', sha('e'), []],
  ['at the same content', entry(4), sha('0'), []],
])('an attempt %s', async (_what, uri, sha256, ended) => {
  const expected = [...ended, ended.length > 0 ? 'is to be ended' : 'nothing is to be ended'];
  expect(await endedBy(entry(5), [[uri, sha256]])).toEqual(expected);
});

test.each([
  ['of which each version is read for what it added', sourceOf('added')],
  ['that is read as files', {} as Source],
])('in a table %s no attempt gives way to another', async (_what, source) => {
  expect(await endedBy(entry(5), [[entry(4), sha('a')]], source)).toEqual(['nothing is to be ended']);
});

test('an object that is no version of a table ends nothing', async () => {
  expect(await endedBy('/in/orders.csv', [[entry(4), sha('a')]])).toEqual(['nothing is to be ended']);
});
