/** The module that `#pipeline` means in the functions of one pipeline: that pipeline, and nothing of the others. */

import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, relative } from 'node:path';
import { DefinitionError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { inProject } from './project.ts';

/** Writes the module and returns its path, which is the same at each synthesis, so that the bundles are. */
export function pipelineEntry(pipeline: Pipeline, module: string | undefined): string {
  const path = inProject('.cache', 'entries', `${pipeline.name}.ts`);
  const from = module ?? moduleOf(pipeline);
  const name = exportOf(pipeline, from);
  if (name === undefined) {
    throw new DefinitionError(
      `${from} does not export pipeline ${pipeline.name}; give PipelineStack the module that does, as \`module\`.`,
    );
  }
  const target = relative(dirname(path), from).replaceAll('\\', '/');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `export { ${name} as pipeline } from ${JSON.stringify(target)};\n`);
  return path;
}

function moduleOf(pipeline: Pipeline): string {
  const found = globSync('*.ts', { cwd: inProject('pipelines') })
    .filter((file) => basename(file) !== 'index.ts')
    .sort()
    .map((file) => inProject('pipelines', file))
    .find((file) => exportOf(pipeline, file) !== undefined);
  if (found !== undefined) return found;
  throw new DefinitionError(
    `No file of pipelines/ exports pipeline ${pipeline.name}; give PipelineStack the module that does, as \`module\`.`,
  );
}

const load = createRequire(import.meta.url);

/** By its name: a test loads the definition twice. */
function exportOf(pipeline: Pipeline, file: string): string | undefined {
  const exported = load(file) as Readonly<Record<string, unknown>>;
  return Object.keys(exported).find((key) => {
    const value = exported[key];
    return (
      typeof value === 'object' &&
      value !== null &&
      'sources' in value &&
      (value as Pipeline).name === pipeline.name
    );
  });
}
