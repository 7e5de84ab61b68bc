/** DuckDB as a layer, in each pipeline's own stack: exactly one binding, the one of the functions' processor. */

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Architecture, Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { checkBinding, type Cpu } from './check-binding.ts';
import { enginePackages, engineVersion } from './engine-packages.ts';
import { inProject } from './project.ts';

export function engineLayer(scope: Construct, id: string, architecture: Architecture): LayerVersion {
  const cpu: Cpu = architecture === Architecture.ARM_64 ? 'arm64' : 'x64';
  const version = engineVersion();
  return new LayerVersion(scope, id, {
    description: `DuckDB ${version} for Linux on ${architecture.name}`,
    compatibleArchitectures: [architecture],
    compatibleRuntimes: [Runtime.NODEJS_24_X],
    code: Code.fromAsset(inProject('node_modules', '@duckdb', 'node-api', 'lib'), {
      // The same packages have the same name for all pipelines: they are made and uploaded once.
      assetHashType: AssetHashType.CUSTOM,
      assetHash: `duckdb-${version}-linux-${cpu}`,
      bundling: {
        image: DockerImage.fromRegistry('none'),
        local: {
          tryBundle(folder: string): boolean {
            buildLayer(folder, cpu);
            return true;
          },
        },
      },
    }),
  });
}

/** @throws EngineError if the packages are not what the functions' processor can run. */
export function buildLayer(folder: string, cpu: Cpu): void {
  const modules = join(folder, 'nodejs', 'node_modules');
  for (const [name, from] of enginePackages(cpu)) cpSync(from, join(modules, name), { recursive: true });
  checkBinding(modules, cpu);
}
