/** WebAssembly that counts lines: the bytes that it looks at stand in its memory, and before them what it tells beside the count. */

import { machineOf, type Machine, type Program } from '../wasm.ts';

/** Bytes that are looked at in one call, at most. */
export const MOST = 64 * 1024;
/** Where they stand. */
export const INPUT = 16;
export const PAGES = 2;

export interface LineMachine extends Machine {
  readonly input: Uint8Array;
  /** What the program left at the start of the memory: two whole numbers. */
  readonly told: Int32Array;
}

export function lineMachine(program: Program): LineMachine {
  const machine = machineOf(program);
  return {
    ...machine,
    input: new Uint8Array(machine.memory, INPUT, MOST),
    told: new Int32Array(machine.memory, 0, 2),
  };
}
