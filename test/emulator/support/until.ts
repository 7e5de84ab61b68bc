/** Asks again until there is an answer. */

import { setTimeout } from 'node:timers/promises';

/** @throws Error saying what did not come, if it does not in the seconds given (60 by default). */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { seconds = 60, pause = 50 }: { readonly seconds?: number; readonly pause?: number } = {},
): Promise<T> {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`It did not come in ${seconds} s that ${what}.`);
    await setTimeout(pause);
  }
}
