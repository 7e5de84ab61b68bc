/** Elements of lists as lines: each is counted by another reader than the one that finds it. */

import { expect, it } from 'vitest';
import { eachLines } from '../../../core/formats/json-each.ts';
import { jsonl } from '../../../core/formats/jsonl.ts';
import { bytesOf } from '../../support/formats.ts';

function linesOf(text: string, each: string) {
  const chunk = bytesOf(text);
  const counts = { elements: 0, without: 0, single: 0 };
  const lines = [...eachLines(chunk, jsonl().index(chunk), { each, depth: 10 }, counts)];
  return { lines: lines.map((line) => Buffer.from(line).toString()), ...counts };
}

it.each([
  ['a list', 'a', '{"a":[1,2]}', ['{"a":1}\n', '{"a":2}\n'], [2, 0, 0]],
  ['an empty list', 'a', '{"a":[ ]}', [], [0, 1, 0]],
  ['null', 'a', '{"a":null}', [], [0, 1, 0]],
  ['nothing', 'a', '{"b":1}', [], [0, 1, 0]],
  ['a value', 'a', '{"a":3}', ['{"a":3}\n'], [1, 0, 1]],
  ['two lists', 'a', '{"a":[1],"a":[2]}', ['{"a":[1],"a":[2]}\n'], [1, 0, 1]],
  ['a list in a text', 'a.b', '{"a":"[1]"}', ['{"a":"[1]"}\n'], [1, 0, 1]],
  ['no object', 'a', '[1]', ['[1]\n'], [1, 0, 0]],
  ['an object and more', 'a', '{"a":[1]} {"a":[2]}', ['{"a":[1]} {"a":[2]}\n'], [1, 0, 0]],
  ['an object that is cut off', 'a', '{"a":[1]', ['{"a":[1]\n'], [1, 0, 0]],
  // The longer key has no way through; both readers go by the shorter one.
  ['a list beside null', 'a.b.c', '{"a.b":null,"a":{"b":{"c":[1,2]}}}', 2, [2, 0, 0]],
  ['a list beside a text', 'a.b.length', '{"a.b":"xyz","a":{"b":{"length":[1,2]}}}', 2, [2, 0, 0]],
])('of an object with %s', (_, each, text, lines, [elements, without, single]) => {
  const found = linesOf(text, each);
  expect(typeof lines === 'number' ? found.lines.length : found.lines).toEqual(lines);
  expect(found).toMatchObject({ elements, without, single });
});
