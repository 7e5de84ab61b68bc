/** The functions of steps, made with what they need and handed to an engine; their secrets never stand in SQL. */

import { createHmac } from 'node:crypto';
import { UsageError } from '../core/errors.ts';
import type { Step, Tools } from '../core/transforms/step.ts';
import type { Engine } from './engine.ts';
import type { World } from './world.ts';

const SHORTEST = 16;

/** @throws UsageError for a secret that is not there, or so short that it can be guessed. */
export async function registerFunctions(world: World, engine: Engine, steps: readonly Step[]): Promise<void> {
  const tools = await toolsFor(world, steps);
  for (const { name, make } of functionsOf(steps)) engine.register({ name, call: make(tools) });
}

/** What the functions of steps may use: of all secrets those that the steps name. */
export async function toolsFor(world: World, steps: readonly Step[]): Promise<Tools> {
  const secrets = new Map<string, string>();
  for (const name of functionsOf(steps).flatMap((fn) => fn.secrets)) {
    const value = await world.secret(name);
    if (value.length < SHORTEST) {
      throw new UsageError(
        `The secret ${name} has fewer than ${SHORTEST} characters; a key as short as that can be guessed.`,
      );
    }
    secrets.set(name, value);
  }
  return {
    hmac: (key, text) => createHmac('sha256', key).update(text).digest('hex'),
    secret(name) {
      const value = secrets.get(name);
      if (value !== undefined) return value;
      throw new UsageError(`A step asks for the secret ${name} without naming it in its \`secrets\`.`);
    },
  };
}

function functionsOf(steps: readonly Step[]) {
  const all = steps.flatMap((step) => step.functions ?? []);
  return [...new Map(all.map((fn) => [fn.name, fn])).values()];
}
