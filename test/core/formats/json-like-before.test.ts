/** Records that are read by the one before them: they must come out as each does alone, where there is none before. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { likeBefore } from '../../../core/formats/json-like-before.ts';
import { jsonReading } from '../../../core/formats/json-token.ts';
import { jsonl } from '../../../core/formats/jsonl.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf, canonicalRows, prepared, SEED } from '../../support/formats.ts';

const places = () => ({
  from: new Uint32Array(2),
  to: new Uint32Array(2),
  tag: new Uint8Array(2),
  escaped: new Uint8Array(2),
  isPlain: false,
});

describe('a record after {"a": 1, "b":"x"}', () => {
  const first = '{"a": 1, "b":"x"}';
  it.each([
    ['{"a": -20, "b":"some, text"}', ['-20', 'some, text'], 'ns', true],
    ['{"a": 0, "b":1.5e3}', ['0', '1.5e3'], 'nn', false],
    ['{"a": "", "b":null}', ['', 'null'], 'sz', true],
    [String.raw`{"a": true, "b":"\"\u00fc"}`, ['true', String.raw`\"\u00fc`], 'bs', false],
    ['{"a": {"x":[1,"}"]}, "b":[]}', ['{"x":[1,"}"]}', '[]'], 'oa', false],
  ])('that is %s is read by it', (record, texts, tags, isPlain) => {
    const found = readAfter(first, record);
    expect(found).toEqual({ texts, tags, isPlain });
  });

  it.each([
    '{"a":1, "b":"x"}', // other white space
    '{"a": 1,"b":"x"}',
    '{"a": 1, "b":"x"} ',
    '{"a":  1, "b":"x"}',
    '{"b": 1, "a":"x"}', // other keys
    '{"a": 1, "c":"x"}',
    '{"a": 1}',
    '{"a": 1, "b":"x", "c":1}',
    '{"a": 01, "b":"x"}', // no JSON
    '{"a": 1., "b":"x"}',
    '{"a": -, "b":"x"}',
    '{"a": , "b":"x"}',
    '{"a": 1, "b":"x',
    '{"a": 1, "b":"x\t"}',
    '{"a": 1, "b":"\\x"}',
    '{"a": 1, "b":tru}',
    '{"a": 1, "b":[1}',
    '{"a": 1, "b":12',
    '{"a": 1, "b":',
    '{"a": 1, "b":"x"}}',
    String.raw`{"a": 1, "b":"\ud800"}`, // half a pair
    `{"a": 1, "b":${'['.repeat(11)}${']'.repeat(11)}}`, // too deep
  ])('that is %j is left to be read key by key', (record) => {
    expect(readAfter(first, record)).toBeUndefined();
    expect(readAfter(first, record, '"}\n')).toBeUndefined();
  });

  /** What is found of a record by the one before it; `after` stands in the chunk behind it. */
  function readAfter(before: string, record: string, after = '\n') {
    const bytes = bytesOf(`${before}\n${record}${after}`);
    const found = places();
    const like = likeBefore(jsonReading(bytes, 10), found, 10);
    const start = before.length + 1;
    const end = bytes.length - after.length;
    expect(like.read(start, end)).toBe(false); // Nothing was read before.
    like.begin(0);
    like.value(0, before.indexOf('1'), before.indexOf('1') + 1);
    expect(like.read(start, end)).toBe(false); // The record before has not ended.
    like.value(1, before.indexOf('"x'), before.length - 1);
    like.end(before.length);
    if (!like.read(start, end)) return undefined;
    const text = new TextDecoder();
    return {
      texts: [0, 1].map((slot) => text.decode(bytes.subarray(found.from[slot], found.to[slot]))),
      tags: text.decode(found.tag),
      isPlain: found.isPlain,
    };
  }
});

describe('records of few shapes', () => {
  const values = fc.constantFrom(
    '1', '-0', '-17', '0', '1.50', '2E+4', '12345678901234567890', '""', '"x"', '"ü👍"', '"a, b"', '"\\u00e9\\n"',
    '"\\ud83d\\udc4d"', 'true', 'false', 'null', '{}', '[]', '{"b":"y","a":[1,{"c":2}]}', '[[" "]]', '01', 'NaN',
    '"\\ud800"', '"\\q"', '"', '{"b":1,"b":2}', '', ' 1', '[', '{"a":{"a":{"a":{}}}}',
  ); // prettier-ignore
  const shapes = ['{"a":V,"b":V,"c":V}', '{"a": V, "c": V}', '{"c":V,"a":V}', ' {"a":V} ', '{"\\u0061":V,"b":V}', '{"a":V,"a":V}', '{"a":V,"b.c":V,"b":V}', '{"b":V,"x":V}', '{}', 'x{"a":V}', '{"a":V}{"a":V}']; // prettier-ignore
  const record = fc
    .tuple(fc.constantFrom(...shapes), fc.array(values, { minLength: 3, maxLength: 3 }))
    .map(([shape, given]) => given.reduce((text, value) => text.replace('V', () => value), shape));
  // A record stands several times, so that there is mostly one like it before.
  const records = fc
    .array(fc.tuple(record, fc.array(record, { maxLength: 1 }), fc.nat(3)), { minLength: 1, maxLength: 8 })
    .map((runs) =>
      runs.flatMap(([one, other, times]) => [...Array.from({ length: times + 1 }, () => one), ...other]),
    );
  const limits = { ...defaultLimits, depth: 4 };

  it.each([[['a', 'b', 'c']], [['c', 'a']], [['b.c', 'a', 'b', 'b.b']]])('asked for %j', (fields) => {
    console.log(`seed ${SEED}`);
    let read = 0;
    fc.assert(
      fc.property(records, (lines) => {
        const rowsOf = (text: string) => canonicalRows(prepared(jsonl(), bytesOf(text), { fields, limits }));
        const rows = rowsOf(lines.join('\n'));
        expect(rows).toEqual(lines.flatMap((line) => rowsOf(line)));
        read += rows.filter((row) => 'fields' in row).length;
      }),
      { seed: SEED, numRuns: 300 },
    );
    expect(read).toBeGreaterThan(300);
  });
});
