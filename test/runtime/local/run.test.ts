/** Runs that fail or are cut off at any point: nothing half visible, nothing twice, nothing blocked. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { TransientError, UsageError } from '../../../core/errors.ts';
import { literal } from '../../../core/sql.ts';
import { deltaTables } from '../../../runtime/delta/tables.ts';
import { localExecutions } from '../../../runtime/local/executions.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import { localLedger } from '../../../runtime/local/ledger.ts';
import { runObject } from '../../../runtime/local/run.ts';
import { localWorld, type LocalWorld } from '../../../runtime/local/world.ts';
import type { Files } from '../../../runtime/ports.ts';
import { liveFiles } from '../../../scripts/live-files.ts';
import { dyingAt } from '../../support/dying-files.ts';
import { good, header, people } from '../../support/people.ts';

let folder: string;
let uri: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-run-'));
  uri = join(folder, 'people.csv');
  writeFileSync(uri, `${header}${good(1)}x,no id,,\n${good(2)}`);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A world on the folder whose files are given. */
function worldWith(out: string, files: Files = localFiles()): LocalWorld {
  const world = localWorld({ out, threads: 1, memoryMb: 512 });
  const executions = localExecutions(files, world.layout);
  const ledger = localLedger(files, world.layout.ledger, { isGone: executions.isGone });
  return { ...world, files, tables: deltaTables(files), ledger, executions };
}

async function idsIn(table: string, column: string): Promise<unknown[]> {
  const { files } = liveFiles(table);
  if (files.length === 0) return [];
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const paths = files.map(literal).join(', ');
  const reader = await connection.runAndReadAll(
    `SELECT ${column}::INT AS id FROM read_parquet([${paths}]) ORDER BY 1`,
  );
  connection.closeSync();
  instance.closeSync();
  return reader.getRowObjectsJS().map((row) => row['id']);
}

describe('a process that dies at any change it makes', () => {
  test(
    'leaves all or nothing visible, and the next run ends with everything once',
    { timeout: 300_000 },
    async () => {
      const whole = dyingAt(-1, 'before');
      await runObject(worldWith(join(folder, 'whole'), whole.files), people('csv'), { uri });
      const all = whole.changes();
      expect(all).toBeGreaterThan(10);
      for (let n = 1; n <= all; n++) {
        for (const when of ['before', 'after'] as const) {
          const at = `killed ${when} change ${n} of ${all}`;
          const out = join(folder, `${when}-${n}`);
          const table = join(out, 'lake', 'people');
          await runObject(worldWith(out, dyingAt(n, when).files), people('csv'), { uri }).catch(
            () => undefined,
          );
          const seen = await idsIn(table, 'id');
          const again = await runObject(worldWith(out), people('csv'), { uri });
          const third = await runObject(worldWith(out), people('csv'), { uri });
          expect({
            at,
            allOrNothing: ['[]', '[1,2]'].includes(JSON.stringify(seen)),
            published: ['published-with-rejects', 'duplicate'].includes(again.status),
            rows: await idsIn(table, 'id'),
            rejects: await idsIn(join(out, 'quarantine', 'records'), 'record'),
            third: third.status,
          }).toEqual({
            at,
            allOrNothing: true,
            published: true,
            rows: [1, 2],
            rejects: [2],
            third: 'duplicate',
          });
          rmSync(out, { recursive: true });
        }
      }
    },
  );
});

describe('a run that fails', () => {
  test('after its commit is not settled as failed: the next run would load it twice', async () => {
    const world = worldWith(join(folder, 'out'));
    const ledger = { ...world.ledger, settle: () => Promise.reject(new Error('the disk is full')) };
    const failing = runObject({ ...world, ledger }, people('csv'), { uri });
    await expect(failing).rejects.toThrow(TransientError);
    await expect(failing).rejects.toThrow('the disk is full');
    // The next run carries out what was decided, and finds the content published.
    expect((await runObject(world, people('csv'), { uri })).status).toBe('duplicate');
    expect(await idsIn(join(folder, 'out', 'lake', 'people'), 'id')).toEqual([1, 2]);
    const [, carriedOut] = await world.ledger.history('people', 9);
    expect(carriedOut).toMatchObject({ status: 'published-with-rejects', records: { loaded: 2 } });
  });

  test('is settled with the name and the words of its error, and can be run again', async () => {
    const world = worldWith(join(folder, 'out'));
    const tables = {
      ...world.tables,
      check: () => Promise.reject(Object.assign(new Error('no more room'), { name: 'EngineError' })),
    };
    const failed = await runObject({ ...world, tables }, people('csv'), { uri });
    expect(failed).toMatchObject({
      status: 'failed',
      error: { name: 'EngineError', message: 'no more room' },
      records: { read: 3, loaded: 0, quarantined: 0 },
    });
    expect((await runObject(world, people('csv'), { uri })).status).toBe('published-with-rejects');
  });

  test('by something that passes is tried four times', async () => {
    const world = worldWith(join(folder, 'out'));
    let tries = 0;
    const tables = {
      ...world.tables,
      check: () => {
        tries++;
        return Promise.reject(new TransientError('slow down'));
      },
    };
    const failed = await runObject({ ...world, tables }, people('csv'), { uri, retryDelays: 0 });
    expect(failed).toMatchObject({ status: 'failed', error: { name: 'TransientError' } });
    expect(tries).toBe(4);
  });

  test('because of the call is no run: nothing is settled', async () => {
    const world = worldWith(join(folder, 'out'));
    const movies = { ...people('csv'), sources: [{ ...people('csv').sources[0]!, match: '*.json' }] };
    await expect(runObject(world, movies, { uri })).rejects.toThrow(UsageError);
    expect(await world.ledger.history('people', 10)).toEqual([]);
  });
});

test('the name of an execution is readable, and never the same twice', async () => {
  const world = { ...worldWith(join(folder, 'out')), now: () => new Date('2026-01-02T03:04:05.678Z') };
  const names = new Set<string>();
  for (const n of [1, 2, 3]) {
    writeFileSync(uri, header + good(n));
    names.add((await runObject(world, people('csv'), { uri })).owner);
  }
  expect(names.size).toBe(3);
  for (const name of names) expect(name).toMatch(/^people-20260102T030405Z-[0-9a-f]{6}$/);
});
