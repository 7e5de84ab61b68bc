/** `sluice clean`: removes what is provably left over, and says each thing that it removed. */

import { findLeftovers, removeLeftovers, type Leftover } from '../../runtime/leftovers.ts';
import { findLocalLeftovers } from '../../runtime/local/leftovers.ts';
import { openEnvironment } from '../open-environment.ts';
import type { Terminal } from '../terminal.ts';
import { bytes, counted, shownPath, visible } from '../text.ts';

export interface CleanCommandOptions {
  readonly out: string;
  readonly dryRun: boolean;
}

export async function clean(terminal: Terminal, { out, dryRun }: CleanCommandOptions): Promise<number> {
  const { cwd } = terminal;
  const world = openEnvironment(cwd, out);
  const find = async (): Promise<Leftover[]> => [
    ...(await findLeftovers(world, world.executions.isGone)),
    ...(await findLocalLeftovers(world)),
  ];
  let things = 0;
  let size = 0;
  for await (const leftover of dryRun ? await find() : removeLeftovers(find)) {
    things++;
    size += leftover.bytes;
    const verb = dryRun ? 'would remove' : 'removed';
    const place = shownPath(leftover.uri, cwd) + (leftover.uri.endsWith('/') ? '/' : '');
    terminal.out(`${verb}  ${bytes(leftover.bytes)}  ${place}  (${visible(leftover.why)})\n`);
  }
  const sum = `${counted(things, 'leftover')}, ${bytes(size)}`;
  terminal.out(
    things === 0
      ? 'Nothing is left over.\n'
      : `${dryRun ? 'Would remove' : 'Removed'} ${sum}.${dryRun ? ' Nothing was removed.' : ''}\n`,
  );
  return 0;
}
