/** The pattern of a date or time, in tokens, as the engine's own format; refuses what could be read in two ways. */

import { DefinitionError } from './errors.ts';

export type Part = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'fraction' | 'half' | 'offset';

export interface DatePattern {
  /** For `strptime` and `strftime`, without the offset. */
  readonly format: string;
  readonly parts: ReadonlySet<Part>;
  /** Whether the text ends with an offset or `Z`, which the format leaves out. */
  readonly offset: boolean;
  /** Whether it has names, which are read in any case. */
  readonly names: boolean;
}

/** The engine's word and the part of a date for each token. */
const tokens: Readonly<Record<string, readonly [string, Part]>> = {
  YYYY: ['%Y', 'year'],
  MM: ['%m', 'month'],
  M: ['%-m', 'month'],
  MMM: ['%b', 'month'],
  MMMM: ['%B', 'month'],
  DD: ['%d', 'day'],
  D: ['%-d', 'day'],
  HH: ['%H', 'hour'],
  H: ['%-H', 'hour'],
  hh: ['%I', 'hour'],
  h: ['%-I', 'hour'],
  mm: ['%M', 'minute'],
  ss: ['%S', 'second'],
  SSS: ['%g', 'fraction'],
  SSSSSS: ['%f', 'fraction'],
  A: ['%p', 'half'],
  Z: ['', 'offset'],
};

/** @throws DefinitionError for a token that does not exist, stands twice, or lacks the one that it needs. */
export function datePattern(pattern: string, where: string): DatePattern {
  const refuse = (why: string): never => {
    throw new DefinitionError(`${where}: the pattern ${JSON.stringify(pattern)} ${why}.`);
  };
  const parts = new Set<Part>();
  let format = '';
  let twelve = false;
  let names = false;
  let open = false;
  for (const [piece, quoted] of pattern.matchAll(/\[([^\]]*)\]|([A-Za-z])\2*|[^A-Za-z]/g)) {
    if (parts.has('offset')) refuse('has something after Z; the offset must be the last');
    const token = tokens[piece];
    if (token === undefined) {
      open = false;
      if (quoted === undefined && /[A-Za-z]/.test(piece) && piece !== 'T') {
        refuse(
          `has ${JSON.stringify(piece)}; there are ${Object.keys(tokens).join(' ')}, other letters stand in [brackets]`,
        );
      }
      format += (quoted ?? piece).replaceAll('%', '%%');
      continue;
    }
    if (parts.has(token[1])) refuse(`says the ${token[1]} twice`);
    // `1112024` as `DMYYYY` is the 1st of November and the 11th of January.
    if (open && /^%-?[YmdHIMSgf]/.test(token[0]))
      refuse('has digits that run into each other; take DD for D, MM for M');
    open = token[0].startsWith('%-');
    parts.add(token[1]);
    twelve ||= piece === 'hh' || piece === 'h';
    names ||= token[1] === 'half' || (piece.length > 2 && token[1] === 'month');
    format += token[0];
  }
  if (twelve !== parts.has('half')) refuse('needs hh (or h) and A together, or HH');
  for (const [part, needed] of needs) {
    if (parts.has(part) && !parts.has(needed)) refuse(`has a ${part} without a ${needed}`);
  }
  return { format, parts, offset: parts.has('offset'), names };
}

const needs: readonly (readonly [Part, Part])[] = [
  ['minute', 'hour'],
  ['second', 'minute'],
  ['fraction', 'second'],
  ['day', 'month'],
  ['month', 'day'],
  ['year', 'month'],
  ['month', 'year'],
];
