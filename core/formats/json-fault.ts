/** What a person is told of a record that is not the JSON it should be. */

import type { Reason } from '../reasons.ts';
import { faultWords, type JsonReading } from './json-token.ts';

type Fault = Pick<Reason, 'code' | 'message'>;

/** Words that other languages write where JSON has none; any other word is shown by its first character. */
const foreign = /^(?:NaN|Infinity|undefined|None|True|False|nan|inf|NULL|Null|TRUE|FALSE)$/;

/** The reason for a reading that failed. Equal faults have equal words: no positions, no values. */
export function faultOf(reading: JsonReading, end: number, depth: number): Fault {
  const { bytes, fault, at } = reading;
  if (fault === 'depth') {
    return { code: 'too_deep', message: `expected at most ${depth} levels of nesting, found more` };
  }
  if (at >= end) return malformed('expected JSON that is complete, found its end too early');
  return malformed(`${faultWords[fault]}, found ${found(bytes, at, end)}`);
}

export const malformed = (message: string): Fault => ({ code: 'malformed', message });

/** Of a value that is JSON, but not an object: what it is. */
export function kindOf(first: number): string {
  if (first === 91) return 'a list';
  if (first === 34) return 'a text';
  if (first === 116 || first === 102) return 'true or false';
  return first === 110 ? 'null' : 'a number';
}

/** A name as messages show it. */
export const shown = (name: string): string =>
  JSON.stringify(name.length > 100 ? `${name.slice(0, 99)}…` : name);

function found(bytes: Uint8Array, at: number, end: number): string {
  let word = '';
  let i = at;
  while (i < end && word.length < 12 && isLetter(bytes[i]!)) word += String.fromCharCode(bytes[i++]!);
  if (foreign.test(word)) return word;
  const byte = bytes[at]!;
  if (byte === 0xef && bytes[at + 1] === 0xbb && bytes[at + 2] === 0xbf) return 'a byte order mark';
  if (byte === 45) return 'a "-" or what follows it';
  if (byte >= 48 && byte <= 57) return 'a number';
  if (byte > 32 && byte < 127) return JSON.stringify(String.fromCharCode(byte));
  return byte < 32 ? 'a control character' : byte === 32 ? 'white space' : 'another character';
}

const isLetter = (byte: number): boolean => (byte | 32) >= 97 && (byte | 32) <= 122;
