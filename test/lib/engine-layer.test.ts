/** The engine's layer: exactly one binding, of the right processor, and what is found if it is not so. */

import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../core/errors.ts';
import { checkBinding, type Cpu } from '../../lib/check-binding.ts';
import { buildLayer } from '../../lib/engine-layer.ts';
import { engineVersion } from '../../lib/engine-packages.ts';
import { inProject } from '../../lib/project.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const machine = { arm64: 0xb7, x64: 0x3e, riscv: 0xf3 };

/** A binding as a folder of ELF headers. */
function binding(modules: string, name: string, of: keyof typeof machine): void {
  const folder = join(modules, '@duckdb', name);
  mkdirSync(folder, { recursive: true });
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt16LE(machine[of], 18);
  for (const file of ['duckdb.node', 'libduckdb.so']) writeFileSync(join(folder, file), header);
}

describe('a layer', () => {
  test.each<[Cpu, string]>([
    ['arm64', 'node-bindings-linux-arm64'],
    ['x64', 'node-bindings-linux-x64'],
  ])('for %s with its binding is taken', async (cpu, name) => {
    const modules = await temporaryFolder();
    binding(modules, name, cpu);
    expect(() => checkBinding(modules, cpu)).not.toThrow();
  });

  test.each<[string, (modules: string) => void, string]>([
    ['no binding, as npm leaves it without a word', (m) => mkdirSync(join(m, '@duckdb')), 'holds no binding'],
    [
      'that of another processor',
      (m) => binding(m, 'node-bindings-linux-x64', 'x64'),
      'holds node-bindings-linux-x64',
    ],
    [
      'two',
      (m) => {
        binding(m, 'node-bindings-linux-arm64', 'arm64');
        binding(m, 'node-bindings-linux-x64', 'x64');
      },
      'holds node-bindings-linux-arm64, node-bindings-linux-x64',
    ],
    ['one for another C library', (m) => binding(m, 'node-bindings-linux-arm64-musl', 'arm64'), '-musl'],
    [
      'the right name on the wrong files',
      (m) => binding(m, 'node-bindings-linux-arm64', 'x64'),
      'is for machine 0x3e',
    ],
    [
      'a file that is missing',
      (m) => {
        binding(m, 'node-bindings-linux-arm64', 'arm64');
        rmSync(join(m, '@duckdb', 'node-bindings-linux-arm64', 'libduckdb.so'));
      },
      'libduckdb.so is for machine unknown',
    ],
    [
      'a file that is no library',
      (m) => {
        binding(m, 'node-bindings-linux-arm64', 'arm64');
        writeFileSync(
          join(m, '@duckdb', 'node-bindings-linux-arm64', 'duckdb.node'),
          'version https://git-lfs',
        );
      },
      'duckdb.node is for machine unknown',
    ],
  ])('with %s is refused', async (_what, make, message) => {
    const modules = await temporaryFolder();
    make(modules);
    expect(() => checkBinding(modules, 'arm64')).toThrow(EngineError);
    expect(() => checkBinding(modules, 'arm64')).toThrow(message);
  });
});

const cpu = process.arch as Cpu;
const isInstalled = existsSync(inProject('node_modules', '@duckdb', `node-bindings-linux-${cpu}`));

test.runIf(isInstalled)(
  'the layer of this machine holds what is locked, and nothing of other processors',
  async () => {
    const folder = await temporaryFolder();
    buildLayer(folder, cpu);
    const modules = join(folder, 'nodejs', 'node_modules');
    expect(readdirSync(modules).sort()).toEqual(['@duckdb', 'detect-libc']);
    expect(readdirSync(join(modules, '@duckdb')).sort()).toEqual([
      'node-api',
      'node-bindings',
      `node-bindings-linux-${cpu}`,
    ]);
    const version = (name: string) =>
      JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')).version as string;
    expect(version('@duckdb/node-api')).toBe(engineVersion());
    expect(version(`@duckdb/node-bindings-linux-${cpu}`)).toBe(engineVersion());
    // The same files for the other processor are refused: the guard looks into them.
    const other: Cpu = cpu === 'x64' ? 'arm64' : 'x64';
    cpSync(
      join(modules, '@duckdb', `node-bindings-linux-${cpu}`),
      join(modules, '@duckdb', `node-bindings-linux-${other}`),
      { recursive: true },
    );
    rmSync(join(modules, '@duckdb', `node-bindings-linux-${cpu}`), { recursive: true });
    expect(() => checkBinding(modules, other)).toThrow('is for machine');
  },
);
