/** How long an app of thirty pipelines takes to synthesise, bundles and CDK's own rules included: `npm run bench:app`. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PIPELINES = 30;

const root = fileURLToPath(new URL('..', import.meta.url));
mkdirSync(join(root, '.cache'), { recursive: true });
// Inside the project, where definitions find their packages.
const folder = mkdtempSync(join(root, '.cache', 'bench-app-'));
try {
  for (let n = 0; n < PIPELINES; n++) writeFileSync(join(folder, `p${n}.ts`), definition(n));
  writeFileSync(join(folder, 'app.ts'), app());
  const started = performance.now();
  const { status } = spawnSync(process.execPath, [join(folder, 'app.ts')], {
    cwd: root,
    // As `cdk synth` calls an app: the bundles of all stacks are made.
    env: { ...process.env, CDK_CONTEXT_JSON: context(), CDK_OUTDIR: join(folder, 'cdk.out') },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0) throw new Error(`The app ended with ${status}.`);
  const seconds = (performance.now() - started) / 1000;
  const most = Math.max(...resourcesOfStacks(join(folder, 'cdk.out')));
  process.stdout.write(
    `${PIPELINES} pipelines: ${seconds.toFixed(1)} s on ${availableParallelism()} threads; the largest stack has ${most} resources.\n`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Each a definition of its own, as far as the bundles can tell. */
function definition(n: number): string {
  return `import { flights } from '../../pipelines/flights.ts';
export const p = {
  ...flights,
  name: 'flights-${n}',
  sources: flights.sources.map((source) => ({ ...source, prefix: 'flights-${n}/' })),
  sinks: flights.sinks.map((sink) => ({ ...sink, table: 'flights_${n}' })),
};
`;
}

function app(): string {
  const numbers = Array.from({ length: PIPELINES }, (_, n) => n);
  return `import { App } from 'aws-cdk-lib';
import { LakeStack } from '../../lib/lake-stack.ts';
import { PipelineStack } from '../../lib/pipeline-stack.ts';
${numbers.map((n) => `import { p as p${n} } from './p${n}.ts';`).join('\n')}
const app = new App();
const lake = new LakeStack(app, 'Lake');
for (const [n, pipeline] of [${numbers.map((n) => `p${n}`).join(', ')}].entries())
  new PipelineStack(app, pipeline.name, { pipeline, lake, module: ${JSON.stringify(folder)} + '/p' + n + '.ts' });
app.synth();
`;
}

/** The flags of `cdk.json`, the processor of this machine (nothing is fetched), and every stack. */
function context(): string {
  const { context: given } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: object };
  const arch = process.arch === 'arm64' ? 'arm64' : 'x86_64';
  return JSON.stringify({ ...given, arch, 'aws:cdk:bundling-stacks': ['**'] });
}

function resourcesOfStacks(out: string): number[] {
  return readdirSync(out)
    .filter((name) => name.endsWith('.template.json'))
    .map((name) => {
      const { Resources } = JSON.parse(readFileSync(join(out, name), 'utf8')) as { Resources: object };
      return Object.keys(Resources).length;
    });
}
