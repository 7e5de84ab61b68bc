// Runs a script of the project on a Node that can: installs the dependencies on first use, and takes the Node that they
// bring where there is one. Plain JavaScript, because the shell's own Node may be too old for TypeScript.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const windows = process.platform === 'win32';

if (!existsSync(join(root, 'node_modules', '.package-lock.json'))) {
  process.stderr.write('Installing the dependencies (npm ci), once …\n');
  const installed = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', process.stderr, process.stderr],
    shell: windows,
  });
  if (installed.status !== 0) fail('npm ci did not succeed; its messages stand above.');
}

const [script, ...args] = process.argv.slice(2);
if (script === undefined) fail('with-node.mjs needs the script to run.');
const own = join(root, 'node_modules', '.bin', windows ? 'node.cmd' : 'node');
const node = existsSync(own) ? own : process.execPath;
if (node === process.execPath) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 18)) {
    fail(
      `Sluice needs Node 22.18 or newer; this is ${process.version}. Install Node 24 and run the command again.`,
    );
  }
}
// So that a run of many chunks holds little more than one of a few: else the youngest part of the heap grows to 48 MB,
// and each thread keeps memory of its own (docs/performance.md).
const young = process.env.NODE_OPTIONS?.includes('semi-space-size') ? [] : ['--max-semi-space-size=2'];
const run = spawnSync(node, [...young, join(root, script), ...args], {
  stdio: 'inherit',
  shell: windows,
  env: {
    ...process.env,
    PATH: `${dirname(own)}${windows ? ';' : ':'}${process.env.PATH}`,
    MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? '2',
    // The engine's allocator gives back what one chunk had before the next has need of more, and has few places to keep it.
    DUCKDB_JE_MALLOC_CONF:
      process.env.DUCKDB_JE_MALLOC_CONF ??
      `narenas:${Math.ceil(availableParallelism() / 2)},dirty_decay_ms:200,muzzy_decay_ms:0`,
  },
});
process.exit(run.status ?? 1);

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
