/** Holds a layer's packages against a processor: a binding that is missing, wrong or one of two is found before AWS. */

import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../core/errors.ts';

/** npm's word for a processor. */
export type Cpu = 'arm64' | 'x64';

/** The processor that an ELF file is for, as its header says. */
const machines: Readonly<Record<Cpu, number>> = { arm64: 0xb7, x64: 0x3e };

/** @throws EngineError unless `modules` holds exactly one binding of the engine, for this processor on Linux. */
export function checkBinding(modules: string, cpu: Cpu): void {
  const wanted = `node-bindings-linux-${cpu}`;
  const found = readdirSync(join(modules, '@duckdb')).filter((name) => name.startsWith('node-bindings-'));
  if (found.length !== 1 || found[0] !== wanted) {
    throw new EngineError(
      `The engine's layer holds ${found.length === 0 ? 'no binding' : found.join(', ')}; it must hold ${wanted}, and ` +
        'nothing else. Remove cdk.out and .cache/duckdb-*, and synthesise again.',
    );
  }
  for (const file of ['duckdb.node', 'libduckdb.so']) {
    const machine = machineOf(join(modules, '@duckdb', wanted, file));
    if (machine === machines[cpu]) continue;
    throw new EngineError(
      `${wanted}/${file} is for machine ${machine === undefined ? 'unknown' : `0x${machine.toString(16)}`}, ` +
        `not for ${cpu} (0x${machines[cpu].toString(16)}). Remove cdk.out and .cache/duckdb-*, and synthesise again.`,
    );
  }
}

/** Undefined where there is no ELF file. */
function machineOf(path: string): number | undefined {
  const header = Buffer.alloc(20);
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, header, 0, 20, 0);
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
  return header.subarray(0, 4).equals(Buffer.from('\x7fELF')) ? header.readUInt16LE(18) : undefined;
}
