/** Shapes of JSON: objects one after another, lists inside of objects, fields inside of fields. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Format } from '../../../core/formats/format.ts';
import { json } from '../../../core/formats/json.ts';
import { jsonl } from '../../../core/formats/jsonl.ts';
import { jsonSequence } from '../../../core/formats/json-sequence.ts';
import { defaultLimits, type Limits } from '../../../core/limits.ts';
import { bytesOf, canonicalRows, prepared, scanned, SEED } from '../../support/formats.ts';

const rowsOf = (format: Format, text: string, ...fields: string[]) =>
  canonicalRows(prepared(format, bytesOf(text), { fields }));
const ok = (...fields: string[]) => ({ fields });
const malformed = (words: RegExp) => ({
  faults: [expect.objectContaining({ code: 'malformed', message: expect.stringMatching(words) })],
});
const refusal = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('objects one after another', () => {
  it.each([
    ['{"a":1}{"a":2}', 2],
    ['{\n  "a": 1\n}\n{\n  "a": 2\n}\n', 2],
    ['\u001e{"a":1}\n\u001e{"a":2}\n', 2],
    ['{"a":"}{\\"]"} {"a":[{"b":"]"}]}', 2],
    ['{}', 1],
    ['', 0],
    [' \n\t', 0],
  ])('in %j are %i records', (text, records) => {
    for (const blocks of [[1], [3], [1000]])
      expect(scanned(jsonSequence(), bytesOf(text), blocks).records).toBe(records);
    expect(rowsOf(jsonSequence(), text, 'a').every((row) => 'fields' in row)).toBe(true);
  });

  it('are what they are in a list, whatever white space stands between, and stand where they stood', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 }),
          { maxLength: 6 },
        ),
        fc.array(fc.constantFrom('', ' ', '\n', '\r\n\t', '\u001e'), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 0, max: 4 }),
        fc.integer({ min: 1, max: 9 }),
        (records, gaps, indent, block) => {
          const texts = records.map((record) => JSON.stringify(record, null, indent));
          const text = texts.map((one, i) => one + gaps[i % gaps.length]).join('');
          const format = jsonSequence();
          expect(rowsOf(format, text, 'a', 'c')).toEqual(rowsOf(json(), `[${texts.join(',')}]`, 'a', 'c'));
          const { body, boundary, records: count } = scanned(format, bytesOf(text), [block]);
          const { starts, ends } = format.index(body.subarray(0, boundary));
          expect(texts.map((_, i) => Buffer.from(body.subarray(starts[i], ends[i])).toString())).toEqual(
            texts,
          );
          expect(count).toBe(texts.length);
        },
      ),
      { seed: SEED, numRuns: 300 },
    );
  });

  it('with something else between are rejected where it stands, alone', () => {
    const object = malformed(/./);
    expect(rowsOf(jsonSequence(), '{"a":1}, {"a":2} x{"a":3} "y z" 4 ] {"a":NaN}{"a":5}', 'a')).toEqual([
      ok('n1'), object, ok('n2'), object, ok('n3'), object, object, object, object, ok('n5'),
    ]); // prettier-ignore
  });

  it('that are no sequence, or are cut off, are refused', () => {
    for (const text of ['{"a":1}{"a":', '{"a":1}{"a":"x}', '{"a":[}{"a":2}', '{"a":1} "x']) {
      expect(() => scanned(jsonSequence(), bytesOf(text))).toThrow(
        refusal('object.truncated', /inside of record/),
      );
    }
    expect(() => scanned(jsonSequence(), bytesOf('[{"a":1}]'))).toThrow(
      refusal('object.format', /format\.json\(\)/),
    );
    // As lines, each line of a pretty-printed object is a record and no object; none of it loads.
    expect(rowsOf(jsonl(), '{\n"a": 1\n}\n', 'a')).toEqual([malformed(/./), malformed(/./), malformed(/./)]);
  });
});

describe('a list of records inside of an object', () => {
  const format = (records: string) => json({ records });
  it.each([
    ['data', '{"data":[{"a":1},{"a":2}]}'],
    [
      'data',
      ' { "meta" : {"data":[{"a":9}]}, "n": [1,"]"], "data" : [ {"a":1} ,\n{"a":2} ] , "next": null } \n',
    ],
    ['result.items', '{"result":{"count":2,"items":[{"a":1},{"a":2}],"more":{"x":[]}},"ok":true}'],
    // A key that is the whole path is the list, and no way through another is looked for.
    ['result.items', '{"result.items":[{"a":1},{"a":2}],"result":{"items":[{"a":9}]}}'],
    ['a.b.c', '{"a":{"b.c":[{"a":1},{"a":2}]}}'],
    ['da\u0301ta', '{"d\\u0061\u0301ta":[{"a":1},{"a":2}]}'],
  ])('at %s in %j', (path, text) => {
    for (const blocks of [[1], [5, 2], [1000]])
      expect(scanned(format(path), bytesOf(text), blocks).records).toBe(2);
    expect(rowsOf(format(path), text, 'a')).toEqual([ok('n1'), ok('n2')]);
  });

  it.each([
    ['[{"a":1}]', 'object.format', /found a list/],
    ['"data"', 'object.format', /found a text/],
    ['{"items":[{"a":1}]}', 'object.format', /found an object without it/],
    ['{"data":{"a":1}}', 'object.format', /found an object\./],
    ['{"data":null}', 'object.format', /found null/],
    ['{"meta":1,', 'object.truncated', /ends before its list/],
    ['{"meta" 1,"data":[]}', 'object.truncated', /no JSON before it/],
    ['{"data":[{"a":1}]', 'object.truncated', /does not end as JSON does/],
    ['{"data":[{"a":1}],"next":', 'object.truncated', /does not end as JSON does/],
    ['{"data":[{"a":1}]} {"data":[]}', 'object.truncated', /something follows/],
    ['{"data":[{"a":1},{"a":2}', 'object.truncated', /does not end: the object stops/],
    // Read to its first list only, half of the records would be lost, and nobody would be told.
    ['{"data":[{"a":1}],"data":[{"a":2}]}', 'object.format', /"data" twice/],
  ])('of %j is refused', (text, code, message) => {
    expect(() => scanned(format('data'), bytesOf(text))).toThrow(refusal(code, message));
  });

  it('may stand in a limited distance from both ends', () => {
    const limits: Limits = { ...defaultLimits, headerBytes: 50 };
    const far = `{"x":"${'y'.repeat(60)}","data":[]}`;
    const long = `{"data":[{"a":1}],"x":"${'y'.repeat(60)}"}`;
    const head = bytesOf(far);
    expect(() => format('data').header(head.subarray(0, 60), false, limits)).toThrow(
      refusal('object.format', /first 50 bytes/),
    );
    expect(format('data').header(head.subarray(0, 40), false, limits)).toBeUndefined();
    expect(() => scanned(format('data'), bytesOf(long), [7], limits)).toThrow(
      refusal('object.format', /More than 50 bytes follow/),
    );
  });

  it.each(['', '.', 'a.', '.a', 'a..b'])('is not named by %j', (records) => {
    expect(() => json({ records })).toThrow(/place of the records is a key/);
  });
});

describe('a field inside of another', () => {
  it.each([
    ['{"a":{"b":1}}', ok('n1')],
    ['{"a":{"b":{"x":"}"}}}', ok('o{"x":"}"}')],
    ['{"a":{"c":[{"b":9}],"b":"\\u00e9\\n"}}', ok('sé\n')],
    ['{"a":{"b":null}}', ok('znull')],
    // A key with a dot of its own is the field, wherever it stands.
    ['{"a":{"b":1},"a.b":2}', ok('n2')],
    ['{"a.b":"x"}', ok('sx')],
    ['{"a":{"c":1}}', ok('')],
    ['{"a":null}', ok('')],
    ['{"b":1}', ok('')],
    ['{}', ok('')],
    // The first one taken, or the last, would be a guess.
    ['{"a":{"b":1,"b":2}}', malformed(/found "b" again/)],
    ['{"a":{"b":1},"a":{"b":2}}', malformed(/found "a" again/)],
    // A null in the place of the value would load as if there had been none.
    ['{"a":"x"}', malformed(/expected an object in "a"/)],
    ['{"a":[{"b":1}]}', malformed(/expected an object in "a"/)],
  ])('of %j', (text, row) => {
    expect(rowsOf(jsonl(), text, 'a.b')).toEqual([row]);
  });

  it('at any depth, by keys with dots too, beside the field that it stands in', () => {
    const text = '{"x":{"y.z":{"w":1},"y":{"z":{"w":2}}},"x.y":{"z":{"v":3}}}';
    expect(rowsOf(jsonl(), text, 'x.y.z.w', 'x.y.z.v', 'x.y.z', 'x.y')).toEqual([
      ok('n1', 'n3', 'o{"v":3}', 'o{"z":{"v":3}}'),
    ]);
  });
});
