/** Scanners of every format that is read as text, fed with memory that is used again: they keep nothing of it. */

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../../core/limits.ts';
import { format } from '../../../core/vocabulary.ts';
import type { Format } from '../../../core/formats/format.ts';
import { SEED } from '../../support/formats.ts';

const lines = ['1,2\n', '1,"2"\n', '"a\nb",2\n', '1,"2\n', '"1,2\r\n', '1\n', 'a,b\n', '# c\n', '\n', 'end,1\n', 'ende\n', 'é,👍\n', '"a\\"b",1\n', '1 , "2"\n']; // prettier-ignore
const items = ['{"a":1}', '{"a":"]"}', '{"a":[1,{"b":"\\""}]}', ',', ' ', '\n', '[', ']', '"x', '}', '\x1e'];

const csv: readonly (readonly [string, Format])[] = [
  ['csv', format.csv()],
  ['csv without quotes', format.csv({ quote: '' })],
  ['csv with a comment and backslashes', format.csv({ comment: '#', escape: 'backslash' })],
  ['csv with blanks that are ignored', format.csv({ blanks: 'ignored' })],
  ['csv with lines of a trailer', format.csv({ trailer: 2 })],
  ['csv with a trailer that starts so', format.csv({ trailer: 'end,' })],
  ['csv in another encoding of single bytes', format.csv({ encoding: 'windows-1252' })],
  ['csv in an encoding of several bytes', format.csv({ encoding: 'gb18030' })],
  ['csv with a delimiter of several characters', format.csv({ delimiter: '1,' })],
];
const formats: readonly (readonly [string, Format, string, readonly string[], BufferEncoding])[] = [
  ...csv.map(([name, one]) => [name, one, 'a,b\n', lines, 'utf8'] as const),
  ['csv in UTF-16', format.csv({ encoding: 'utf-16le' }), 'a,b\n', lines, 'utf16le'],
  ['csv without a header', format.csv({ header: false, columns: ['a', 'b'] }), '', lines, 'utf8'],
  ['jsonl', format.jsonl(), '', items, 'utf8'],
  ['json', format.json(), '[', items, 'utf8'],
  ['json inside of an object', format.json({ records: 'list' }), '{"list":[', items, 'utf8'],
  ['jsonSequence', format.jsonSequence(), '', items, 'utf8'],
];

/** All that a scanner says, while it is fed and at its end. @param reused whether the memory of each block is used again. */
function told(format: Format, object: Uint8Array, sizes: readonly number[], reused: boolean): unknown[] {
  const said: unknown[] = [];
  try {
    const header = format.header(object, true, defaultLimits)!;
    const scanner = format.scanner(header, defaultLimits);
    const state = () => [scanner.records, scanner.boundary, scanner.takeNotes(), scanner.takeTorn?.(Infinity), scanner.apart?.()]; // prettier-ignore
    const body = object.subarray(header.bytes);
    for (let at = 0, n = 0; at < body.length; n++) {
      const block = body.slice(at, at + sizes[n % sizes.length]!);
      scanner.push(block);
      if (reused) block.fill(10);
      at += block.length;
      said.push(state());
    }
    scanner.end();
    said.push(state());
  } catch (error) {
    said.push((error as Error).message);
  }
  return said;
}

const sizes = fc.array(fc.integer({ min: 1, max: 24 }), { minLength: 1, maxLength: 4 });

describe('says the same as where each block has memory of its own', () => {
  test.each(formats)('%s', (_, one, head, pieces, encoding) => {
    const body = fc.array(fc.constantFrom(...pieces), { maxLength: 40 });
    fc.assert(
      fc.property(body, sizes, (parts, blocks) => {
        const object = new Uint8Array(Buffer.from(head + parts.join(''), encoding));
        expect(told(one, object, blocks, true)).toEqual(told(one, object, blocks, false));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

test('a scanner that kept its blocks is seen', () => {
  const kept: Uint8Array[] = [];
  const keeping: Format = {
    ...format.jsonl(),
    scanner: () => ({
      push: (block) => void kept.push(block),
      end: () => undefined,
      records: 0,
      boundary: 0,
      takeNotes: () => 0,
      apart: () => [Buffer.concat(kept.splice(0)).toString()],
    }),
  };
  expect(told(keeping, Buffer.from('{}'), [1], true)).not.toEqual(told(keeping, Buffer.from('{}'), [1], false)); // prettier-ignore
});
