/** A run that another has ended meanwhile is not judged any more. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { settleFailure } from '../../runtime/recover.ts';
import { validate } from '../../runtime/validate.ts';
import { good, header, people } from '../support/people.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';
import { upToChunks } from '../support/stages.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

test('it says so, and looks for nothing of what is gone with the run', async () => {
  const { manifest, attempt } = await upToChunks(box, people('csv'), 'a.csv', header + good(1));
  const error = { name: 'Killed', message: 'It is gone.' };
  const start = {
    pipeline: 'people',
    execution: 'e',
    objects: [],
    again: false,
    startedAt: '2026-01-01T00:00:00.000Z',
  };
  await settleFailure(box.world, people('csv'), { start, error, attempt: attempt! });
  await expect(validate(box.world, people('csv'), { manifest, attempt })).rejects.toMatchObject({
    name: 'StaleAttemptError',
    message: expect.stringMatching(/was settled as failed by another \(It is gone\.\)/),
  });
});
