/** Strict JSON (RFC 8259) over bytes: finds where a value ends, without recursion and without making it. */

/** What is wrong with a text, found or expected; kept as a code, because most records are never asked. */
export type JsonFault = keyof typeof faultWords;

export const faultWords = Object.freeze({
  value: 'expected a value',
  key: 'expected a key in double quotes',
  colon: 'expected ":" after a key',
  object: 'expected "," or "}" after a value',
  list: 'expected "," or "]" after a value',
  control: 'expected control characters in texts to be escaped',
  escape: 'expected a known escape after "\\"',
  number: 'expected a number as JSON writes it',
  literal: 'expected true, false or null',
  depth: 'expected fewer levels',
});

/** The state of one reading: told where it failed, and what it met. One object serves for many records. */
export interface JsonReading {
  readonly bytes: Uint8Array;
  /** What went wrong, after FAILED was returned, and where. */
  fault: JsonFault;
  at: number;
  /** Whether the last text read by `skipString` has an escape in it. */
  escaped: boolean;
  /** Whether a `\u` escape named half of a surrogate pair; never reset here. */
  loneSurrogate: boolean;
  /** Of the containers that are open: 1 for an object, 0 for a list. */
  readonly open: Uint8Array;
}

export const FAILED = -1;

/** @param depth levels of nesting that a value may have. */
export const jsonReading = (bytes: Uint8Array, depth: number): JsonReading => ({
  bytes,
  fault: 'value',
  at: 0,
  escaped: false,
  loneSurrogate: false,
  open: new Uint8Array(depth + 1),
});

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const COLON = 58;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;
const OPEN_LIST = 91;
const CLOSE_LIST = 93;
const MINUS = 45;
const isSpecialInString = new Uint8Array(256);
for (let c = 0; c < 32; c++) isSpecialInString[c] = 1;
isSpecialInString[QUOTE] = 1;
isSpecialInString[BACKSLASH] = 1;

const tagByFirstByte = new Uint8Array(256).fill('n'.charCodeAt(0));
for (const [first, tag] of ['"s', 'tb', 'fb', 'nz', '{o', '[a'].map((pair) => [...pair])) {
  tagByFirstByte[first!.charCodeAt(0)] = tag!.charCodeAt(0);
}

/** What a value is (`tags` of format.ts), by its first byte. */
export const tagOf = (firstByte: number): number => tagByFirstByte[firstByte]!;

function fail(reading: JsonReading, fault: JsonFault, at: number): typeof FAILED {
  reading.fault = fault;
  reading.at = at;
  return FAILED;
}

export const isSpace = (byte: number | undefined): boolean =>
  byte === 32 || byte === 10 || byte === 13 || byte === 9;

export function skipSpace(bytes: Uint8Array, i: number, end: number): number {
  let at = i;
  while (at < end && isSpace(bytes[at])) at++;
  return at;
}

/** @param i just after the opening quote. @returns just after the closing quote, or FAILED. */
export function skipString(reading: JsonReading, i: number, end: number): number {
  const { bytes } = reading;
  reading.escaped = false;
  let at = i;
  for (;;) {
    while (at < end && isSpecialInString[bytes[at]!] === 0) at++;
    if (at >= end) return fail(reading, 'value', end);
    const byte = bytes[at]!;
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) return fail(reading, 'control', at);
    reading.escaped = true;
    at = skipEscape(reading, at, end);
    if (at === FAILED) return FAILED;
  }
}

function skipEscape(reading: JsonReading, backslash: number, end: number): number {
  const { bytes } = reading;
  const letter = backslash + 1 < end ? bytes[backslash + 1]! : -1;
  if (letter !== 117) {
    return '"\\/bfnrt'.includes(String.fromCharCode(letter)) && letter > 0
      ? backslash + 2
      : fail(reading, 'escape', backslash);
  }
  const unit = codeUnit(bytes, backslash + 2, end);
  if (unit < 0) return fail(reading, 'escape', backslash);
  const next = backslash + 6;
  if ((unit & 0xf800) !== 0xd800) return next;
  const isPair =
    unit < 0xdc00 &&
    next + 1 < end &&
    bytes[next] === BACKSLASH &&
    bytes[next + 1] === 117 &&
    (codeUnit(bytes, next + 2, end) & 0xfc00) === 0xdc00;
  if (isPair) return next + 6;
  reading.loneSurrogate = true;
  return next;
}

/** The value of four hexadecimal digits, or -1. */
function codeUnit(bytes: Uint8Array, i: number, end: number): number {
  if (i + 4 > end) return -1;
  let unit = 0;
  for (let k = i; k < i + 4; k++) {
    const byte = bytes[k]!;
    const lower = byte | 32;
    if (byte >= 48 && byte <= 57) unit = unit * 16 + byte - 48;
    else if (lower >= 97 && lower <= 102) unit = unit * 16 + lower - 87;
    else return -1;
  }
  return unit;
}

const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;

function skipDigits(bytes: Uint8Array, i: number, end: number): number {
  let at = i;
  while (at < end && isDigit(bytes[at]!)) at++;
  return at;
}

/** @param i at `-` or a digit. */
function skipNumber(reading: JsonReading, i: number, end: number): number {
  const { bytes } = reading;
  let at = bytes[i] === MINUS ? i + 1 : i;
  const whole = skipDigits(bytes, at, end);
  if (whole === at || (bytes[at] === 48 && whole > at + 1)) return fail(reading, 'number', i);
  at = whole;
  if (at < end && bytes[at] === 46) {
    const fraction = skipDigits(bytes, at + 1, end);
    if (fraction === at + 1) return fail(reading, 'number', i);
    at = fraction;
  }
  if (at < end && (bytes[at]! | 32) === 101) {
    const signed = at + 1 < end && (bytes[at + 1] === 43 || bytes[at + 1] === MINUS) ? at + 2 : at + 1;
    const exponent = skipDigits(bytes, signed, end);
    if (exponent === signed) return fail(reading, 'number', i);
    at = exponent;
  }
  return at;
}

const literalsByLetter: Readonly<Record<number, readonly number[]>> = Object.freeze({
  116: [116, 114, 117, 101],
  102: [102, 97, 108, 115, 101],
  110: [110, 117, 108, 108],
});

function skipLiteral(reading: JsonReading, i: number, end: number): number {
  const letters = literalsByLetter[reading.bytes[i]!];
  if (letters === undefined) return fail(reading, 'value', i);
  if (i + letters.length > end) return fail(reading, 'literal', i);
  for (let k = 0; k < letters.length; k++) {
    if (reading.bytes[i + k] !== letters[k]) return fail(reading, 'literal', i);
  }
  return i + letters.length;
}

/** A key and its colon. @param i where the key's quote should be, after white space. @returns where its value may start. */
function skipKey(reading: JsonReading, i: number, end: number): number {
  const { bytes } = reading;
  let at = skipSpace(bytes, i, end);
  if (bytes[at] !== QUOTE) return fail(reading, 'key', at);
  at = skipString(reading, at + 1, end);
  if (at === FAILED) return FAILED;
  at = skipSpace(bytes, at, end);
  return at < end && bytes[at] === COLON ? at + 1 : fail(reading, 'colon', at);
}

/**
 * The value that starts at `i`, after white space, and all that is in it.
 * @param depth levels of nesting that it may have, at most what the reading was made for.
 * @returns just after the value, or FAILED: then the reading says why.
 */
export function skipValue(reading: JsonReading, i: number, end: number, depth: number): number {
  const { bytes, open } = reading;
  let level = 0;
  let at = i;
  for (;;) {
    at = skipSpace(bytes, at, end);
    const first = at < end ? bytes[at]! : -1;
    let isOpened = false;
    if (first === QUOTE) {
      at = skipString(reading, at + 1, end);
    } else if (first === OPEN_OBJECT || first === OPEN_LIST) {
      if (level === depth) return fail(reading, 'depth', at);
      open[++level] = first === OPEN_OBJECT ? 1 : 0;
      const inside = skipSpace(bytes, at + 1, end);
      if (inside < end && bytes[inside] === (first === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_LIST)) {
        level--;
        at = inside + 1;
      } else {
        at = first === OPEN_OBJECT ? skipKey(reading, inside, end) : inside;
        isOpened = true;
      }
    } else if (first === MINUS || isDigit(first)) {
      at = skipNumber(reading, at, end);
    } else {
      at = skipLiteral(reading, at, end);
    }
    if (at === FAILED) return FAILED;
    // After a value: the end of what it stands in, as often as that ends here, or the next one.
    while (!isOpened) {
      if (level === 0) return at;
      at = skipSpace(bytes, at, end);
      const isObject = open[level] === 1;
      const byte = at < end ? bytes[at]! : -1;
      if (byte === COMMA) {
        at = isObject ? skipKey(reading, at + 1, end) : at + 1;
        if (at === FAILED) return FAILED;
        isOpened = true;
      } else if (byte === (isObject ? CLOSE_OBJECT : CLOSE_LIST)) {
        level--;
        at++;
      } else {
        return fail(reading, isObject ? 'object' : 'list', at);
      }
    }
  }
}
