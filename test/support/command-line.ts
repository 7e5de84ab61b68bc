/** The command line on a copy of an environment, in this process. */

import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { main } from '../../bin/main.ts';
import { plain } from '../../bin/terminal.ts';
import type { Environment } from './environment.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface Called {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The copy lies in `out` of a folder of its own, which is gone after the test. */
export async function commandLineOn(
  environment: Environment,
): Promise<{ readonly cwd: string; call(...args: readonly string[]): Promise<Called> }> {
  const cwd = await temporaryFolder();
  await rename((await environment.copy()).layout.root, join(cwd, 'out'));
  return {
    cwd,
    call: (...args) => called(cwd, args),
  };
}

/** A command in a folder, in this process. */
export async function called(cwd: string, args: readonly string[]): Promise<Called> {
  let stdout = '';
  let stderr = '';
  const status = await main(args, {
    cwd,
    out: (text) => void (stdout += text),
    err: (text) => void (stderr += text),
    paint: plain,
    width: undefined,
    onInterrupt: () => () => undefined,
  });
  return { status, stdout, stderr };
}
