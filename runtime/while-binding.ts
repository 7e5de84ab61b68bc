/** The definition is looked at by the engine while the object is read: neither waits for the other. */

import type { Pipeline } from '../core/pipeline.ts';
import { bindDefinition } from './bind-definition.ts';
import type { World } from './world.ts';

/**
 * @param work asks now and then whether it may go on: that throws once the definition is known to be wrong.
 * @throws what is wrong with the definition, whatever became of the work; else what the work throws.
 */
export async function whileBinding<T>(
  world: World,
  pipeline: Pipeline,
  work: (mayGoOn: () => void) => Promise<T>,
): Promise<T> {
  let wrong: { readonly reason: unknown } | undefined;
  const binding = bindDefinition(world, pipeline).catch((reason: unknown) => {
    wrong = { reason };
  });
  const [done] = await Promise.allSettled([
    work(() => {
      if (wrong !== undefined) throw wrong.reason;
    }),
    binding,
  ]);
  if (wrong !== undefined) throw wrong.reason;
  if (done.status === 'rejected') throw done.reason;
  return done.value;
}
