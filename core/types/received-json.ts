/** What `JSON.parse` would lose of a JSON text, or change, without a word: found in one pass, before it is asked. */

import { looksWhole } from './looks-whole.ts';

export interface Losses {
  /** A key that stands twice in an object: the last one would be taken, and the other one lost. */
  readonly repeated?: string;
  /** Whether a number looks whole to JavaScript, and is not. */
  readonly hidesFraction: boolean;
}

/** @param json that can be parsed. */
export function lossesOf(json: string): Losses {
  const open: Set<string>[] = [];
  let losses = NONE;
  let at = 0;
  while (at < json.length) {
    const c = json.charCodeAt(at);
    if (c <= NINE && c >= NOUGHT) {
      let point = 0;
      let end = at;
      let next = c;
      while (next <= NINE && next >= POINT) {
        if (next === POINT) point = end;
        next = json.charCodeAt(++end);
      }
      const hasExponent = (next | SPACE) === SMALL_E;
      if (hasExponent) end = endOfExponent(json, end + 1);
      if ((hasExponent || mayLookWhole(json, at, point, end)) && looksWhole(json.slice(at, end)))
        losses = HIDES_FRACTION;
      at = end;
      continue;
    }
    if (c !== QUOTE) {
      if (c === OPEN) open.push(new Set());
      else if (c === CLOSE) open.pop();
      at++;
      continue;
    }
    const end = endOfText(json, at);
    const next = json.charCodeAt(end);
    if (next === COLON || (next <= SPACE && json.charCodeAt(afterSpace(json, end)) === COLON)) {
      const written = json.slice(at + 1, end - 1);
      const key = written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
      const keys = open.at(-1)!;
      if (keys.has(key)) return { ...losses, repeated: key };
      keys.add(key);
    }
    at = end;
  }
  return losses;
}

const NONE: Losses = Object.freeze({ hidesFraction: false });
const HIDES_FRACTION: Losses = Object.freeze({ hidesFraction: true });

const QUOTE = 34;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const NOUGHT = 48;
const NINE = 57;
const COLON = 58;
const BACKSLASH = 92;
const SMALL_E = 101;
const OPEN = 123;
const CLOSE = 125;
const SPACE = 32;

/** As many digits as every double keeps, and a point. */
const KEPT = 16;
/** With as many digits before the point any fraction may be lost, with fewer only one that begins with `00` or `99`. */
const LARGE = 14;

/** Most numbers cannot, which is seen without a look at their digits. @param point 0 where there is none. */
function mayLookWhole(json: string, from: number, point: number, to: number): boolean {
  if (point === 0 || to - from <= KEPT) return false;
  const first = json.charCodeAt(point + 1);
  const isNearWhole = (first === NOUGHT || first === NINE) && json.charCodeAt(point + 2) === first;
  return isNearWhole || point - from >= LARGE;
}

function endOfExponent(json: string, at: number): number {
  let end = at;
  for (; end < json.length; end++) {
    const c = json.charCodeAt(end);
    if (c !== PLUS && c !== MINUS && (c < NOUGHT || c > NINE)) break;
  }
  return end;
}

/** @param at the opening quote. @returns just after the closing one. */
function endOfText(json: string, at: number): number {
  let end = at + 1;
  while (end < json.length && json.charCodeAt(end) !== QUOTE)
    end += json.charCodeAt(end) === BACKSLASH ? 2 : 1;
  return end + 1;
}

function afterSpace(json: string, at: number): number {
  let end = at;
  while (json.charCodeAt(end) <= SPACE) end++;
  return end;
}
