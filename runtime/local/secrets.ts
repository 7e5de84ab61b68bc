/** Secrets of a laptop: environment variables of the process. */

import { UsageError } from '../../core/errors.ts';

/** @throws UsageError naming the variable that is not set; never with a value. */
export const secretFrom =
  (env: NodeJS.ProcessEnv) =>
  async (name: string): Promise<string> => {
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    throw new UsageError(
      `The environment variable ${name} is not set; a pipeline masks values by the key in it. Set it, to the same ` +
        'key at each run: other keys give other values.',
    );
  };
