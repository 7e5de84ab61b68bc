/** The opening of a list inside of an object: broken JSON before it is not passed, and a part of it may come later. */

import { describe, expect, it } from 'vitest';
import { json } from '../../../core/formats/json.ts';
import { defaultLimits } from '../../../core/limits.ts';
import { bytesOf, scanned } from '../../support/formats.ts';

const format = json({ records: 'data' });

it.each([
  '{5"x":1,"data":[1]}',
  '{"x":1 "data":[1]}',
  '{"data"5[1]}',
  '{"x":[1 2],"data":[1]}',
  '{"dat',
  '{"data"',
  '{"data":',
])('of %j, which ends so, is refused', (text) => {
  expect(() => scanned(format, bytesOf(text))).toThrow(
    expect.objectContaining({
      code: 'object.truncated',
      message: 'The object ends before its list at "data", or is no JSON before it. Deliver it whole.',
    }),
  );
});

it('needs more bytes wherever it is cut', () => {
  const head = bytesOf('{"x":{"a":[1]},"data":[');
  const header = (_: unknown, bytes: number) => format.header(head.subarray(0, bytes), false, defaultLimits);
  expect(Array.from({ length: head.length }, header)).toEqual(Array.from(head, () => undefined));
  expect(header(0, head.length)).toEqual({ fields: null, bytes: head.length });
});

describe('what follows a list', () => {
  it('may give the objects around it a key that would lead elsewhere', () => {
    const inner = json({ records: 'a.b.c' });
    const text = '{"a":{"b":{"c":[1,2]}},"a.b":{}}';
    expect(scanned(inner, bytesOf(text)).records).toBe(2);
  });
});
