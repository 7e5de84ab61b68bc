/** A chunk is read again record by record where the engine cannot read it as it is, and for no other reason. */

import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { TransientError } from '../../core/errors.ts';
import { ingest } from '../../runtime/ingest.ts';
import { transform } from '../../runtime/transform.ts';
import type { World } from '../../runtime/world.ts';
import { good, header, people } from '../support/people.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

test('a store that does not answer is asked once, and the try ends', async () => {
  const uri = join(box.folder, 'a.csv');
  await box.world.files.write(uri, Buffer.from(header + good(1)));
  const start = { pipeline: 'people', execution: 'e', objects: [{ uri }], startedAt: '2026-01-01T00:00:00Z' };
  const { manifest } = await ingest(box.world, people('csv'), start);
  let reads = 0;
  const { files } = box.world;
  const world: World = {
    ...box.world,
    files: {
      ...files,
      read(from, options) {
        if (from !== uri) return files.read(from, options);
        reads++;
        throw new TransientError('S3 said SlowDown.');
      },
    },
  };
  await expect(transform(world, people('csv'), { manifest, chunk: 0 })).rejects.toThrow('S3 said SlowDown.');
  expect(reads).toBe(1);
});
