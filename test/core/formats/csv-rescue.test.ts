/** A quote that is never closed costs its own record: what follows is read, by a rule that no block changes. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import type { CsvOptions } from '../../../core/formats/csv-options.ts';
import { csvNotes } from '../../../core/formats/csv-shape.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf, canonicalRows, prepared, scanned, SEED } from '../../support/formats.ts';
import { csvRecords } from '../../support/fuzz-oracle.ts';

const rowsOf = (text: string, options: CsvOptions = {}) =>
  canonicalRows(prepared(csv(options), bytesOf(text), { exact: true })).map((row) =>
    'fields' in row ? row.fields.join('|') : row.faults[0]!.code,
  );
const lines = (from: number, to: number, line = (i: number) => `${i},row ${i}\n`) =>
  Array.from({ length: to - from }, (_, i) => line(from + i)).join('');

describe('after a quote that is not closed', () => {
  it.each([
    ['nothing with quotes follows', 'a,b\n1,"x\n2,y\n3,z\n', ['malformed', '2|y', '3|z']],
    ['a quoted field follows, which would close it', 'a,b\n1,"x\n2,y\n3,"z"\n', ['malformed', '2|y', '3|z']],
    ['many follow', 'a,b\n0,w\n1,"x\n2,"y"\n3,"z"\n', ['0|w', 'malformed', '2|y', '3|z']],
    [
      'a second one follows later',
      `a,b\n1,"x\n${lines(2, 9)}9,"y\n${lines(10, 12)}`,
      [
        'malformed',
        ...[2, 3, 4, 5, 6, 7, 8].map((i) => `${i}|row ${i}`),
        'malformed',
        '10|row 10',
        '11|row 11',
      ],
    ],
    ['other line ends', 'a,b\r\n1,"x\r\n2,y\r\n3,z', ['malformed', '2|y', '3|z']],
    ['the object ends', 'a,b\n1,x\n2,"y', ['1|x', 'malformed']],
    ['a quoted line end follows', 'a,b\n1,"x\n2,"y\nz"\n3,w\n', ['malformed', '2|y\nz', '3|w']],
    ['an end that is cut off follows', 'a,b\n1,"x\n2,y\n3,z\n4', ['malformed', '2|y', '3|z', 'malformed']],
    ['another one is open at the end', 'a,b\n1,"x\n2,y\n3,z\n4,"w', ['malformed', '2|y', '3|z', 'malformed']],
    ['the first line break is in doubt', 'a,b\n1,"x\nstill text\n2,y\n3,z\n', ['malformed', '2|y', '3|z']],
  ])('%s', (_, text, rows) => {
    expect(rowsOf(text)).toEqual(rows);
  });

  it.each(['\n', '\r\n', '\r'])('each record that follows is counted once where lines end with %j', (end) => {
    const text = `a,b\n1,"x\n2,y\n3,"z"\n${lines(4, 12)}`.replaceAll('\n', end);
    for (const blocks of [[Infinity], [1], [20]])
      expect(scanned(csv(), bytesOf(text), blocks)).toMatchObject({ records: 11, torn: [0, 4 + end.length] });
  });

  it('the records stand where they stood, and chunks that are cut between them are told of it', () => {
    const text = `a,b\n${lines(0, 3)}3,"x\n${lines(4, 9)}`;
    const object = bytesOf(text);
    const format = csv();
    const { body, boundary, torn, records } = scanned(format, object);
    const { starts, ends, count } = format.index(body.subarray(0, boundary), torn);
    expect([records, count]).toEqual([9, 9]);
    expect(Array.from(starts, (start, r) => Buffer.from(body.subarray(start, ends[r])).toString())).toEqual(
      text.trimEnd().split('\n').slice(1),
    );
    expect(torn).toEqual([text.indexOf('3,"x') - 4, text.indexOf('4,row') - 4]);
  });
});

describe('what is no such quote stays as it is, though lines of it look like records', () => {
  it.each([
    ['a text of several lines', 'a,b\n1,"x\n2,y\n3,z"\n4,w\n', ['1|x\n2,y\n3,z', '4|w']],
    ['such a text in a ragged record', 'a,b\n1,"x\n2,y\n3,z",9,9\n4,w\n', ['malformed', '4|w']],
    [
      'such a text before a quote in a field',
      'a,b,c\n1,"x\ny",5" pipe\n2,z,w\n',
      ['1|x\ny|5" pipe', '2|z|w'],
    ],
    [
      'text behind a quote, with nothing that follows like records',
      'a,b,c\n1,"x\ny"z,5\n2,3,4\n',
      ['malformed', '2|3|4'],
    ],
  ])('%s', (_, text, rows) => {
    expect(rowsOf(text)).toEqual(rows);
  });

  it('a second record behind the line break that is not whole forbids the cut there: four of five must be', () => {
    const text = (good: number, bad: string) => `a,b\n1,"x\n${lines(2, 2 + good)}${bad}${lines(50, 60)}`;
    const cut = ['malformed', '2|row 2', '3|row 3'];
    expect(rowsOf(text(4, 'bad\n')).slice(0, 3)).toEqual(cut);
    expect(rowsOf(text(4, 'bad\nbad\n')).slice(0, 3)).toEqual(cut);
    expect(rowsOf(text(3, 'bad\nbad\n')).slice(0, 2)).toEqual(['malformed', '50|row 50']);
  });

  it('nor is cut before a record that is not whole itself, or where half of the few that are left are not', () => {
    expect(rowsOf(`a,b\n1,"x\nbad\n${lines(2, 9)}`).slice(0, 2)).toEqual(['malformed', '2|row 2']);
    expect(rowsOf('a,b\n1,"x\n2,y\nbad\n')).toEqual(['malformed']);
  });

  it('of one field every line would be a record that follows: the object is refused', () => {
    expect(() => rowsOf('a\n"x\ny\n')).toThrow(expect.objectContaining({ code: 'object.format' }));
  });

  it('past the limit of a record nothing is cut', () => {
    const limits = { ...defaultLimits, recordBytes: 100 };
    const text = `a,b\n1,"x\n${lines(2, 40)}`;
    expect(() => scanned(csv(), bytesOf(text), undefined, limits)).toThrow(
      expect.objectContaining({ code: 'object.format' }),
    );
    expect(scanned(csv(), bytesOf(text), undefined, { ...limits, recordBytes: 1000 }).records).toBe(39);
  });

  it('nor is a record that is closed later, whatever the blocks are', () => {
    const text = `a,b\n1,"x\n${lines(2, 20)}20,"y"\n${lines(21, 29)}`;
    const object = bytesOf(text);
    const limits = { ...defaultLimits, recordBytes: 100 };
    const whole = scanned(csv(), object, undefined, limits);
    expect(whole).toMatchObject({ records: 9, torn: [] });
    expect(whole.notes & csvNotes.long).toBe(csvNotes.long);
    for (const blocks of [[1], [50], [150], [220]])
      expect(scanned(csv(), object, blocks, limits)).toEqual(whole);
    expect(scanned(csv(), object)).toMatchObject({ records: 28, torn: [0, 5] });
  });

  it('a cut is tried in a thousand records of an object, and in no more', () => {
    const group = `1,"x\n2,"y"\n${lines(3, 7)}`;
    const { records, torn } = scanned(csv(), bytesOf(`a,b\n${group.repeat(1002)}`));
    expect([records, torn.length / 2]).toEqual([1000 * 6 + 2 * 5, 1000]);
    const open = bytesOf(`a,b\n${group.repeat(1000)}1,"x\n${lines(2, 9)}`);
    expect(() => scanned(csv(), open)).toThrow(expect.objectContaining({ code: 'object.format' }));
  });
});

it('is decided by the bytes alone, far apart from the ends of blocks and windows', () => {
  const row = (i: number) =>
    i % 5000 === 77 ? `${i},"open ${i}\n` : i % 3 === 0 ? `${i},"row ""${i}"",\nmore"\n` : `${i},row ${i}\n`;
  const object = bytesOf(`a,b\n${lines(0, 20_000, row)}`);
  expect(object.length).toBeGreaterThan(4 * 65_536);
  const whole = scanned(csv(), object);
  expect([whole.records, whole.torn.length]).toEqual([20_000, 8]);
  for (const blocks of [[65_536], [1000, 1], [8192, 70_001], [13]])
    expect(scanned(csv(), object, blocks)).toEqual(whole);
});

it('agrees with the rule as it is written down, whatever the bytes are', () => {
  const some = fc.array(
    fc.constantFrom('a', '1', ',', ',', '"', '\n', '\r\n', '\n', '""', 'b,c\n', '"d,e"\n'),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(
      some,
      fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 3 }),
      (parts, blocks) => {
        const body = parts.join('');
        const object = bytesOf(`x,y\n${body}`);
        const format = csv({ delimiter: ',' });
        const whole = scanned(format, object, blocks);
        const chunk = whole.body.subarray(0, whole.boundary);
        const { starts, ends } = format.index(chunk, whole.torn);
        const found = Array.from(starts, (start, r) =>
          Buffer.from(chunk.subarray(start, ends[r])).toString(),
        );
        expect(found).toEqual(
          csvRecords(body, ',', 2)!.map(({ raw, isMalformed, fields }) =>
            isMalformed && fields.length === 0 ? raw.replace(/\r?\n$|\r$/, '') : raw,
          ),
        );
      },
    ),
    { seed: SEED, numRuns: 4000 },
  );
});

it.each(['utf-16le', 'windows-1252'] as const)('in %s too', (encoding) => {
  const text = 'a,b\n1,é\n2,"ü\n3,ö\n4,ä\n';
  const object = Buffer.from(text, encoding === 'utf-16le' ? 'utf16le' : 'latin1');
  const format = csv({ encoding });
  expect(
    canonicalRows(prepared(format, object, { exact: true })).map((row) =>
      'fields' in row ? row.fields[1] : row.faults[0]!.code,
    ),
  ).toEqual(['é', 'malformed', 'ö', 'ä']);
  const { body, torn } = scanned(format, object, [3]);
  const { starts, ends } = format.index(body, torn);
  expect(Buffer.from(format.shown!(body.subarray(starts[1], ends[1]))).toString()).toBe('2,"ü');
});
