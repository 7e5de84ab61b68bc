/** The engine is asked once for all of its functions, and again where it did not answer. */

import { expect, test } from 'vitest';
import { EngineError } from '../../core/errors.ts';
import type { Engine } from '../../runtime/engine.ts';
import { knownFunctions } from '../../runtime/known-functions.ts';

test('an answer stands for the process; a failure does not', async () => {
  const upper = { name: 'upper', type: 'scalar', stability: 'CONSISTENT' };
  const answers = [Promise.reject(new EngineError('interrupted')), Promise.resolve([upper])];
  let asked = 0;
  const engine = { rows: () => answers[asked++] } as unknown as Engine;
  expect(await knownFunctions(engine, [])).toEqual([]);
  expect(asked).toBe(0);
  await expect(knownFunctions(engine, ['upper'])).rejects.toThrow('interrupted');
  expect(await knownFunctions(engine, ['upper', 'lower'])).toEqual([upper]);
  expect(await knownFunctions(engine, ['lower'])).toEqual([]);
  expect(asked).toBe(2);
});
