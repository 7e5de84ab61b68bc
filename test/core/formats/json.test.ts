/** JSON, case by case: what a record is, what its fields say, and what becomes of one that cannot be read. */

import { describe, expect, it } from 'vitest';
import { json } from '../../../core/formats/json.ts';
import { jsonl } from '../../../core/formats/jsonl.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf, canonicalRows, prepared, scanned } from '../../support/formats.ts';

const ok = (...fields: string[]) => ({ fields });
const fault = (code: string, message: string) => ({ faults: [{ column: null, code, message, value: null }] });
const linesOf = (text: string | Uint8Array, fields = ['a', 'b']) =>
  canonicalRows(prepared(jsonl(), typeof text === 'string' ? bytesOf(text) : text, { fields }));
const elementsOf = (text: string, fields = ['a', 'b']) =>
  canonicalRows(prepared(json(), bytesOf(text), { fields }));
const objectFault = (code: string, message: RegExp) =>
  expect.objectContaining({ name: 'ObjectRejectedError', code, message: expect.stringMatching(message) });

describe('fields', () => {
  it('carry their type and, but for texts and exponents, what was received', () => {
    expect(linesOf('{"a":"x","b":1.10}\n{"b":1e2,"a":12345678901234567890}')).toEqual([
      ok('sx', 'n1.10'),
      ok('n12345678901234567890', 'n100'),
    ]);
    expect(linesOf('{"a":true,"b":false}\n{"a":null}\n{"a":"","b":-0}')).toEqual([
      ok('btrue', 'bfalse'),
      ok('znull', ''),
      ok('s', 'n-0'),
    ]);
    expect(linesOf('{"a":{"x": [1, "]"]},"b":[ ]}')).toEqual([ok('o{"x": [1, "]"]}', 'a[ ]')]);
  });

  it('are decoded where they are texts', () => {
    expect(linesOf(String.raw`{"a":"\"\\\/\b\f\n\r\t\u00fc\ud83d\udc4d\u0000","b":"👍"}`)).toEqual([
      ok('s"\\/\b\f\n\r\tü👍\0', 's👍'),
    ]);
  });

  it('are found by name, however it is written, also where it is __proto__', () => {
    const names = ['__proto__', 'constructor', 'a b', 'ü', ''];
    const text = String.raw`{"\u005f_proto__":1,"constructor":2,"a\u0020b":3,"\u00fc":4,"":5}`;
    expect(linesOf(`${text}\n{}`, names)).toEqual([ok('n1', 'n2', 'n3', 'n4', 'n5'), ok('', '', '', '', '')]);
    expect(({} as Record<string, unknown>)['1']).toBeUndefined();
  });

  it('that were not asked for are named, up to a hundred', () => {
    const wide = Array.from({ length: 300 }, (_, i) => `"x${i}":1`).join(',');
    const { extra } = prepared(jsonl(), bytesOf(`{"a":1,"Z":2}\n{"Z":1,${wide}}`), { fields: ['a'] });
    expect(extra).toHaveLength(100);
    expect(extra.slice(0, 3)).toEqual(['Z', 'x0', 'x1']);
  });
});

describe('records that are not JSON', () => {
  it.each([
    ['{"a":NaN}', 'expected a value, found NaN'],
    ['{"a":NaN,"b":1}', 'expected a value, found NaN'],
    ['{"a":-Infinity}', 'expected a number as JSON writes it, found a "-" or what follows it'],
    ['{"a":Infinity}', 'expected a value, found Infinity'],
    ['{"a":True}', 'expected a value, found True'],
    ['{"a":1,}', 'expected a key in double quotes, found "}"'],
    ['{"a":[1,]}', 'expected a value, found "]"'],
    ["{'a':1}", `expected a key in double quotes, found "'"`],
    ['{a:1}', 'expected a key in double quotes, found "a"'],
    ['{"a" 1}', 'expected ":" after a key, found a number'],
    ['{"a":1 "b":2}', 'expected "," or "}" after a value, found "\\""'],
    ['{"a":01}', 'expected a number as JSON writes it, found a number'],
    ['{"a":-}', 'expected a number as JSON writes it, found a "-" or what follows it'],
    ['{"a":1} // x', 'expected the end of the record after an object, found more'],
    ['{"a":/* */1}', 'expected a value, found "/"'],
    ['{"a":"x\ty"}', 'expected control characters in texts to be escaped, found a control character'],
    [String.raw`{"a":"\x41"}`, String.raw`expected a known escape after "\", found "\\"`],
    [String.raw`{"a":"\u00zz"}`, String.raw`expected a known escape after "\", found "\\"`],
    ['{"a":"x', 'expected JSON that is complete, found its end too early'],
    ['{"a":1', 'expected JSON that is complete, found its end too early'],
    ['[1]', 'expected an object, found a list'],
    ['"a"', 'expected an object, found a text'],
    ['1', 'expected an object, found a number'],
    ['null', 'expected an object, found null'],
    ['true', 'expected an object, found true or false'],
    ['nope', 'expected true, false or null, found "n"'],
    ['{"a":\ufeff1}', 'expected a value, found a byte order mark'],
    ['{"a":\ufee01}', 'expected a value, found another character'],
    ['1 2', 'expected an object, found several values'],
    ['{"a":1,"b":2,"a":1}', 'expected each key once, found "a" again'],
    ['{"a":{"b":1,c:2}}', 'expected a key in double quotes, found "c"'],
    [String.raw`{"a":{"\x":1}}`, String.raw`expected a known escape after "\", found "\\"`],
    [String.raw`{"x":1,"\u0078":2}`, 'expected each key once, found "x" again'],
  ])('%s: %s', (line, message) => {
    expect(linesOf(`{"a":1}\n${line}\n{"b":2}`)).toEqual([
      ok('n1', ''),
      fault('malformed', message),
      ok('', 'n2'),
    ]);
  });

  it('are so in the middle of an array too', () => {
    expect(elementsOf('[{"a":1},\n{"a":NaN}, [1] ,,{"b":2}]')).toEqual([
      ok('n1', ''),
      fault('malformed', 'expected a value, found NaN'),
      fault('malformed', 'expected an object, found a list'),
      fault('malformed', 'expected an object, found nothing'),
      ok('', 'n2'),
    ]);
  });

  it('are rejected for half of a surrogate pair, anywhere in them', () => {
    const half = fault('encoding', 'expected Unicode text, found half of a surrogate pair');
    const lines = [
      '{"a":"\\ud800"}',
      '{"a":"\\udc00\\ud800"}',
      '{"x":[{"\\uD83D":1}]}',
      '{"a":"\\ud83d\\udc4d"}',
    ];
    expect(linesOf(lines.join('\n'), ['a'])).toEqual([half, half, half, ok('s👍')]);
  });

  it('are rejected for bytes that are not UTF-8, alone', () => {
    const object = Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xff), Buffer.from('"}\n{"a":"\u00fc"}')]);
    expect(linesOf(object, ['a'])).toEqual([
      fault('encoding', 'expected UTF-8, found bytes that are not'),
      ok('s\u00fc'),
    ]);
  });

  it('are rejected for being too long, or for having too many keys', () => {
    const limits = { ...defaultLimits, recordBytes: 12, fields: 2 };
    const object = bytesOf('{"a":"1234"}\n{"a":"12345"}\n{"a":1,"b":2}');
    const rows = (more: object) =>
      canonicalRows(prepared(jsonl(), object, { fields: ['a'], limits: { ...limits, ...more } }));
    expect(rows({})[1]).toEqual(fault('too_long', 'expected at most 12 bytes, found more'));
    expect(rows({ fields: 1, recordBytes: 100 })[2]).toEqual(
      fault('malformed', 'expected a number of fields up to 1, found more'),
    );
  });

  it('find a repeated key among more names than are remembered', () => {
    const limits = { ...defaultLimits, fields: 50 };
    const line = (from: number) => `{${Array.from({ length: 50 }, (_, i) => `"k${from + i}":1`).join(',')}}`;
    const object = bytesOf([line(0), line(100), line(100).replace('k149', 'k100'), line(100)].join('\n'));
    expect(canonicalRows(prepared(jsonl(), object, { fields: ['a'], limits }))).toEqual([
      ok(''),
      ok(''),
      fault('malformed', 'expected each key once, found "k100" again'),
      ok(''),
    ]);
  });
});

describe('nesting', () => {
  const deep = 'expected at most 100 levels of nesting, found more';

  it('is bounded: a record of 100,000 levels is one rejected record', () => {
    const lists = '['.repeat(100_000) + ']'.repeat(100_000);
    const objects = '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000);
    expect(
      linesOf(`{"a":1}\n{"a":${lists}}\n${objects}\n{"a":${'['.repeat(100_000)}\n{"a":2}`, ['a']),
    ).toEqual([
      ok('n1'),
      fault('too_deep', deep),
      fault('too_deep', deep),
      fault('too_deep', deep),
      ok('n2'),
    ]);
    expect(elementsOf(`[{"a":1},${lists},${objects},{"a":2}]`, ['a'])).toEqual([
      ok('n1'),
      fault('too_deep', deep),
      fault('too_deep', deep),
      ok('n2'),
    ]);
  });

  it('is counted from the record itself', () => {
    const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;
    expect(linesOf(nested(100), ['a'])).toEqual([ok(`a${'['.repeat(99)}${']'.repeat(99)}`)]);
    expect(linesOf(nested(101), ['a'])).toEqual([fault('too_deep', deep)]);
  });
});

describe('JSON lines', () => {
  it('are the lines that are not blank', () => {
    const object = bytesOf('\n  {"a":1}\r\n\r\n \t \n{"a":2} \n\n{"a":3}');
    expect(scanned(jsonl(), object).records).toBe(3);
    expect(linesOf('\n  {"a":1}\r\n\r\n \t \n{"a":2} \n\n{"a":3}', ['a'])).toEqual([
      ok('n1'),
      ok('n2'),
      ok('n3'),
    ]);
    expect(scanned(jsonl(), bytesOf('')).records).toBe(0);
    expect(scanned(jsonl(), bytesOf(' \n\r\n')).records).toBe(0);
  });

  it('do not span several lines', () => {
    expect(linesOf('{\n"a": 1\n}').map((row) => 'faults' in row)).toEqual([true, true, true]);
  });

  it.each([
    [' \n[\n{"a":1}\n]', /Use format\.json\(\)/],
    ['[{"a":[1]}]\n', /Use format\.json\(\)/],
    ['["a",1]\n["b",2]\n', /Each line is a list/],
    ['{\n  "a": 1\n}\n', /pretty-printed JSON.* Use format\.jsonSequence\(\)/],
    ['\r\n{ \r\n\t"a": 1}', /pretty-printed JSON/],
    ['\x1e{"a":1}\n', /RFC 7464.* Use format\.jsonSequence\(\)/],
  ])('are refused as a whole where the object is something else: %j', (object, message) => {
    expect(() => scanned(jsonl(), bytesOf(object))).toThrow(objectFault('object.format', message));
    // Whatever the blocks are in which it comes.
    const long = bytesOf(object.padEnd(600, ' '));
    const header = (bytes: number) => jsonl().header(long.subarray(0, bytes), false, defaultLimits);
    expect(header(10)).toBeUndefined();
    expect(() => header(600)).toThrow(objectFault('object.format', message));
  });

  it('may be cut off in the first line', () => {
    expect(linesOf('{\n"a":1}\n{"a":2}').map((row) => 'faults' in row)).toEqual([true, true, false]);
    expect(linesOf('{\n {"a":1}\n').map((row) => 'faults' in row)).toEqual([true, false]);
    expect(linesOf('{"a":1}\n "x"\n').map((row) => 'faults' in row)).toEqual([false, true]);
  });

  it('are indexed without their line ends', () => {
    const chunk = bytesOf('{}\r\n\n[1]\n 2 ');
    const { count, starts, ends } = jsonl().index(chunk);
    const texts = Array.from({ length: count }, (_, r) =>
      Buffer.from(chunk.subarray(starts[r], ends[r])).toString(),
    );
    expect(texts).toEqual(['{}', '[1]', ' 2 ']);
  });
});

describe('a JSON array', () => {
  it.each([
    ['[]', 0],
    [' [ \n ] ', 0],
    ['[{}]', 1],
    ['[{},{}]\n', 2],
    ['[{"a":"]},{["},{"b":[{},{}]}]', 2],
    ['[,]', 2],
    ['[1,]', 2],
    ['[""]', 1],
    [String.raw`["\"]",2]`, 2],
    ['', 0],
    [' \n', 0],
  ])('%j has records: %i', (text, records) => {
    expect(scanned(json(), bytesOf(text)).records).toBe(records);
    expect(scanned(json(), bytesOf(text), [1]).records).toBe(records);
  });

  it('is read pretty-printed, each element on a row of its own', () => {
    const text = JSON.stringify([{ a: 'x', b: { c: [1, 2] } }, { a: null }], null, 2);
    const chunk = prepared(json(), bytesOf(text), { fields: ['a', 'b'] });
    expect(canonicalRows(chunk)).toEqual([
      ok('sx', 'o{\n      "c": [\n        1,\n        2\n      ]\n    }'),
      ok('znull', ''),
    ]);
    expect(chunk.dialect.newlinesInQuotes).toBe(true);
  });

  it.each([
    ['[', 'object.truncated', /stops in the list, after 0 complete/],
    ['[{"a":1}', 'object.truncated', /stops in the list, after 0 complete/],
    ['[{"a":1},{"a":2', 'object.truncated', /stops inside an element, after 1 complete/],
    ['[{"a":"x]', 'object.truncated', /inside a text/],
    ['[{}] {}', 'object.format', /ends after 1 elements, and more follows at byte 5/],
    ['[{}]]', 'object.format', /more follows at byte 4/],
    ['[{}}', 'object.format', /ends with "}" instead of "]", after 1 elements/],
    ['{"a":1}', 'object.format', /found an object.*format\.jsonl\(\)/],
    ['"a"', 'object.format', /found "\\""/],
    ['\u00e9', 'object.format', /found the byte 195/],
  ])('%j is refused as a whole', (text, code, message) => {
    expect(() => scanned(json(), bytesOf(text))).toThrow(objectFault(code, message));
    expect(() => scanned(json(), bytesOf(text), [1])).toThrow(objectFault(code, message));
  });

  it('does not begin after white space without an end', () => {
    const limits = { ...defaultLimits, headerBytes: 10 };
    expect(json().header(bytesOf(' '.repeat(10)), false, limits)).toBeUndefined();
    expect(() => json().header(bytesOf(' '.repeat(11)), false, limits)).toThrow(
      objectFault('object.format', /10 bytes of white space/),
    );
  });

  it('is indexed by its elements, in any chunk that ends after one', () => {
    const texts = (text: string) => {
      const chunk = bytesOf(text);
      const { count, starts, ends } = json().index(chunk);
      return Array.from({ length: count }, (_, r) =>
        Buffer.from(chunk.subarray(starts[r], ends[r])).toString(),
      );
    };
    expect(texts(' {"a":1} ,\n[1,2],')).toEqual(['{"a":1}', '[1,2]']);
    expect(texts(' 3 ]')).toEqual(['3']);
    expect(texts(' ]')).toEqual(['']);
  });
});
