/** JSON is read up to an end, whatever stands behind it. */

import { expect, it } from 'vitest';
import { FAILED, jsonReading, skipString, skipValue } from '../../../core/formats/json-token.ts';
import { bytesOf } from '../../support/formats.ts';

it.each([
  ['"x', '"'],
  ['"x\\', '""'],
  ['"x\\u00', '41"'],
  ['tru', 'e'],
  ['-', '1'],
  ['1.', '5'],
  ['1e', '5'],
  ['[1', ',2]'],
  ['[', ']'],
  ['[', 'null]'],
  ['{', '"a":1}'],
  ['{', '}'],
  ['{"a"', ':1}'],
  ['{"a":', '1}'],
  ['{"a":1,', '"b":2}'],
])('%s ends too early, also before %s', (text, behind) => {
  for (const rest of ['', behind]) {
    const bytes = bytesOf(text + rest);
    const reading = jsonReading(bytes, 10);
    expect(skipValue(reading, 0, text.length, 10)).toBe(FAILED);
  }
  expect(skipValue(jsonReading(bytesOf(text + behind), 10), 0, text.length + behind.length, 10)).toBe(
    text.length + behind.length,
  );
});

it('an escape that is cut off is none, whatever stands behind', () => {
  const reading = jsonReading(bytesOf('"\\u0041"'), 1);
  expect([skipString(reading, 1, 5), reading.fault, reading.at]).toEqual([FAILED, 'escape', 1]);
});

it('a text that does not end fails at the end', () => {
  const reading = jsonReading(bytesOf('"x"'), 1);
  expect([skipString(reading, 1, 2), reading.fault, reading.at]).toEqual([FAILED, 'value', 2]);
});
