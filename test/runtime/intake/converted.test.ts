/** Records that a converter loses or makes up: how many there are is counted by another reader, and must be the same. */

import { describe, expect, test, vi } from 'vitest';
import { defaultLimits } from '../../../core/limits.ts';
import { format } from '../../../core/vocabulary.ts';
import { intake } from '../../../runtime/intake/intake.ts';
import { bytesOf } from '../../support/formats.ts';
import { DECODED } from '../../support/intake.ts';
import { memoryFiles } from '../../support/memory-files.ts';

/** Nothing in reach makes it lose a line: it is made to. */
const change = vi.hoisted(() => ({ lines: (lines: Uint8Array[]): Uint8Array[] => lines }));
vi.mock(import('../../../core/formats/json-each.ts'), async (original) => {
  const real = await original();
  return {
    ...real,
    *eachLines(...given) {
      yield* change.lines([...real.eachLines(...given)]);
    },
  };
});

describe('an object of which', () => {
  test.each([
    ['a line is lost', (lines: Uint8Array[]) => lines.slice(1), 2],
    ['a line comes twice', (lines: Uint8Array[]) => [...lines, lines[0]!], 4],
    ['each line comes once', (lines: Uint8Array[]) => lines, 3],
  ])('%s', async (_, lines, read) => {
    change.lines = lines;
    const files = memoryFiles({ '/in/object': bytesOf('{"a":[1,2]}\n{"a":[3]}\n') });
    const result = await intake(files, { uri: '/in/object' }, format.jsonl({ each: 'a' }), {
      limits: defaultLimits,
      decodedTo: DECODED,
      converting: { columns: [], inEngine: () => Promise.reject(new Error('No engine is needed.')) },
      onProgress: () => {},
    });
    const message = expect.stringContaining(`3 records, and ${read} were read`);
    const expected = read === 3 ? { records: 3 } : { rejected: { code: 'object.unreadable', message } };
    expect(result).toMatchObject(expected);
    expect(files.contents.has(DECODED)).toBe(read === 3);
  });
});
