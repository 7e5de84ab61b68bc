/** What the engine cannot read of a file is the file's fault, unless the machine has no room for it. */

import { EngineError, ObjectRejectedError } from '../../core/errors.ts';

/** Errors of the machine, and of the statement: no file is to blame for them, unless its own names are. */
const OURS =
  /no space left|out of memory|^(?:Parser|Catalog) Error|^Binder Error(?!: table "read_parquet" has dup)/i;

/**
 * @param fault what is said of the file, before the engine's own words.
 * @throws ObjectRejectedError
 */
export async function faultOfFile<T>(fault: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof EngineError) || OURS.test(error.message)) throw error;
    const [says] = error.message.split('\n');
    throw new ObjectRejectedError(
      'object.unreadable',
      `${fault}: ${says!.replaceAll(/(['"])[^'"]*\.parquet\1/g, 'the file')}`,
      { cause: error },
    );
  }
}
