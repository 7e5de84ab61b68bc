/** What the functions of steps may use: the secrets that they name, and those alone. */

import { expect, test } from 'vitest';
import { UsageError } from '../../core/errors.ts';
import type { Step } from '../../core/transforms/step.ts';
import { toolsFor } from '../../runtime/step-functions.ts';
import type { World } from '../../runtime/world.ts';

test('a step has the secrets that it names, and no others', async () => {
  const secrets: Record<string, string> = { KEY: 'sixteen letters!', OTHER: 'sixteen letters?' };
  const world = { secret: async (name: string) => secrets[name] } as unknown as World;
  const steps = [{ functions: [{ name: 'f', secrets: ['KEY'], make: () => String }] }] as unknown as Step[];
  const tools = await toolsFor(world, steps);
  expect(tools.secret('KEY')).toBe('sixteen letters!');
  expect(() => tools.secret('OTHER')).toThrow(
    new UsageError('A step asks for the secret OTHER without naming it in its `secrets`.'),
  );
});

test('a secret that is short enough to be guessed is none', async () => {
  const world = { secret: async () => 'fifteen letters' } as unknown as World;
  const steps = [{ functions: [{ name: 'f', secrets: ['KEY'], make: () => String }] }] as unknown as Step[];
  await expect(toolsFor(world, steps)).rejects.toThrow(
    new UsageError('The secret KEY has fewer than 16 characters; a key as short as that can be guessed.'),
  );
});
