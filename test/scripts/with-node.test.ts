import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'with-node-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = join(folder, 'told.mjs');
writeFileSync(
  script,
  'console.log(JSON.stringify({ flags: process.execArgv, arenas: process.env.MALLOC_ARENA_MAX, engine: process.env.DUCKDB_JE_MALLOC_CONF, args: process.argv.slice(2) }));',
);

function started(env: Readonly<Record<string, string>>): unknown {
  const { NODE_OPTIONS: _, MALLOC_ARENA_MAX: __, DUCKDB_JE_MALLOC_CONF: ___, ...inherited } = process.env;
  const { stdout } = spawnSync(
    process.execPath,
    [join(root, 'scripts', 'with-node.mjs'), relative(root, script), 'a', '--b'],
    { encoding: 'utf8', env: { ...inherited, ...env } },
  );
  return JSON.parse(stdout);
}

test('a script is started so that its memory does not grow with what it works on', () => {
  expect(started({})).toEqual({
    flags: ['--max-semi-space-size=2'],
    arenas: '2',
    engine: `narenas:${Math.ceil(availableParallelism() / 2)},dirty_decay_ms:200,muzzy_decay_ms:0`,
    args: ['a', '--b'],
  });
});

test('what whoever calls has set stays', () => {
  const own = { MALLOC_ARENA_MAX: '8', DUCKDB_JE_MALLOC_CONF: 'narenas:1' };
  expect(started({ NODE_OPTIONS: '--max-semi-space-size=32', ...own })).toEqual({
    flags: [],
    arenas: '8',
    engine: 'narenas:1',
    args: ['a', '--b'],
  });
});

test('a script that fails ends the call with its status', () => {
  writeFileSync(join(folder, 'fails.mjs'), 'process.exit(7);');
  const { status } = spawnSync(process.execPath, [
    join(root, 'scripts', 'with-node.mjs'),
    relative(root, join(folder, 'fails.mjs')),
  ]);
  expect(status).toBe(7);
});
