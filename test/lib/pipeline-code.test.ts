/** The functions' code as it is deployed: bundled, in a process as Lambda makes it, with the engine in a layer. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DefinitionError } from '../../core/errors.ts';
import type { Pipeline } from '../../core/pipeline.ts';
import { pipelineEntry } from '../../lib/pipeline-entry.ts';
import { bundle } from '../../lib/pipeline-code.ts';
import { functionSizes } from '../../lib/pipeline-function.ts';
import { inProject } from '../../lib/project.ts';
import { birdStrikes } from '../../pipelines/bird-strikes.ts';
import { flights } from '../../pipelines/flights.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { shop } from './synth.ts';

const functions = Object.keys(functionSizes);
const folder = mkdtempSync(join(tmpdir(), 'sluice-bundle-'));
const entryOf = (pipeline: unknown, module?: string) => pipelineEntry(pipeline as Pipeline, module);

beforeAll(() => bundle(folder, functions, entryOf(flights)));
afterAll(() => rmSync(folder, { recursive: true }));

/** The name of the error with which each handler answers an empty event, in a process whose layers are at `layers`. */
function answers(layers: string): Record<string, string> {
  const script = `const context = { functionName: 'f', getRemainingTimeInMillis: () => 60_000 };
    const answers = {};
    for (const name of ${JSON.stringify(functions)}) {
      const { handler } = await import(\`./\${name}.mjs\`);
      answers[name] = await handler({}, context).then(() => 'none', (error) => error.name);
    }
    console.log(JSON.stringify(answers));`;
  const at = join(folder, 'call.mjs');
  writeFileSync(at, script);
  const output = execFileSync(process.execPath, [at], {
    cwd: folder,
    env: { NODE_PATH: layers, AWS_REGION: 'eu-central-1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return JSON.parse(output.toString('utf8').trim().split('\n').at(-1)!);
}

describe('a bundle', () => {
  test('answers under the names that Lambda calls, and its errors keep theirs', () => {
    expect(answers(inProject('node_modules'))).toEqual(
      Object.fromEntries(functions.map((name) => [name, 'UsageError'])),
    );
  });

  test('has no engine in it: without the layer it does not load', () => {
    expect(() => answers(folder)).toThrow("Cannot find module '@duckdb/node-api'");
  });

  test('has its own definition and none of the others', () => {
    const code = readdirSync(folder)
      .filter((file) => file.endsWith('.mjs'))
      .map((file) => readFileSync(join(folder, file), 'utf8'))
      .join('\n');
    expect(code).toContain(flights.description);
    expect(code).not.toContain(birdStrikes.description);
    // A path of this machine would make another asset of the same code on the next one.
    expect(code).not.toContain(inProject());
  });

  test('is the same each time', () => {
    const again = mkdtempSync(join(tmpdir(), 'sluice-bundle-'));
    try {
      bundle(again, functions, entryOf(flights));
      const of = (at: string) => readdirSync(at).filter((file) => file !== 'call.mjs');
      expect(of(again)).toEqual(of(folder));
    } finally {
      rmSync(again, { recursive: true });
    }
  });
});

describe('the module of a pipeline', () => {
  test('is found among pipelines/, or taken as given', () => {
    const exported = 'export { flights as pipeline } from "../../pipelines/flights.ts";\n';
    expect(readFileSync(entryOf(flights), 'utf8')).toBe(exported);
    expect(readFileSync(entryOf(flights, inProject('pipelines', 'flights.ts')), 'utf8')).toBe(exported);
  });

  test('may export other things too, some of the same name', async () => {
    const module = join(await temporaryFolder(), 'module.mjs');
    const others = `export const a = null, b = 'text', c = { name: 'odd' }, d = { name: 'other', sources: [] };`;
    writeFileSync(module, `${others}\nexport const e = { name: 'odd', sources: [] };\n`);
    const entry = entryOf(shop('odd'), module);
    expect(readFileSync(entry, 'utf8')).toMatch(/^export \{ e as pipeline \} from /);
    rmSync(entry);
  });

  test.each([
    ['that no file there exports', undefined, 'No file of pipelines/ exports pipeline lost'],
    [
      'that the given one does not export',
      inProject('pipelines', 'flights.ts'),
      'does not export pipeline lost',
    ],
  ])('of a pipeline %s is asked for', (_what, module, message) => {
    expect(() => entryOf(shop('lost'), module)).toThrow(DefinitionError);
    expect(() => entryOf(shop('lost'), module)).toThrow(message);
  });
});
