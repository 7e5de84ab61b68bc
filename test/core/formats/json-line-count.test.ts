/** Lines of JSON counted sixteen bytes at a time, against a count by plain string functions. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lineCounter } from '../../../core/formats/json-line-count.ts';
import { MOST } from '../../../core/formats/line-machine.ts';
import { SEED } from '../../support/schemas.ts';

/** Records, and where the last of them ends, as one reads a text by itself. */
function plainly(text: string): { records: number; boundary: number } {
  let records = 0;
  let boundary = 0;
  let at = 0;
  for (const line of text.split(/(?<=\n)/)) {
    at += line.length;
    if (!/[^ \t\r\n]/.test(line)) continue;
    records++;
    boundary = at;
  }
  return { records, boundary };
}

function counted(text: string, sizes: readonly number[]): { records: number; boundary: number } {
  const bytes = Buffer.from(text, 'latin1');
  const counter = lineCounter();
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length]!;
    counter.push(bytes.subarray(at, at + size));
    at += size;
  }
  counter.end();
  return { records: counter.records, boundary: counter.boundary };
}

describe('counts', () => {
  test.each([
    ['nothing', '', 0, 0],
    ['white space alone', ' \t\r\n\r\n\n ', 0, 0],
    ['a line', '{}\n', 1, 3],
    ['a line without an end', '{}', 1, 2],
    ['lines of CRLF', '{}\r\n{}\r\n', 2, 8],
    ['a line behind blank ones', '\n \n{}\n\n', 1, 6],
    ['a line of a vertical tab, which is no white space of JSON', '\v\n', 1, 2],
    ['a line of a byte beyond ASCII', '\xa0\n', 1, 2],
    ['a line of a byte 0', '\0\n', 1, 2],
    ['many short lines', '1\n'.repeat(100), 100, 200],
    ['a line that is longer than one call', `${' '.repeat(MOST)}1${' '.repeat(MOST)}\n \n`, 1, 2 * MOST + 2],
  ])('%s', (_, text, records, boundary) => {
    for (const size of [1, 15, 16, 17, MOST + 1])
      expect(counted(text, [size])).toEqual({ records, boundary });
  });

  test('records as they are completed, whatever the blocks are', () => {
    const counter = lineCounter();
    const seen = ['{"a"', ':1}', '\n', ' ', '\n{', '}', '\n\n'].map((block) => {
      counter.push(Buffer.from(block));
      return [counter.records, counter.boundary];
    });
    expect(seen).toEqual([[0, 0], [0, 0], [1, 8], [1, 8], [1, 8], [1, 8], [2, 13]]); // prettier-ignore
  });

  test('each by itself, of several that are fed in turn', () => {
    const [one, other] = [lineCounter(), lineCounter()];
    one.push(Buffer.from('{'));
    other.push(Buffer.from(' \n'));
    one.push(Buffer.from('}\n'));
    other.push(Buffer.from('\n1\n'));
    expect([one.records, one.boundary, other.records, other.boundary]).toEqual([1, 3, 1, 5]);
  });

  test('as string functions do', () => {
    const piece = fc.constantFrom(' ', '\t', '\r', '\n', '\n\n', '\r\n', 'x', '{"a":1}', '\0', '\x80', '\xff', ' '.repeat(16), 'y'.repeat(33)); // prettier-ignore
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 }),
        (pieces, sizes) => {
          const text = pieces.join('');
          expect(counted(text, sizes)).toEqual(plainly(text));
        },
      ),
      { seed: SEED, numRuns: 2000 },
    );
  });
});
