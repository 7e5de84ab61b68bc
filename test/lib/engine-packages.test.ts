/** The engine's packages for a processor that is not this one: fetched once, or the lack of them told. */

import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { EngineError } from '../../core/errors.ts';
import { enginePackages, engineVersion } from '../../lib/engine-packages.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const project = vi.hoisted(() => ({ folder: '', real: '' }));
vi.mock(import('../../lib/project.ts'), async (original) => {
  project.real = (await original()).inProject();
  return { inProject: (...parts) => join(project.folder, ...parts) };
});

/** A project with nothing installed, whose npm does this. */
let npm: (script: string) => void;
beforeEach(async () => {
  project.folder = await temporaryFolder();
  const lockfile = readFileSync(join(project.real, 'package-lock.json'));
  writeFileSync(join(project.folder, 'package-lock.json'), lockfile);
  const bin = join(project.folder, 'bin');
  mkdirSync(bin);
  npm = (script) => {
    writeFileSync(join(bin, 'npm'), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, 'npm'), 0o755);
  };
  vi.stubEnv('PATH', `${bin}:/usr/bin:/bin`);
});
afterEach(() => vi.unstubAllEnvs());

const cache = (): string[] => readdirSync(join(project.folder, '.cache'));

test('they are fetched once, as the lockfile has them', () => {
  npm('echo "$*" >> ../../calls && mkdir node_modules');
  const folder = `duckdb-${engineVersion()}-linux-arm64`;
  const modules = join(project.folder, '.cache', folder, 'node_modules');
  for (let i = 0; i < 2; i++) {
    expect(enginePackages('arm64')).toEqual(
      new Map(
        ['@duckdb/node-api', '@duckdb/node-bindings', '@duckdb/node-bindings-linux-arm64', 'detect-libc'].map(
          (name) => [name, join(modules, name)],
        ),
      ),
    );
  }
  expect(readFileSync(join(project.folder, 'calls'), 'utf8')).toBe(
    'ci --os=linux --cpu=arm64 --libc=glibc --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error\n',
  );
  expect(cache()).toEqual([folder]);
});

test('where they cannot be fetched nothing is left that could be taken for them', () => {
  npm('echo "no registry" >&2; exit 1');
  const wanted = () => enginePackages('x64');
  expect(wanted).toThrow(EngineError);
  expect(wanted).toThrow(
    /^The engine for Linux on x64 is not installed here and npm could not fetch it, which it has to do once\. .*-c arch=.* npm: .*no registry/s,
  );
  expect(cache()).toEqual([]);
  expect(existsSync(join(project.folder, 'node_modules'))).toBe(false);
});
