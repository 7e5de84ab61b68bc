/** The start of a run that cannot go on: what is said, and that nothing is put aside for it. */

import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EngineError, TransientError } from '../../core/errors.ts';
import { ingest } from '../../runtime/ingest.ts';
import type { World } from '../../runtime/world.ts';
import { transform } from '../../runtime/transform.ts';
import { good, header, people } from '../support/people.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

const { bound } = vi.hoisted(() => ({ bound: { fails: undefined as Error | undefined } }));
vi.mock(import('../../runtime/binding.ts'), async (original) => {
  const { bindSource, ...real } = await original();
  return {
    ...real,
    bindSource: (...given) => {
      if (bound.fails) throw bound.fails;
      return bindSource(...given);
    },
  };
});

let box: Sandbox;
beforeEach(async () => {
  bound.fails = undefined;
  box = await openSandbox();
});
afterEach(() => box.close());

const pipeline = people('csv');
async function begin(world: World) {
  const uri = join(box.folder, 'a.csv');
  await world.files.write(uri, Buffer.from(`${header}${good(1)}`));
  const startedAt = '2026-01-01T00:00:00Z';
  return ingest(world, pipeline, { pipeline: 'people', execution: 'e', objects: [{ uri }], startedAt });
}

test('a content that others leave again and again is left to a later try', async () => {
  const { owner, objects } = await box.run(pipeline, 'a.csv', `${header}${good(1)}`);
  const [attempt] = await box.world.ledger.attempts('people', objects[0]!.sha256!);
  expect(attempt!.owner).toBe(owner);
  let registered = 0;
  const { ledger } = box.world;
  const register: typeof ledger.register = async () => (
    registered++,
    { status: 'unfinished', attempt: attempt! }
  );
  await expect(begin({ ...box.world, ledger: { ...ledger, register } })).rejects.toThrow(
    new TransientError('Other executions keep leaving this content of people unfinished; try again later.'),
  );
  expect(registered).toBe(10);
});

test('an object is not put aside for an error that is none of its own', async () => {
  bound.fails = new TypeError('a bug');
  await expect(begin(box.world)).rejects.toThrow(bound.fails);
  const { quarantinedObjects } = box.world.layout;
  const folder = quarantinedObjects('people', 'r').slice(0, -'people/r'.length);
  expect(await Array.fromAsync(box.world.files.list(folder))).toEqual([]);
  expect(await Array.fromAsync(box.world.ledger.unsettled('people'))).toHaveLength(1);
});

test('a chunk that was not planned is none', async () => {
  const { manifest } = await begin(box.world);
  await expect(transform(box.world, pipeline, { manifest, chunk: 1 })).rejects.toThrow(
    new EngineError(`${manifest} has no chunk 1.`),
  );
  expect(await transform(box.world, pipeline, { manifest, chunk: 0 })).toEqual({ n: 0 });
});
