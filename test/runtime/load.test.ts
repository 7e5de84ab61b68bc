/** What happens when the end of a run is disturbed: the answer to a commit or a settlement is lost, or the process. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { TransientError } from '../../core/errors.ts';
import { definePipeline, format, sink, z, type Pipeline } from '../../core/vocabulary.ts';
import { runObject } from '../../runtime/local/run.ts';
import type { LocalWorld } from '../../runtime/local/world.ts';
import { good, header, people } from '../support/people.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

const content = `${header}${good(1)}x,Bob,1.00,\n${good(3)}`;

/** A world whose ledger does not take the first settlements. */
const forgetful = (times: number, error: Error): LocalWorld => {
  let left = times;
  const { ledger } = box.world;
  return {
    ...box.world,
    ledger: {
      ...ledger,
      settle: (record) => (left-- > 0 ? Promise.reject(error) : ledger.settle(record)),
    },
  };
};

const filesOf = async (uri: string) =>
  (await Array.fromAsync(box.world.files.list(`${uri}/`))).filter((file) => file.uri.endsWith('.parquet'));

test('a load that is tried again after its commit writes no row twice and leaves no file behind', async () => {
  const uri = `${box.folder}/a.csv`;
  await box.world.files.write(uri, Buffer.from(content));
  const world = forgetful(2, new TransientError('the ledger does not answer'));
  const run = await runObject(world, people('csv'), { uri, retryDelays: 0 });
  expect(run).toMatchObject({
    status: 'published-with-rejects',
    records: { read: 3, loaded: 2, quarantined: 1 },
  });
  expect(await box.table('people')).toHaveLength(2);
  expect(await box.quarantine()).toHaveLength(1);
  for (const table of [world.layout.table('people'), world.layout.quarantinedRecords]) {
    expect((await world.tables.snapshot(table))!.version).toBe(0);
    expect(await filesOf(table)).toHaveLength(1);
  }
});

test('an execution that goes on with what a killed one committed loads nothing twice', async () => {
  const uri = `${box.folder}/a.csv`;
  await box.world.files.write(uri, Buffer.from(content));
  // What is left of a process that was killed after its commit: every settlement of it is lost.
  const killed = forgetful(Infinity, new Error('killed'));
  await expect(runObject(killed, people('csv'), { uri, execution: 'one' })).rejects.toThrow('killed');
  expect(await box.table('people')).toHaveLength(2);
  const run = await runObject(box.world, people('csv'), { uri, execution: 'one' });
  expect(run).toMatchObject({ status: 'duplicate' });
  const [, first] = await box.world.ledger.history('people', 2);
  expect(first).toMatchObject({ status: 'published-with-rejects', attempt: 1, records: { loaded: 2 } });
  expect(await box.table('people')).toHaveLength(2);
  expect(await box.quarantine()).toHaveLength(1);
});

test('a failure of ingest after the registration frees the content', async () => {
  const uri = `${box.folder}/a.csv`;
  await box.world.files.write(uri, Buffer.from(content));
  const { files } = box.world;
  const full: LocalWorld = {
    ...box.world,
    files: {
      ...files,
      write: (to, bytes, options) =>
        to.endsWith('manifest.json') ? Promise.reject(new Error('no room')) : files.write(to, bytes, options),
    },
  };
  const failed = await runObject(full, people('csv'), { uri });
  expect(failed).toMatchObject({
    status: 'failed',
    attempt: 1,
    error: { name: 'Error', message: 'no room' },
  });
  const next = await box.run(people('csv'), 'a.csv', content);
  expect(next).toMatchObject({ status: 'published-with-rejects', attempt: 2 });
});

test('a chunk that can be tried again is, although its failure could not even be noted', async () => {
  const uri = `${box.folder}/a.csv`;
  await box.world.files.write(uri, Buffer.from(content));
  const { files } = box.world;
  let failures = 2;
  const flaky: LocalWorld = {
    ...box.world,
    files: {
      ...files,
      upload: (path, to) =>
        failures-- > 0 ? Promise.reject(new TransientError('no answer')) : files.upload(path, to),
      write: (to, bytes, options) =>
        to.endsWith('.error.json') ? Promise.reject(new Error('no room')) : files.write(to, bytes, options),
    },
  };
  const run = await runObject(flaky, people('csv'), { uri, retryDelays: 0 });
  expect(run).toMatchObject({ status: 'published-with-rejects', records: { loaded: 2, quarantined: 1 } });
});

test('the example of a reason is cut for reading, the quarantine keeps the field whole', async () => {
  const long = 'x'.repeat(100_000);
  const run = await box.run(people('csv'), 'a.csv', `${header}${long},Bob,1.00,\n`);
  expect(run.reasons[0]!.example).toEqual({ record: 1, value: 'x'.repeat(200) });
  const [kept] = await box.quarantine();
  expect(kept!.reasons[0]!.value).toBe(long);
  expect(kept!.raw.length).toBe(long.length + 10);
});

test('a row that no partition could keep is rejected, not changed to null', async () => {
  const pipeline = definePipeline({
    name: 'parts',
    owner: 'test',
    description: 'Partitioned by a text.',
    row: z.object({ id: z.int(), part: z.string().nullable() }),
    sources: (source) => [source.files({ prefix: 'x/', format: format.jsonl() })],
    gate: { rejected: { atMost: 1 } },
    sinks: (o) => [sink.lake({ table: 'parts', write: 'append', partitionBy: [o.part] })],
    sla: { latency: '1 hour' },
  }) as unknown as Pipeline;
  const lines = ['a', '', null, 'ü /=%'].map((part, id) => JSON.stringify({ id, part })).join('\n');
  const run = await box.run(pipeline, 'a.jsonl', lines);
  expect(run.records).toMatchObject({ read: 4, loaded: 3, quarantined: 1 });
  expect(run.reasons[0]).toMatchObject({ column: 'part', code: 'check.partition' });
  const { files } = (await box.world.tables.snapshot(box.world.layout.table('parts')))!;
  expect(files.map((file) => file.partitionValues['part']).toSorted()).toEqual(
    ['a', 'ü /=%', null].toSorted(),
  );
});
