/** WebAssembly written out: as many instructions as loops over bytes need, and modules of one function over one memory. */

/** Instructions, as the bytes that they are. */
export type Code = readonly number[];
/** Instructions that leave a value. */
export type Value = Code;

/** A local variable, by its number; parameters come first. */
export interface Local {
  readonly get: Value;
  set(value: Value): Code;
}

/** Locals by name, numbered from the first on. */
export const locals = <Name extends string>(
  first: number,
  names: readonly Name[],
): Readonly<Record<Name, Local>> =>
  Object.fromEntries(names.map((name, i) => [name, local(first + i)])) as Record<Name, Local>;

const local = (n: number): Local => ({
  get: [0x20, ...unsigned(n)],
  set: (value) => [...value, 0x21, ...unsigned(n)],
});

export const number = (n: number): Value => [0x41, ...signed(n)];

/** The memory, by addresses. */
export const memory = {
  byte: (at: Value): Value => [...at, 0x2d, 0, 0],
  storeByte: (at: Value, value: Value): Code => [...at, ...value, 0x3a, 0, 0],
  number: (at: Value): Value => [...at, 0x28, 0, 0],
  storeNumber: (at: Value, value: Value): Code => [...at, ...value, 0x36, 0, 0],
  sixteen: (at: Value): Value => [...at, 0xfd, 0x00, 0, 0],
  storeSixteen: (at: Value, value: Value): Code => [...at, ...value, 0xfd, 0x0b, 0, 0],
};

/** Sixteen bytes at once. */
export const sixteen = {
  /** Sixteen times the same byte. */
  of: (byte: Value): Value => [...byte, 0xfd, 0x0f],
  /** All ones in the place of each byte that is the same in both, or is below the other's. */
  same: (a: Value, b: Value): Value => [...a, ...b, 0xfd, 0x23],
  below: (a: Value, b: Value): Value => [...a, ...b, 0xfd, 0x26],
  either: (a: Value, b: Value): Value => [...a, ...b, 0xfd, 0x50],
  minus: (a: Value, b: Value): Value => [...a, ...b, 0xfd, 0x71],
  /** A bit for each byte: its highest. */
  mask: (a: Value): Value => [...a, 0xfd, 0x64],
};

const binary =
  (code: number) =>
  (first: Value, ...rest: readonly Value[]): Value =>
    rest.reduce<Value>((a, b) => [...a, ...b, code], first);
const unary =
  (code: number) =>
  (a: Value): Value => [...a, code];

export const add = binary(0x6a);
export const sub = binary(0x6b);
export const and = binary(0x71);
export const or = binary(0x72);
export const xor = binary(0x73);
export const shiftLeft = binary(0x74);
export const shiftRight = binary(0x76);
export const differ = binary(0x47);
export const same = binary(0x46);
export const isBelow = binary(0x49);
export const leadingZeros = unary(0x67);
export const trailingZeros = unary(0x68);
export const countOnes = unary(0x69);
export const isZero = unary(0x45);
/** The first value if the condition holds, else the second. */
export const choose = (condition: Value, a: Value, b: Value): Value => [...a, ...b, ...condition, 0x1b];
export const not = (a: Value): Value => xor(a, number(-1));

/** What is repeated while the condition holds at its end. */
export const repeat = (body: readonly Code[], condition: Value): Code => [
  0x03, NOTHING, ...body.flat(), ...condition, 0x0d, 0, END,
]; // prettier-ignore
export const when = (condition: Value, body: readonly Code[]): Code => [
  ...condition, 0x04, NOTHING, ...body.flat(), END,
]; // prettier-ignore
/** What `leave` ends; it counts the blocks around it, from 0. */
export const block = (body: readonly Code[]): Code => [0x02, NOTHING, ...body.flat(), END];
export const leave = (blocks: number, condition: Value): Code => [...condition, 0x0d, ...unsigned(blocks)];

const NOTHING = 0x40;
const END = 0x0b;
const I32 = 0x7f;
const V128 = 0x7b;

/** What a function has of its own, after its parameters. */
export interface Locals {
  readonly parameters: number;
  readonly numbers: number;
  /** Of 16 bytes each, after the numbers. */
  readonly vectors: number;
}

export interface Program {
  readonly locals: Locals;
  /** Of 64 KiB each. */
  readonly pages: number;
  readonly body: readonly Code[];
}

export interface Machine {
  readonly memory: ArrayBuffer;
  /** The whole number that the body leaves. */
  run(...parameters: readonly number[]): number;
}

export function machineOf(program: Program): Machine {
  const { memory, run } = new wasm.Instance(new wasm.Module(moduleOf(program))).exports;
  return { memory: memory.buffer, run };
}

/** What of the platform's own is used, which its types leave out. */
const { WebAssembly: wasm } = globalThis as unknown as {
  readonly WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => object;
    readonly Instance: new (module: object) => {
      readonly exports: { readonly memory: { readonly buffer: ArrayBuffer }; run: Machine['run'] };
    };
  };
};

function moduleOf({ locals: { parameters, numbers, vectors }, pages, body }: Program): Uint8Array {
  const code = [2, ...unsigned(numbers), I32, ...unsigned(vectors), V128, ...body.flat(), END];
  return new Uint8Array([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, [1, 0x60, ...vector(Array.from({ length: parameters }, () => [I32])), 1, I32]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...unsigned(pages)]),
    ...section(7, vector([[...name('memory'), 2, 0], [...name('run'), 0, 0]])),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]); // prettier-ignore
}

const section = (id: number, content: Code): Code => [id, ...unsigned(content.length), ...content];
const vector = (items: readonly Code[]): Code => [...unsigned(items.length), ...items.flat()];
const name = (text: string): Code => vector([...text].map((c) => [c.charCodeAt(0)]));

function unsigned(n: number): Code {
  return n < 0x80 ? [n] : [(n & 0x7f) | 0x80, ...unsigned(n >>> 7)];
}

function signed(n: number): Code {
  const isLast = n >= -0x40 && n < 0x40;
  return isLast ? [n & 0x7f] : [(n & 0x7f) | 0x80, ...signed(n >> 7)];
}
