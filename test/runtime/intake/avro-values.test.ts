/** Avro values told as JSON, each from its bytes: no digit is lost, and what JSON has no value for becomes a text. */

import { expect, test } from 'vitest';
import { avroReading } from '../../../runtime/intake/avro-reading.ts';
import { recordSchema } from '../../../runtime/intake/avro-schema.ts';
import { avroWriter } from '../../../runtime/intake/avro-values.ts';

const of = (type: unknown): string =>
  JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'v', type }] });
const told = (schema: string, bytes: readonly number[], omitted: readonly string[] = []): string =>
  avroWriter(recordSchema(schema), { omitted: new Set(omitted), texts: new Set() })(
    avroReading(Uint8Array.from(bytes)),
  );
const logical = (type: string, logicalType: string, more: object = {}) => ({ type, logicalType, ...more });

const whole = { name: 'A', type: 'record', fields: [{ name: 'b', type: ['null', 'int'] }] };

test.each<[string, unknown, readonly number[], string]>([
  ['a float that is no number', 'float', [0, 0, 0xc0, 0x7f], '"NaN"'],
  ['a double that is endless', 'double', [0, 0, 0, 0, 0, 0, 0xf0, 0xff], '"-Infinity"'],
  ['a zero with a sign', 'float', [0, 0, 0, 0x80], '-0'],
  ['a decimal of no bytes', logical('bytes', 'decimal', { scale: 2 }), [0], '0.00'],
  ['a decimal below nothing', logical('bytes', 'decimal', { scale: 2 }), [2, 0xff], '-0.01'],
  ['a decimal in a fixed', logical('fixed', 'decimal', { name: 'F', size: 2, scale: 0 }), [1, 0], '256'],
  ['a date before 1970', logical('int', 'date'), [1], '"1969-12-31"'],
  ['a date that has the facts of a decimal', logical('int', 'date', { scale: 'x' }), [2], '"1970-01-02"'],
  ['a day that no calendar has', logical('int', 'date'), [0xfe, 0xff, 0xff, 0xff, 0x0f], '"2147483647"'],
  ['an instant before 1970', logical('long', 'timestamp-millis'), [1], '"1969-12-31T23:59:59.999Z"'],
  ['a time of no zone', logical('long', 'local-timestamp-nanos'), [2], '"1970-01-01T00:00:00.000000001"'],
  ['a duration', logical('fixed', 'duration', { name: 'D', size: 2 }), [1, 2], '"0102"'],
  ['a UUID', logical('fixed', 'uuid', { name: 'U', size: 16 }), Array<number>(16).fill(0xab), '"abababab-abab-abab-abab-abababababab"'],
  ['a UUID of another length, which is none', logical('fixed', 'uuid', { name: 'U', size: 2 }), [1, 2], '"0102"'],
  ['a logical type of another type, which is none', logical('long', 'date'), [2], '1'],
  ['a text that is not UTF-8', 'string', [2, 0xff], String.raw`"\ud800"`],
  ['a type in a type', { type: { type: 'int' } }, [2], '1'],
  ['a type that is named in a type', [whole, { type: 'A' }], [2, 2, 2], '{"b":1}'],
  ['a list in blocks that say their size', { type: 'array', items: 'int' }, [1, 2, 2, 3, 4, 4, 6, 0], '[1,2,3]'],
  ['a map', { type: 'map', values: 'int' }, [2, 2, 97, 2, 0], '{"a":1}'],
])('%s', (_, type, bytes, expected) => {
  expect(told(of(type), bytes)).toBe(`{"v":${expected}}`);
}); // prettier-ignore

test('a null is left out where that is asked for, and nowhere else', () => {
  const schema = JSON.stringify({
    type: 'record', name: 'R', fields: [{ name: 'a', type: whole }, { name: 'c', type: 'A' }, { name: 'l', type: { type: 'array', items: 'A' } }],
  }); // prettier-ignore
  const bytes = [0, 0, 2, 0, 0];
  expect(told(schema, bytes)).toBe('{"a":{"b":null},"c":{"b":null},"l":[{"b":null}]}');
  expect(told(schema, bytes, ['a.b'])).toBe('{"a":{},"c":{"b":null},"l":[{"b":null}]}');
  expect(told(schema, bytes, ['c.b'])).toBe('{"a":{"b":null},"c":{},"l":[{"b":null}]}');
  expect(told(schema, [2, 2, 0, 0, 0], ['a.b'])).toBe('{"a":{"b":1},"c":{"b":null},"l":[]}');
});

test.each<[string, unknown, readonly number[], string]>([
  ['a branch below nothing', ['null', 'int'], [1], 'a value is of no type that its schema has'],
  ['a symbol that there is not', { type: 'enum', name: 'E', symbols: ['a'] }, [2], 'a value is of no type that its schema has'],
  ['a boolean of two', 'boolean', [2], 'a boolean is neither true nor false'],
  ['a number of ten bytes that ends in a high one', 'long', [...Array<number>(9).fill(0xff), 0x02], 'a number has more than 64 bits'],
  ['a number of eleven bytes', 'long', [...Array<number>(10).fill(0xff), 0x01], 'a number has more than 64 bits'],
  ['bytes past the end', 'bytes', [4, 1], 'a record goes past the end of its block'],
  ['a fixed past the end', { type: 'fixed', name: 'F', size: 3 }, [1, 2], 'a record goes past the end of its block'],
])('%s is damage', (_, type, bytes, why) => {
  expect(() => told(of(type), bytes)).toThrow(
    expect.objectContaining({
      code: 'object.unreadable',
      message: `The Avro file is damaged: ${why}. Deliver it again.`,
    }),
  );
}); // prettier-ignore
