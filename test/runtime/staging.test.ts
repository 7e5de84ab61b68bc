/** What stages leave for each other is looked at before it is used. */

import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { ingest } from '../../runtime/ingest.ts';
import { readValue, writeOnce } from '../../runtime/staging.ts';
import { transform } from '../../runtime/transform.ts';
import { csv } from '../../core/formats/csv.ts';
import { replacing } from '../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

test('a value that is not what the stage before writes is named, not worked with', async () => {
  const uri = join(box.folder, 'value.json');
  await writeFile(uri, '{"n": "1"}');
  await expect(readValue(box.world.files, uri, z.object({ n: z.int() }))).rejects.toMatchObject({
    name: 'EngineError',
    message: expect.stringMatching(/value\.json is not what a stage writes.*n$/s),
  });
});

test('of two tries the first one stands', async () => {
  const uri = join(box.folder, 'value.json');
  const write = (n: number) => writeOnce(box.world.files, uri, z.object({ n: z.int() }), { n });
  expect([await write(1), await write(2)]).toEqual([{ n: 1 }, { n: 1 }]);
});

test('a chunk that the run does not have is named', async () => {
  const uri = join(box.folder, 'x.csv');
  await writeFile(uri, 'id\n1\n');
  const pipeline = replacing({ row: z.object({ id: z.int() }), format: csv() });
  const { manifest } = await ingest(box.world, pipeline, {
    pipeline: pipeline.name,
    execution: 'e',
    objects: [{ uri }],
    startedAt: '2026-01-01T00:00:00.000Z',
  });
  await expect(transform(box.world, pipeline, { manifest, chunk: 1 })).rejects.toMatchObject({
    name: 'EngineError',
    message: expect.stringContaining('has no chunk 1'),
  });
});
