/** The code of a pipeline's functions: one asset, an entry for each function, and of the definitions only its own. */

import { createRequire } from 'node:module';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Pipeline } from '../core/pipeline.ts';
import { pipelineEntry } from './pipeline-entry.ts';
import { inProject } from './project.ts';

/** @param module the module that exports the pipeline; found in `pipelines/` where none is given. */
export function pipelineCode(pipeline: Pipeline, functions: readonly string[], module?: string): Code {
  return Code.fromAsset(inProject('pipelines'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      image: DockerImage.fromRegistry('none'),
      // Bundles of the same folder are told apart by this: without it all pipelines would share the first one's.
      environment: { PIPELINE: pipeline.name },
      local: {
        tryBundle(folder: string): boolean {
          bundle(folder, functions, pipelineEntry(pipeline, module));
          return true;
        },
      },
    },
  });
}

/** Everything but the engine, the AWS SDK too: what runs is what was tested. */
export function bundle(folder: string, functions: readonly string[], entry: string): void {
  esbuild().buildSync({
    entryPoints: Object.fromEntries(functions.map((name) => [name, inProject('lambdas', `${name}.ts`)])),
    outdir: folder,
    absWorkingDir: inProject(),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    outExtension: { '.js': '.mjs' },
    mainFields: ['module', 'main'],
    alias: {
      '#pipeline': entry,
      '@duckdb/node-api': inProject('lib', 'engine-of-layer.cjs'),
      sluice: inProject('core', 'vocabulary.ts'),
    },
    banner: { js: REQUIRE },
    // Only white space: the names of errors are what the state machine catches.
    minifyWhitespace: true,
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
}

/** Packages in CommonJS ask for `require`, which a module does not have. */
const REQUIRE =
  "import{createRequire as sluiceRequire}from'node:module';const require=sluiceRequire(import.meta.url);";

interface Esbuild {
  buildSync(options: object): unknown;
}

/** Loaded when it is needed: tests of templates bundle nothing. */
const esbuild = (): Esbuild => createRequire(import.meta.url)('esbuild') as Esbuild;
