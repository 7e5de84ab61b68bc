/** What belongs to one pipeline of an environment only: its name, its keys in the landing bucket, its table. */

import { DefinitionError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';

/** Takes a pipeline among those taken before. @throws DefinitionError, naming both, if they claim the same. */
export type Claim = (pipeline: Pipeline) => void;

/** @param reserved names of tables that no pipeline may write. */
export function claims(reserved: readonly string[]): Claim {
  const taken: Pipeline[] = [];
  return (pipeline) => {
    for (const { table } of pipeline.sinks.filter((sink) => reserved.includes(sink.table))) {
      throw new DefinitionError(
        `Pipeline ${pipeline.name} writes table ${table}, a name that Sluice keeps for itself; choose another.`,
      );
    }
    for (const other of taken) refuseShared(other, pipeline);
    taken.push(pipeline);
  };
}

function refuseShared(one: Pipeline, other: Pipeline): void {
  const both = `Pipelines ${one.name} and ${other.name}`;
  if (one.name === other.name) {
    throw new DefinitionError(`Two pipelines are named ${one.name}; each needs a name of its own.`);
  }
  // Versions of a table may start runs of many pipelines.
  const dropped = ({ sources }: Pipeline) => sources.filter(({ place }) => place === 'landing');
  for (const { prefix: a } of dropped(one)) {
    for (const { prefix: b } of dropped(other)) {
      if (!a.startsWith(b) && !b.startsWith(a)) continue;
      const how = a === b ? `both take objects under "${a}"` : `overlap: "${a}" and "${b}"`;
      throw new DefinitionError(
        `${both} ${how}. An object belongs to one pipeline; give each prefixes of its own.`,
      );
    }
  }
  const table = one.sinks.find((sink) => other.sinks.some((its) => its.table === sink.table))?.table;
  if (table !== undefined) {
    throw new DefinitionError(
      `${both} both write table ${table}. On AWS a table belongs to one pipeline; give each a table of its own, ` +
        'or one pipeline several sources.',
    );
  }
}
