/** `sluice list`: the pipelines of this repository. */

import { sourceSays } from '../../core/sources/source.ts';
import { repositoryPipelines } from '../find-pipeline.ts';
import type { Terminal } from '../terminal.ts';
import { aligned } from '../text.ts';

export async function list(terminal: Terminal): Promise<number> {
  const rows = (await repositoryPipelines()).map(({ name, owner, sources, sinks, description }) => [
    name,
    owner,
    sources.map(sourceSays).join(', '),
    sinks.map(({ table }) => table).join(', '),
    description,
  ]);
  const [head = '', ...lines] = aligned([['pipeline', 'owner', 'reads', 'table', 'description'], ...rows]);
  terminal.out(`${[terminal.paint('dim', head), ...lines].join('\n')}\n`);
  return 0;
}
