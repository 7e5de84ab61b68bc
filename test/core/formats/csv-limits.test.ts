/** Where reading CSV stops to try, refuses, or would take what is none for a character. */

import { describe, expect, it } from 'vitest';
import { csv } from '../../../core/formats/csv.ts';
import type { CsvOptions } from '../../../core/formats/csv-options.ts';
import { codeUnits } from '../../../core/formats/units.ts';
import { isUtf8 } from '../../../core/formats/utf8.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf, canonicalRows, prepared } from '../../support/formats.ts';

const headerOf = (text: string, options: CsvOptions, atEnd = true, limits = defaultLimits) =>
  csv(options).header(bytesOf(text), atEnd, limits);

describe('a header is refused', () => {
  it('with a backslash that means nothing', () => {
    expect(() => headerOf('a\\n,b\n', { escape: 'backslash' })).toThrow(/backslash before a character that/);
  });

  it('that is JSON, with the formats that it may be of', () => {
    expect(() => headerOf('{"a": 1, "b": "c"}\n', { delimiter: '{' })).toThrow(
      /looks like JSON: use format.json/,
    );
  });

  it('that more lines stand before than there are, or than a header may be long', () => {
    expect(() => headerOf('one\ntwo\n', { preamble: 3 })).toThrow(/has 2 whole lines.*3 were expected/);
    expect(() => headerOf('one', { preamble: 2 })).toThrow(/has 1 whole lines.*2 were expected/);
    expect(headerOf('one\ntwo\n', { preamble: 3 }, false)).toBeUndefined();
    const small = { ...defaultLimits, headerBytes: 6 };
    expect(() => headerOf('one\ntwo', { preamble: 3 }, false, small)).toThrow(/3 were expected/);
    expect(headerOf('', { preamble: 3 })).toEqual({ fields: [], bytes: 0 });
  });
});

describe('where there is no header', () => {
  const columns = ['a', 'b'];
  const options: CsvOptions = { header: false, columns, delimiter: ',' };

  it('a first record that cannot be read is judged as a record', () => {
    expect(headerOf('"x"y,1\n', options)).toEqual({ fields: columns, bytes: 0 });
  });

  it('more bytes are needed until it has ended', () => {
    expect(headerOf('a,b', options, false)).toBeUndefined();
  });
});

describe('options that contradict each other are refused', () => {
  it.each<[CsvOptions, RegExp]>([
    [{ blanks: 'ignored', delimiter: ' ' }, /blanks cannot be ignored/],
    [{ blanks: 'ignored', escape: 'backslash' }, /blanks cannot be ignored/],
    [{ columns: ['a'] }, /`columns` names the fields of objects with/],
    [{ header: false, columns: ['a', 'a'] }, /`columns` has a name twice/],
    [{ header: false, columns: ['a'], preamble: 'until-header' }, /no header to end the preamble/],
    [{ delimiter: '\\', escape: 'backslash' }, /must not be the same/],
    [{ delimiter: '#', comment: '#' }, /must not be the same/],
  ])('%j', (options, says) => {
    expect(() => csv(options)).toThrow(says);
  });

  it('a backslash is a mark like others where nothing is escaped by it', () => {
    const rows = canonicalRows(prepared(csv({ delimiter: '\\' }), bytesOf('a\\b\n1\\2\n'), { exact: true }));
    expect(rows).toEqual([expect.objectContaining({ fields: ['1', '2'] })]);
  });
});

describe('a quote that is not closed', () => {
  const rowsOf = (text: string) =>
    canonicalRows(prepared(csv(), bytesOf(text), { exact: true })).map((row) =>
      'fields' in row ? row.fields.join('|') : row.faults[0]!.code,
    );
  const whole = ['2,y', '3,z', '4,z', '5,z', '6,z'];
  const ends = (after: number) => [...Array.from({ length: after }, () => 'text'), ...whole].join('\n');

  it('is looked for in 100 lines of a record, and in no more', () => {
    expect(rowsOf(`a,b\n1,"x\n${ends(98)}`)).toEqual(['malformed', '2|y', '3|z', '4|z', '5|z', '6|z']);
    expect(rowsOf(`a,b\n1,"x\n${ends(99)}`)).toEqual(['malformed', '2|y', '3|z', '4|z', '5|z', '6|z']);
    expect(rowsOf(`a,b\n1,"x\n${ends(100)}`)).toEqual(['malformed']);
  });
});

describe('UTF-16', () => {
  const utf8 = (...units: number[]) => {
    const bytes = Uint8Array.from(units.flatMap((unit) => [unit & 0xff, unit >> 8]));
    return codeUnits('utf-16le')!.utf8(bytes);
  };

  it('has a character of two units only where the second one is the other half', () => {
    expect(Buffer.from(utf8(0xd83d, 0xdc4d)).toString()).toBe('👍');
    for (const units of [
      [0xd83d, 0xe000],
      [0xd83d, 0xdbff],
      [0xd83d, 0x61],
      [0xdc4d, 0xd83d],
      [0xd83d],
      [0xdfff],
    ]) {
      expect(isUtf8(utf8(...units))).toBe(false);
    }
    expect(Buffer.from(utf8(0xe000, 0xffff)).toString()).toBe('\ue000\uffff');
  });

  it('has four bytes for each character that UTF-8 has four for', () => {
    const text = 'a👍é€';
    const received = Buffer.from(text, 'utf16le');
    expect(codeUnits('utf-16le')!.measure(bytesOf(text), received)).toBe(10);
  });
});
