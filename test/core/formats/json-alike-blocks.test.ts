/** Records that are alike, a block at a time, against the whole chunk at once. */

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Prepared } from '../../../core/formats/format.ts';
import { alikeInBlocks, alikeRows } from '../../../core/formats/json-alike.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf, SEED } from '../../support/formats.ts';

const layout = { fields: ['a', 'b'], notes: 0, limits: defaultLimits };

function inBlocks(chunk: Uint8Array, size: number): Prepared | undefined {
  const way = alikeInBlocks(layout);
  const pieces: Uint8Array[] = [];
  // The memory of a block is used again.
  const memory = Buffer.alloc(size);
  for (let at = 0; at < chunk.length; at += size) {
    const length = Math.min(size, chunk.length - at);
    memory.set(chunk.subarray(at, at + length));
    const rows = way.push(memory.subarray(0, length));
    if (rows === undefined) return undefined;
    pieces.push(Buffer.from(rows));
    memory.fill(0x7b);
  }
  const last = way.end();
  return last && { ...last, bytes: Buffer.concat([...pieces, last.bytes]) };
}

const plain = (found: Prepared | undefined) =>
  found && { ...found, bytes: Buffer.from(found.bytes).toString() };

test('the same rows and the same told of them, wherever a block ends', () => {
  const value = fc.oneof(
    fc.integer({ min: -99, max: 99 }).map(String),
    fc.constantFrom('"x"', '"é👍"', '1.5', '-0', '""'),
  );
  const usual = fc.tuple(
    fc.integer({ min: 0, max: 9999 }).map(String),
    fc.constantFrom('"x"', '"éé"', '"long enough a text"'),
  );
  const record = fc.oneof({ weight: 30, arbitrary: usual }, { weight: 1, arbitrary: fc.tuple(value, value) });
  const end = fc.oneof(
    { weight: 20, arbitrary: fc.constant('\n') },
    { weight: 1, arbitrary: fc.constantFrom('\r\n', '\n\n', ' \n') },
  );
  const chunk = fc
    .tuple(fc.array(fc.tuple(record, end), { minLength: 1, maxLength: 60 }), fc.boolean())
    .map(([all, isCut]) => {
      const text = all.map(([[a, b], last]) => `{"a":${a}, "b":${b}}${last}`).join('');
      return isCut ? text.trimEnd() : text;
    });
  const seen = { alike: 0, tagged: 0 };
  fc.assert(
    fc.property(chunk, fc.integer({ min: 1, max: 400 }), (text, size) => {
      const bytes = bytesOf(text);
      const whole = plain(alikeRows(bytes, null, layout));
      const blocks = plain(inBlocks(bytes, size));
      // It may give up where what comes later shows that there are several types.
      if (blocks !== undefined && whole !== undefined && blocks.columns.length === whole.columns.length)
        seen.alike++;
      const isGivenUp = blocks === undefined;
      expect(isGivenUp ? whole : blocks).toEqual(whole);
      const isTagged = whole?.columns.includes('_tags') === true;
      if (isTagged) seen.tagged++;
      expect({ text, isGivenUp: isGivenUp && !isTagged }).toEqual({ text, isGivenUp: whole === undefined });
    }),
    { numRuns: 500, seed: SEED },
  );
  expect(seen.alike).toBeGreaterThan(200);
  expect(seen.tagged).toBeGreaterThan(20);
});

test.each([
  ['the first line is no record', 'x\n{"a":1, "b":2}\n'],
  ['one record is not like the others', '{"a":1, "b":2}\n{"a":1}\n'],
  ['a line is longer than a record may be', `{"a":1, "b":"${'x'.repeat(200)}"}\n`],
  ['a line that is longer than a record may be does not end', `{"a":1, "b":"${'x'.repeat(200)}`],
])('gives up where %s', (_, text) => {
  const limits = { ...defaultLimits, recordBytes: 100 };
  const way = alikeInBlocks({ ...layout, limits });
  const pieces = [...bytesOf(text)].map((byte) => way.push(Uint8Array.of(byte)));
  expect(pieces.includes(undefined)).toBe(true);
});
