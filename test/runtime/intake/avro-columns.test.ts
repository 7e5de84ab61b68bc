/** Which Avro types fit which kinds of columns: what would change a value is refused, with the reason. */

import { expect, test } from 'vitest';
import { bindAvro } from '../../../runtime/intake/avro-columns.ts';
import { recordSchema } from '../../../runtime/intake/avro-schema.ts';
import type { Asked } from '../../../runtime/intake/converter.ts';

const asked = (type: string, more: Partial<Asked> = {}): Asked => ({
  name: 'c', from: 'v', type, sql: 'VARCHAR', optional: false, omitsNull: false, zoned: false, epoch: false, pii: false, ...more,
}); // prettier-ignore
const bind = (type: unknown, column: Asked): ReadonlySet<string> =>
  bindAvro(recordSchema(JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'v', type }] })), [
    column,
  ]).omitted;
const logical = (type: string, logicalType: string, more: object = {}) => ({ type, logicalType, ...more });
const decimal = (scale: number) => logical('bytes', 'decimal', { precision: 9, scale });
const money = asked('decimal', { sql: 'DECIMAL(9,2)' });

test.each<[string, unknown, Asked]>([
  ['int', 'int', asked('int')],
  ['long', 'long', asked('bigint')],
  ['decimal without digits after the point', decimal(0), asked('int')],
  ['decimal without digits after the point', decimal(0), asked('bigint')],
  ['float', 'float', asked('number')],
  ['long', 'long', money],
  ['decimal of as many digits', decimal(2), money],
  ['boolean', 'boolean', asked('boolean')],
  ['date', logical('int', 'date'), asked('date')],
  ['time', logical('long', 'time-micros'), asked('time')],
  ['timestamp', logical('long', 'timestamp-nanos'), asked('datetime')],
  ['local time of a zone', logical('long', 'local-timestamp-millis'), asked('datetime', { zoned: true })],
  ['int that counts from 1970', 'int', asked('datetime', { epoch: true })],
  ['long that counts from 1970', 'long', asked('datetime', { epoch: true })],
  ['array', { type: 'array', items: 'int' }, asked('list')],
  ['map', { type: 'map', values: 'int' }, asked('struct')],
  // Each of its elements rejects its record: that is no matter of digits.
  [
    'map, where a list in a list is asked',
    { type: 'array', items: { type: 'map', values: 'long' } },
    asked('list', { sql: 'DOUBLE[][]' }),
  ],
  ['UUID', logical('fixed', 'uuid', { name: 'U', size: 16 }), asked('text')],
  ['string or null', ['null', 'string'], asked('text')],
])('%s fits as %#', (_, type, column) => {
  expect([...bind(type, column)]).toEqual([]);
  expect([...bind(type, { ...column, omitsNull: true })]).toEqual(['v']);
});

test.each<[unknown, Asked, string]>([
  [['null', 'int', 'string'], asked('text'), 'several, and c is of the kind text: it may be of several types, of which one column has one'],
  [decimal(1), asked('int'), 'decimal, and c is of the kind int: only int and long fit'],
  [logical('int', 'date'), asked('int'), 'date, and c is of the kind int: only int and long fit'],
  ['float', asked('bigint'), 'float, and c is of the kind bigint: only int and long fit'],
  ['long', asked('number'), 'long, and c is of the kind number: only int and float and double fit'],
  [decimal(3), money, 'decimal, and c is of the kind decimal: it has 3 digits after the point'],
  ['double', money, 'double, and c is of the kind decimal: only int and long and decimal fit'],
  ['int', asked('boolean'), 'int, and c is of the kind boolean: only boolean fit'],
  ['int', asked('date'), 'int, and c is of the kind date: only date fit'],
  ['int', asked('time'), 'int, and c is of the kind time: only time-millis and time-micros fit'],
  ['long', asked('datetime'), 'long, and c is of the kind datetime: only timestamp-millis and timestamp-micros and timestamp-nanos fit'],
  ['double', asked('datetime', { epoch: true }), 'double, and c is of the kind datetime: only timestamp-millis and timestamp-micros and timestamp-nanos fit'],
  [logical('long', 'local-timestamp-nanos'), asked('datetime', { epoch: true }), 'local-timestamp-nanos, and c is of the kind datetime: its times are of no zone; say which one they are in: decode: { …: { zone: "UTC" } }'],
  ['string', asked('list'), 'string, and c is of the kind list: only array fit'],
  [{ type: 'array', items: 'int' }, asked('struct'), 'array, and c is of the kind struct: only record and map fit'],
  ['bytes', asked('text'), 'bytes, and c is of the kind text: only string and enum fit'],
  [logical('fixed', 'uuid', { name: 'U', size: 15 }), asked('text'), 'fixed, and c is of the kind text: only string and enum fit'],
])('%j does not fit as %#', (type, column, why) => {
  expect(() => bind(type, column)).toThrow(
    expect.objectContaining({ code: 'object.format', message: `The field "v" of the file is ${why}.` }),
  );
}); // prettier-ignore

const order = recordSchema(
  JSON.stringify({
    type: 'record',
    name: 'R',
    fields: [
      { name: 'a.b', type: 'int' },
      { name: 'a', type: { type: 'record', name: 'A', fields: [{ name: 'b', type: 'string' }] } },
      { name: 'list', type: { type: 'array', items: 'A' } },
      { name: 'maybe', type: ['null', 'A'] },
    ],
  }),
);

test('a field is the one of this very name, before what its path leads to', () => {
  expect([...bindAvro(order, [asked('int', { from: 'a.b', omitsNull: true })]).omitted]).toEqual(['a.b']);
  expect(() => bindAvro(order, [asked('text', { from: 'a.b' })])).toThrow(/"a\.b" of the file is int/);
  expect([...bindAvro(order, [asked('text', { from: 'maybe.b', omitsNull: true })]).omitted]).toEqual([
    'maybe.b',
  ]);
});

test.each(['list.b', 'a.c', 'c', 'a.b.c'])(
  'a path that leads nowhere is a field that is missing: %s',
  (from) => {
    expect(() => bindAvro(order, [asked('text', { from })])).toThrow(
      expect.objectContaining({ code: 'object.header' }),
    );
    expect([...bindAvro(order, [asked('text', { from, optional: true, omitsNull: true })]).omitted]).toEqual(
      [],
    );
  },
);
