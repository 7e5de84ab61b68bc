/** The architecture holds: the import table, no cycles, a pure core; and the rules do find what breaks them. */

import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { violations, type SourceFile } from './support/architecture.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const folders = ['core', 'runtime', 'pipelines', 'lambdas', 'lib', 'bin', 'scripts', 'bench'];

const file = (path: string, code: string): SourceFile => ({ path, text: `/** A file. */\n\n${code}\n` });

test('the project keeps to its architecture', () => {
  const files = globSync(`{${folders.join(',')}}/**/*.ts`, { cwd: root })
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') }));
  expect(files.length).toBeGreaterThan(30);
  expect(violations(files)).toEqual([]);
});

describe('a violation is found', () => {
  const vocabulary = file(
    'core/vocabulary.ts',
    `import { csv } from './formats/csv.ts';\nimport { json } from './formats/json.ts';`,
  );

  test.each([
    ['a pipeline that reaches into the runtime', 'pipelines/a.ts', '../runtime/engine.ts'],
    ['a pipeline that reaches past the vocabulary', 'pipelines/a.ts', '../core/pipeline.ts'],
    ['a pipeline with effects', 'pipelines/a.ts', 'node:fs'],
    ['a core that touches the disk', 'core/row.ts', 'node:fs/promises'],
    ['a core that knows the engine', 'core/plan/plan.ts', '@duckdb/node-api'],
    ['a core that knows the runtime', 'core/row.ts', '../runtime/ports.ts'],
    ['a plan that asks which kind it is', 'core/plan/plan.ts', '../formats/csv.ts'],
    ['a kind that knows the vocabulary', 'core/checks/unique.ts', '../vocabulary.ts'],
    ['a kind of check that knows a format', 'core/checks/unique.ts', '../formats/csv.ts'],
    ['a stage that knows the laptop', 'runtime/load.ts', './local/files.ts'],
    ['the laptop that knows AWS', 'runtime/local/files.ts', '../aws/files.ts'],
    ['the laptop with the AWS SDK', 'runtime/local/files.ts', '@aws-sdk/client-s3'],
    ['a stage that knows the command line', 'runtime/load.ts', '../bin/render.ts'],
    ['a construct that runs things', 'lib/pipeline-stack.ts', '../runtime/load.ts'],
    ['a command that knows the stack', 'bin/commands/run.ts', '../../lib/lake-stack.ts'],
  ])('%s', (_what, path, target) => {
    expect(violations([file(path, `import { x } from '${target}';`)])).toHaveLength(1);
  });

  test.each(['import type { X } from', 'export * from', 'export { x } from', 'import'])(
    'by `%s`',
    (words) => {
      expect(violations([file('core/row.ts', `${words} 'node:fs';`)])).toEqual([
        'core/row.ts may not import node:fs.',
      ]);
    },
  );

  test('by a dynamic import, but not by the text of one', () => {
    expect(violations([file('core/row.ts', `const x = await import('node:fs');`)])).toHaveLength(1);
    expect(violations([file('core/row.ts', `const x = "import { y } from 'node:fs';";`)])).toEqual([]);
  });

  test('one kind that knows another; a helper of theirs they may share', () => {
    const csv = file('core/formats/csv.ts', `import { bytes } from './bytes.ts';`);
    const bytes = file('core/formats/bytes.ts', 'export const bytes = 1;');
    const good = file('core/formats/json.ts', `import { bytes } from './bytes.ts';`);
    const bad = file('core/formats/json.ts', `import { csv } from './csv.ts';`);
    expect(violations([vocabulary, csv, bytes, good])).toEqual([]);
    expect(violations([vocabulary, csv, bytes, bad])).toEqual([
      'core/formats/json.ts may not import core/formats/csv.ts: one kind does not know another.',
    ]);
  });

  test.each(['Date.now()', 'new Date()', 'process.env.HOME', 'Math.random()', 'console.log(1)'])(
    'a core that is not pure: %s',
    (code) => {
      expect(violations([file('core/row.ts', `export const x = () => ${code};`)])).toHaveLength(1);
      expect(violations([file('core/row.ts', `// not ${code}\nexport const x = 1;`)])).toEqual([]);
    },
  );

  test('a cycle, with the way around it', () => {
    const files = [
      file('core/a.ts', `import { b } from './b.ts';`),
      file('core/b.ts', `import type { C } from './c.ts';`),
      file('core/c.ts', `import { a } from './a.ts';`),
    ];
    expect(violations(files)).toEqual(['A cycle of imports: core/a.ts → core/b.ts → core/c.ts → core/a.ts.']);
  });

  test('a file without an opening sentence, one that is too long, one in no folder that is known', () => {
    expect(violations([{ path: 'core/a.ts', text: 'export const a = 1;\n' }])).toEqual([
      'core/a.ts does not open with a sentence on what it is.',
    ]);
    expect(violations([file('core/a.ts', '\n'.repeat(280))])).toEqual([
      'core/a.ts has 283 lines, 280 are the most; it is two files.',
    ]);
    expect(violations([file('utils/a.ts', '')])).toHaveLength(1);
  });
});
