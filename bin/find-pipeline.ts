/** From what a person calls a pipeline to the pipeline: a name of this repository, or the path of a definition. */

import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { DefinitionError, UsageError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { definitionUrl, resolveDefinitions } from './resolve-hook.ts';

/**
 * @throws UsageError if there is none of that name, or the file exports none or several; DefinitionError if the file
 * cannot be loaded or a definition in it is wrong.
 */
export async function findPipeline(name: string, cwd: string): Promise<Pipeline> {
  return /[/\\]|\.[cm]?[jt]s$/.test(name) ? fromFile(resolve(cwd, name), name) : fromRepository(name);
}

/** The pipelines of this repository. */
export async function repositoryPipelines(): Promise<readonly Pipeline[]> {
  const { pipelines } = await import('../pipelines/index.ts');
  return pipelines as readonly unknown[] as readonly Pipeline[];
}

async function fromRepository(name: string): Promise<Pipeline> {
  const pipelines = await repositoryPipelines();
  const found = pipelines.find((pipeline) => pipeline.name === name);
  if (found) return found;
  throw new UsageError(
    `There is no pipeline ${JSON.stringify(name)}. There are: ${pipelines.map((p) => p.name).join(', ')}. ` +
      'A definition of your own is given by its path: ./orders.ts',
  );
}

async function fromFile(path: string, given: string): Promise<Pipeline> {
  if (!existsSync(path)) throw new UsageError(`There is no file ${given} to read a pipeline from.`);
  resolveDefinitions();
  let exported: Record<string, unknown>;
  try {
    exported = (await import(definitionUrl(path))) as Record<string, unknown>;
  } catch (error) {
    if (error instanceof DefinitionError) throw error;
    throw new DefinitionError(`${given} cannot be loaded: ${String(error)}`, { cause: error });
  }
  const found = Object.entries(exported).filter((entry): entry is [string, Pipeline] => isPipeline(entry[1]));
  const distinct = new Set(found.map(([, pipeline]) => pipeline));
  if (distinct.size === 1) return found[0]![1];
  if (distinct.size === 0) {
    const names = Object.keys(exported);
    throw new UsageError(
      `${given} exports no pipeline${names.length === 0 ? '' : ` (it exports ${names.join(', ')})`}. Write: ` +
        `export const ${variableFor(path)} = definePipeline({ … });`,
    );
  }
  throw new UsageError(
    `${given} exports ${distinct.size} pipelines: ${found.map(([name]) => name).join(', ')}. Keep one in each file.`,
  );
}

const variableFor = (path: string): string =>
  basename(path).replace(/\..*$/, '').replaceAll(/\W/g, '_') || 'pipeline';

function isPipeline(value: unknown): value is Pipeline {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['name', 'sources', 'rows', 'sinks'].every((property) => property in value)
  );
}
