/** What the engine says against a text is the fault of the definition; what stops the engine is not. */

import { expect, test } from 'vitest';
import { DefinitionError, EngineError, LimitExceededError } from '../../core/errors.ts';
import type { Engine } from '../../runtime/engine.ts';
import { parse } from '../../runtime/parsed-sql.ts';

const parsing = (error: Error) =>
  parse({ rows: () => Promise.reject(error) } as unknown as Engine, 'SELECT x', 'x', 'derive(y)');

test('an error of the engine is told by its first line', async () => {
  await expect(parsing(new EngineError('Parser Error: no x\nin: SELECT x'))).rejects.toThrow(
    new DefinitionError('derive(y): Parser Error: no x In: x'),
  );
});

test('a limit that was passed, or a bug, stays what it is', async () => {
  for (const error of [new LimitExceededError('The engine worked for longer'), new TypeError('a bug')])
    await expect(parsing(error)).rejects.toBe(error);
});
