/** Lines at the end of a CSV that are no records, and what is told of lines that are none. */

import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf, canonicalRows, prepared, scanned } from '../../support/formats.ts';

describe('a trailer', () => {
  const tells = (trailer: number | string, text: string) => {
    const format = csv({ trailer, delimiter: ',' });
    const object = bytesOf(text);
    return [canonicalRows(prepared(format, object, { exact: true })), scanned(format, object, [1]).records];
  };

  it.each([
    [1, 'x,y\n1,2\nT\n', 1],
    [1, 'x,y\n1,2\nT\n\n', 1],
    [2, 'x,y\n1,2\nT\nU', 1],
    ['T', 'x,y\n1,2\nT\nT,9\n', 1],
    // Inside of an object, what starts like the trailer is a record: left out, it would be lost.
    ['T', 'x,y\nT,2\nT3,4\n5,6\nT,9\n', 3],
    [1, 'x,y\n', 0],
    ['T', 'x,y\n', 0],
  ])('of %j in %j leaves %i records', (trailer, text, records) => {
    expect(tells(trailer, text)).toEqual([expect.objectContaining({ length: records }), records]);
  });

  it('that is missing says that the object was cut off', () => {
    for (const [trailer, text] of [
      ['T', 'x,y\n1,2\n'],
      ['T', 'x,y\nT,2\n3,4'],
      [3, 'x,y\n1,2\n3,4\n'],
    ] as const) {
      expect(() => tells(trailer, text)).toThrow(expect.objectContaining({ code: 'object.truncated' }));
    }
  });

  it('is told of, as are comments and a preamble', () => {
    const format = csv({ trailer: 'T', comment: '#', preamble: 1 });
    const object = bytesOf('Report\nx,y\n# one\n1,2\n#two\nT\n');
    const header = format.header(object, true, defaultLimits)!;
    const scanner = format.scanner(header, defaultLimits);
    scanner.push(object.subarray(header.bytes));
    scanner.end();
    expect(scanner.apart!()).toEqual([
      '1 line before the header: the preamble, not records.',
      '2 lines of comment: not records.',
      '1 line at the end: the trailer, not records.',
    ]);
  });
});
