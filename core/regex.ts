/**
 * A regular expression of JavaScript as one of RE2, where both give the same answer on texts of ASCII characters. What
 * is not surely the same (lookaround, backreferences, sticky or multi-line matching, …) is left to JavaScript.
 */

import {
  complement,
  digits,
  folded,
  globbed,
  LAST,
  lineEnds,
  shown,
  spaces,
  wordCharacters,
  type Range,
} from './regex-ranges.ts';

/** The translated pattern. */
export interface Translated {
  readonly pattern: string;
  /** The answers are the same on every text, not on texts of ASCII characters alone. */
  readonly everywhere: boolean;
  /** It matches a text as a whole or not at all: the engine then asks once for each entry of a dictionary. */
  readonly whole: boolean;
  /** The same as a pattern of GLOB, several times as fast: there where each character of the text stands alone. */
  readonly glob: string | null;
}

/** Null where JavaScript itself must decide. */
export function translate(regex: RegExp): Translated | null {
  if (/[^gisu]/.test(regex.flags)) return null;
  try {
    const parser = new Parser(regex);
    const body = parser.alternatives();
    if (body.repeats > MOST_REPEATS || body.size > MOST_ATOMS) return null;
    // Other characters are then matched by nothing, in either dialect; but under `iu` the Kelvin sign is a `k`.
    const everywhere = parser.asciiOnly && !(regex.ignoreCase && regex.unicode);
    const whole = body.whole === true;
    return { pattern: body.text, everywhere, whole, glob: whole ? globOf(body.characters) : null };
  } catch (error) {
    if (error instanceof NotTheSame) return null;
    throw error;
  }
}

class NotTheSame extends Error {}

/** RE2 refuses more than 1,000 repetitions of a piece, nested ones multiplied, and grows with each. */
const MOST_REPEATS = 1000;
const MOST_ATOMS = 20_000;
const shorthands: Readonly<Record<string, readonly Range[]>> = {
  d: digits,
  D: complement(digits),
  w: wordCharacters,
  W: complement(wordCharacters),
  s: spaces,
  S: complement(spaces),
};
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, v: 11, f: 12, r: 13 };

interface Piece {
  readonly text: string;
  /** How often its most repeated part is, at least. */
  readonly repeats: number;
  /** Atoms, repetitions written out. */
  readonly size: number;
  /** It begins at the beginning and ends at the end. */
  readonly whole?: boolean;
  /** What may stand in the place of each of its characters, where there are always as many. */
  readonly characters?: readonly (readonly Range[])[] | undefined;
}

type Characters = Piece['characters'];

const plain = (text: string): Piece => ({ text, repeats: 1, size: 1 });
const together = (pieces: readonly Piece[]): Characters =>
  pieces.every(({ characters }) => characters !== undefined)
    ? pieces.flatMap(({ characters }) => characters!)
    : undefined;
/** Longer ones are rare, and no faster. */
const MOST_CHARACTERS = 64;

function globOf(characters: Characters): string | null {
  if (characters === undefined || characters.length > MOST_CHARACTERS) return null;
  const sets = characters.map(globbed);
  return sets.includes(null) ? null : sets.join('');
}
const sum = (pieces: readonly Piece[]): number => pieces.reduce((total, piece) => total + piece.size, 0);
const most = (pieces: readonly Piece[]): number => Math.max(1, ...pieces.map((piece) => piece.repeats));

class Parser {
  at = 0;
  asciiOnly = true;
  readonly #source: string;
  readonly #flags: { readonly ignoreCase: boolean; readonly dotAll: boolean; readonly unicode: boolean };

  constructor(regex: RegExp) {
    this.#source = regex.source;
    this.#flags = regex;
  }

  alternatives(): Piece {
    const pieces = [this.#sequence()];
    while (this.#take('|')) pieces.push(this.#sequence());
    const [only] = pieces as [Piece];
    return {
      text: pieces.map((piece) => piece.text).join('|'),
      repeats: most(pieces),
      size: sum(pieces),
      ...(pieces.length === 1 ? { whole: only.whole === true, characters: only.characters } : {}),
    };
  }

  #sequence(): Piece {
    const pieces: Piece[] = [];
    while (this.at < this.#source.length && !'|)'.includes(this.#source[this.at]!))
      pieces.push(this.#repeated());
    const whole = pieces[0]?.text === '\\A' && pieces.at(-1)!.text === '\\z';
    return {
      text: pieces.map((piece) => piece.text).join(''),
      repeats: most(pieces),
      size: sum(pieces),
      whole,
      characters: together(whole ? pieces.slice(1, -1) : pieces),
    };
  }

  #repeated(): Piece {
    const atom = this.#atom();
    const [text, times] = this.#quantifier();
    if (text === '') return atom;
    const { characters = null } = atom;
    const isFixed = characters !== null && text === `{${times}}` && times <= MOST_CHARACTERS;
    return {
      text: atom.text + text,
      repeats: atom.repeats * times,
      size: atom.size * times,
      characters: isFixed ? Array.from({ length: times }, () => characters).flat() : undefined,
    };
  }

  #quantifier(): readonly [string, number] {
    const counted = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.#source.slice(this.at));
    if (counted === null) return ['', 1];
    this.at += counted[0].length;
    // Greedy or not changes what is captured, never whether it matches.
    const [whole, from, , to] = counted;
    const text = whole.endsWith('?') && whole.length > 1 ? whole.slice(0, -1) : whole;
    return [text, Math.max(1, Number(from ?? 1), Number(to ?? 0))];
  }

  #atom(): Piece {
    const c = this.#source[this.at]!;
    if (c === '(') return this.#group();
    if (c === '[') return this.#piece(this.#set());
    this.at += 1;
    if (c === '^') return plain('\\A');
    if (c === '$') return plain('\\z');
    if (c === '.') return this.#piece(this.#flags.dotAll ? [[0, LAST]] : complement(lineEnds));
    if (c === '\\') return this.#escape();
    this.at -= 1;
    return this.#piece(this.#folded([this.#one(this.#character())]));
  }

  #group(): Piece {
    this.at += 1;
    if (this.#take('?')) {
      const named = /^<[^=!>][^>]*>/.exec(this.#source.slice(this.at));
      if (named === null && !this.#take(':')) throw new NotTheSame();
      this.at += named === null ? 0 : named[0].length;
    }
    const inner = this.alternatives();
    this.at += 1; // What was opened is closed: JavaScript took the expression.
    // Its anchors stand in the middle of the text.
    const characters = inner.whole === true ? undefined : inner.characters;
    return { ...inner, characters, text: `(?:${inner.text})` };
  }

  #escape(): Piece {
    const c = this.#source[this.at]!;
    if (c === 'b' || c === 'B') {
      this.at += 1;
      return plain(`\\${c}`);
    }
    const shorthand = shorthands[c];
    if (shorthand === undefined) return this.#piece(this.#folded([this.#one(this.#escaped())]));
    this.at += 1;
    return this.#piece(shorthand);
  }

  /** The code point of an escape, from after its backslash. */
  #escaped(): number {
    const rest = this.#source.slice(this.at);
    const c = rest[0]!;
    const coded = /^(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4}))/.exec(rest);
    if (coded !== null) {
      this.at += coded[0].length;
      return Number.parseInt(coded[1] ?? coded[2]!, 16);
    }
    this.at += 1;
    if (c in controls) return controls[c]!;
    if (c === '0' && !/^0\d/.test(rest)) return 0;
    // Other letters and digits mean something in one dialect, or in both and not the same.
    if (/[0-9A-Za-z]/.test(c)) throw new NotTheSame();
    return c.codePointAt(0)!;
  }

  #set(): readonly Range[] {
    this.at += 1;
    const negated = this.#take('^');
    const ranges: Range[] = [];
    while (!this.#take(']')) {
      const first = this.#member();
      const dash = this.#source[this.at] === '-' && this.#source[this.at + 1] !== ']';
      if (!dash) {
        ranges.push(...(typeof first === 'number' ? [this.#one(first)] : first));
        continue;
      }
      this.at += 1;
      const last = this.#member();
      if (typeof first !== 'number' || typeof last !== 'number') throw new NotTheSame();
      this.#one(first);
      this.#one(last);
      ranges.push([first, last]);
    }
    const folded = this.#folded(ranges);
    return negated ? complement(folded) : folded;
  }

  #member(): number | readonly Range[] {
    if (!this.#take('\\')) return this.#character();
    const c = this.#source[this.at]!;
    if (c === 'b') {
      this.at += 1;
      return 8;
    }
    const shorthand = shorthands[c];
    if (shorthand === undefined) return this.#escaped();
    this.at += 1;
    return shorthand;
  }

  #character(): number {
    const code = this.#flags.unicode ? this.#source.codePointAt(this.at)! : this.#source.charCodeAt(this.at);
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  /** Half of a surrogate pair cannot stand in RE2; beyond ASCII the two fold cases differently. */
  #one(code: number): Range {
    if (code >= 0xd800 && code <= 0xdfff) throw new NotTheSame();
    if (this.#flags.ignoreCase && code > 127) throw new NotTheSame();
    return [code, code];
  }

  /** Folding comes before the negation of a set. */
  #folded(ranges: readonly Range[]): readonly Range[] {
    return this.#flags.ignoreCase ? folded(ranges) : ranges;
  }

  #piece(ranges: readonly Range[]): Piece {
    if (ranges.some(([, last]) => last > 127)) this.asciiOnly = false;
    return { ...plain(shown(ranges)), characters: [ranges] };
  }

  #take(c: string): boolean {
    if (this.#source[this.at] !== c) return false;
    this.at += 1;
    return true;
  }
}
