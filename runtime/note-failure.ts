/** Work on one of many parts of a run whose failure is noted beside the results, for the stage that misses its result. */

import type { Files } from './ports.ts';
import { writeValue } from './staging.ts';
import { partFailureSchema } from './values.ts';

/** @throws what the work throws: that says whether a retry helps. */
export async function notingFailure<T>(
  files: Files,
  uri: string,
  n: number,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { name, message } = error as Error;
    // That it could not be noted as well must not stand in the place of the error itself.
    await writeValue(files, uri, partFailureSchema, { n, name, message }).catch(() => undefined);
    throw error;
  }
}
