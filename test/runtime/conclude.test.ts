/** The end of a run: where others change its table all the time, where others end it, where it has ended before. */

import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CommitConflictError, StaleAttemptError, TransientError } from '../../core/errors.ts';
import { ended, mustBe } from '../../runtime/conclude.ts';
import { ingest } from '../../runtime/ingest.ts';
import { load } from '../../runtime/load.ts';
import { validate } from '../../runtime/validate.ts';
import type { Ledger } from '../../runtime/ports.ts';
import type { World } from '../../runtime/world.ts';
import { orders } from '../support/orders.ts';
import { good, header, people } from '../support/people.ts';
import { aRecord } from '../support/records.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

test('that loses every race is left to a later try, which goes on with what is decided', async () => {
  let commits = 0;
  const { tables } = box.world;
  const world: World = {
    ...box.world,
    tables: {
      ...tables,
      commit: (uri, change) =>
        ++commits <= 60 ? Promise.reject(new CommitConflictError('Again.')) : tables.commit(uri, change),
    },
  };
  const uri = join(box.folder, 'a.jsonl');
  // No rows: they would be met fifty times in vain.
  await world.files.write(uri, Buffer.from(''));
  const pipeline = orders();
  const start = { pipeline: 'orders', execution: 'e', objects: [{ uri }], startedAt: '2026-01-01T00:00:00Z' };
  const { manifest, attempt } = await ingest(world, pipeline, start);
  await validate(world, pipeline, { manifest, attempt });

  await expect(load(world, pipeline, { manifest, attempt })).rejects.toMatchObject({
    name: 'TransientError',
    message: expect.stringMatching(
      /^Attempt 1 at content \w{8} of orders is decided \(publish\) and could not be carried out yet\. .*CommitConflictError: Again\.$/,
    ),
  });
  expect(commits).toBe(50);
  expect(await box.table('orders')).toBeNull();
  await load(world, pipeline, { manifest, attempt });
  expect(commits).toBe(61);
  expect(await box.table('orders')).toEqual([]);
  expect(await box.world.ledger.history('orders', 5)).toMatchObject([{ status: 'published' }]);
});

test.each([
  ['of a merge that is no lost race', orders(), '', new TransientError('Down.')],
  [
    'of an append: it would come to the same again',
    people('csv'),
    header,
    new CommitConflictError('Changed.'),
  ],
])('a failure %s, ends the try at once', async (_what, pipeline, content, failure) => {
  let commits = 0;
  const commit = () => (commits++, Promise.reject(failure));
  const world: World = { ...box.world, tables: { ...box.world.tables, commit } };
  const uri = join(box.folder, 'a');
  await world.files.write(uri, Buffer.from(content));
  const objects = [{ uri }];
  const start = { pipeline: pipeline.name, execution: 'e', objects, startedAt: '2026-01-01T00:00:00Z' };
  const { manifest, attempt } = await ingest(world, pipeline, start);
  await validate(world, pipeline, { manifest, attempt });
  await expect(load(world, pipeline, { manifest, attempt })).rejects.toMatchObject({
    name: 'TransientError',
    message: expect.stringContaining(`${failure.name}: ${failure.message}`),
  });
  expect(commits).toBe(1);
});

describe('a run that was published', () => {
  async function published() {
    const record = await box.run(people('csv'), 'a.csv', header + good(1));
    const key = { pipeline: 'people', sha256: record.objects[0]!.sha256!, attempt: 1 };
    const read: string[] = [];
    const { files } = box.world;
    const world = (ledger: Partial<Ledger> = {}): World => ({
      ...box.world,
      files: { ...files, read: (uri, options) => (read.push(uri), files.read(uri, options)) },
      ledger: { ...box.world.ledger, ...ledger },
    });
    return { record, key, read, world };
  }

  test('has ended so, and what was decided is not asked for', async () => {
    const { record, key, read, world } = await published();
    expect(await ended(world(), key)).toEqual(record);
    expect(read).toEqual([]);
  });

  test('by another, while this one was at it: the conclusion is gone, and that is no failure', async () => {
    const { record, key, read, world } = await published();
    const [attempt] = await box.world.ledger.attempts('people', key.sha256);
    const { record: _, ...before } = attempt!;
    let looks = 0;
    const attempts: Ledger['attempts'] = async () => [++looks === 1 ? before : attempt!];
    expect(await ended(world({ attempts }), key)).toEqual(record);
    expect(read).toEqual([before.decision!.conclusion]);
  });
});

test('an attempt that another ended in its own way says which, and why', () => {
  const published = aRecord({ run: 'r', owner: 'e', status: 'published' });
  expect(mustBe(published, 'held', 'published')).toBe(published);
  expect(() => mustBe(published, 'held')).toThrow(
    new StaleAttemptError('Run r was settled as published by another; execution e may end it no more.'),
  );
  const failed = aRecord({
    run: 'r',
    owner: 'e',
    status: 'failed',
    error: { name: 'Killed', message: 'It is gone.' },
  });
  expect(() => mustBe(failed, 'published')).toThrow(/ by another \(It is gone\.\); /);
});
