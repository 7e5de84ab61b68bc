/** Where the engine's packages for a processor are: among the installed ones, or fetched once by npm. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../core/errors.ts';
import type { Cpu } from './check-binding.ts';
import { inProject } from './project.ts';

/** Every package of the layer with the folder that holds it. */
export function enginePackages(cpu: Cpu): ReadonlyMap<string, string> {
  const names = [
    '@duckdb/node-api',
    '@duckdb/node-bindings',
    `@duckdb/node-bindings-linux-${cpu}`,
    'detect-libc',
  ];
  const installed = inProject('node_modules');
  const modules = names.every((name) => existsSync(join(installed, name))) ? installed : fetched(cpu);
  return new Map(names.map((name) => [name, join(modules, name)]));
}

/** The version that the project is locked to. */
export const engineVersion = (): string => lockfile()['node_modules/@duckdb/node-api']!['version'] as string;

/** npm leaves out packages for other processors than its own: those are fetched apart, as the lockfile has them. */
function fetched(cpu: Cpu): string {
  const folder = inProject('.cache', `duckdb-${engineVersion()}-linux-${cpu}`);
  const modules = join(folder, 'node_modules');
  if (existsSync(modules)) return modules;
  const fresh = `${folder}-${process.pid}`;
  const dependencies = { '@duckdb/node-api': engineVersion() };
  // npm takes a lockfile only if it has every package that another names, those for other processors too.
  const packages = Object.fromEntries(
    Object.entries(lockfile()).filter(([at]) => /^node_modules\/(@duckdb\/[\w-]+|detect-libc)$/.test(at)),
  );
  mkdirSync(fresh, { recursive: true });
  const write = (name: string, value: object) => writeFileSync(join(fresh, name), JSON.stringify(value));
  write('package.json', { name: 'engine', private: true, dependencies });
  write('package-lock.json', {
    name: 'engine',
    lockfileVersion: 3,
    packages: { '': { dependencies }, ...packages },
  });
  try {
    execFileSync(
      'npm',
      [
        'ci',
        '--os=linux',
        `--cpu=${cpu}`,
        '--libc=glibc',
        '--omit=dev',
        '--ignore-scripts',
        '--no-audit',
        '--no-fund',
        '--loglevel=error',
      ],
      { cwd: fresh, stdio: ['ignore', 'ignore', 'pipe'], shell: process.platform === 'win32' },
    );
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    throw new EngineError(
      `The engine for Linux on ${cpu} is not installed here and npm could not fetch it, which it has to do once. ` +
        'Give it access to its registry, or deploy with `-c arch=` for the processor of this machine. ' +
        `npm: ${(error as Error).message.slice(0, 1000)}`,
      { cause: error },
    );
  }
  return modules;
}

type Locked = Readonly<Record<string, unknown>>;

const lockfile = (): Readonly<Record<string, Locked>> =>
  (
    JSON.parse(readFileSync(inProject('package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, Locked>>;
    }
  ).packages;
