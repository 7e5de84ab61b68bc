/** Measuring the long rows of a chunk: exact, however the chunk is cut into blocks. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { csvNotes } from '../../../core/formats/csv-shape.ts';
import { longRows } from '../../../core/formats/long-rows.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf, prepared, SEED } from '../../support/formats.ts';

const KIB = 1024;

function measured(bytes: Uint8Array, block: number): number {
  const rows = longRows();
  for (let at = 0; at < bytes.length; at += block) rows.push(bytes.subarray(at, at + block));
  return rows.longest();
}

describe('the longest row', () => {
  it('is told where it has 64 KiB or more, wherever it stands and however the bytes come', () => {
    const length = fc.oneof(
      { weight: 4, arbitrary: fc.nat(200) },
      { weight: 1, arbitrary: fc.nat(4 * 64 * KIB) },
      fc.constantFrom(64 * KIB - 2, 64 * KIB - 1, 64 * KIB, 128 * KIB - 1, 128 * KIB),
    );
    fc.assert(
      fc.property(
        fc.array(length, { maxLength: 30 }),
        fc.boolean(),
        fc.integer({ min: 1000, max: 300 * KIB }),
        (lengths, endsWithLine, block) => {
          const lines = lengths.map((n) => `${'x'.repeat(n)}\n`);
          const text = endsWithLine ? lines.join('') : lines.join('').slice(0, -1);
          const rows = text.split(/(?<=\n)/);
          const longest = Math.max(0, ...rows.map((row) => row.length));
          expect(measured(bytesOf(text), block)).toBe(longest < 64 * KIB ? 0 : longest);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('is 0 of nothing', () => {
    expect(longRows().longest()).toBe(0);
  });

  it('is what the engine is told of a chunk that it reads as it is, whole or in blocks', () => {
    const rows = `1,2\n3,${'x'.repeat(100_000)}\n5,6\n`;
    const chunk = prepared(csv(), bytesOf(`a,b\n${rows}`));
    expect(chunk.columns).toEqual(['f0', 'f1']);
    expect(chunk.dialect.longestRow).toBe(100_003);
    const inBlocks = csv().inBlocks!({ fields: ['a', 'b'], notes: csvNotes.lf, limits: defaultLimits })!;
    for (let at = 0; at < rows.length; at += 999)
      expect(inBlocks.push(bytesOf(rows.slice(at, at + 999)))).toEqual(bytesOf(rows.slice(at, at + 999)));
    expect(inBlocks.end()!.dialect.longestRow).toBe(100_003);
  });
});
