/** Damage to files, by a seed: the same seed gives the same damage, on any machine. */

export interface Random {
  /** A whole number from 0 up to, not including, `below`. */
  below(below: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Mulberry32: small, and good enough to break things. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (limit: number): number => (limit <= 0 ? 0 : next() % limit);
  return { below, pick: (items) => items[below(items.length)]! };
}

/** What breaks readers of text, as bytes. */
const specials: readonly Buffer[] = [
  ...[
    '"', '""', '"""', ',', ';', '\t', '\n', '\r', '\r\n', '\n\n', ' ', '\\', '\\"', "'", '{', '}', '[', ']', ':', ',,', '","',
    '"\n"', '\0', '\ufeff', 'é', '👍', '\u2028', '\u00a0', 'NaN', 'null', '-', '+', '.', '0', 'e9', '1e400', '=1+1', '#', '//',
    '[[[[', '9007199254740993', '{"a":', '\\u0000', '\\ud800', '\\u00e9', '"id":1,',
  ].map((text) => Buffer.from(text)),
  ...['ff', 'feff', 'eda080', 'c080', '80', 'f09f', 'e9', '1f8b', '00'.repeat(20)].map((hex) => Buffer.from(hex, 'hex')),
]; // prettier-ignore

type Damage = (bytes: Buffer, random: Random, donor: Buffer) => Buffer;

/** A part of the bytes, mostly a short one. */
function part(bytes: Buffer, random: Random): { from: number; to: number } {
  const from = random.below(bytes.length + 1);
  const longest = random.pick([1, 2, 8, 60, 400]);
  return { from, to: Math.min(bytes.length, from + 1 + random.below(longest)) };
}

const changed = (bytes: Buffer, from: number, to: number, middle: Uint8Array): Buffer =>
  Buffer.concat([bytes.subarray(0, from), middle, bytes.subarray(to)]);

const damages: readonly Damage[] = [
  function flip(bytes, random) {
    const flipped = Buffer.from(bytes);
    if (flipped.length > 0) flipped[random.below(flipped.length)]! ^= 1 << random.below(8);
    return flipped;
  },
  function insert(bytes, random) {
    const { from } = part(bytes, random);
    return changed(bytes, from, from, random.pick(specials));
  },
  function overwrite(bytes, random) {
    const { from, to } = part(bytes, random);
    return changed(bytes, from, to, random.pick(specials));
  },
  function remove(bytes, random) {
    const { from, to } = part(bytes, random);
    return changed(bytes, from, to, Buffer.alloc(0));
  },
  function double(bytes, random) {
    const { from, to } = part(bytes, random);
    return changed(bytes, to, to, bytes.subarray(from, to));
  },
  function swap(bytes, random) {
    const [a, b] = [part(bytes, random), part(bytes, random)].toSorted((x, y) => x.from - y.from) as [
      { from: number; to: number },
      { from: number; to: number },
    ];
    if (a.to > b.from) return bytes;
    const between = bytes.subarray(a.to, b.from);
    const middle = Buffer.concat([bytes.subarray(b.from, b.to), between, bytes.subarray(a.from, a.to)]);
    return changed(bytes, a.from, b.to, middle);
  },
  function splice(bytes, random, donor) {
    const { from } = part(bytes, random);
    const taken = part(donor, random);
    return changed(bytes, from, from, donor.subarray(taken.from, taken.to));
  },
  function cut(bytes, random) {
    return random.below(4) === 0 ? bytes.subarray(0, random.below(bytes.length + 1)) : bytes;
  },
];

/** The bytes with one to six kinds of damage done to them; `donor` is where strange bytes come from. */
export function damaged(bytes: Buffer, random: Random, donor: Buffer): Buffer {
  let mutant = bytes;
  for (let left = 1 + random.below(random.pick([1, 3, 6])); left > 0; left--) {
    mutant = random.pick(damages)(mutant, random, donor);
  }
  return mutant;
}
