/** Which types of Parquet fit which kinds of columns: all values of one come as they are, or the object is refused. */

import { expect, test } from 'vitest';
import type { Asked } from '../../../runtime/intake/converter.ts';
import { jsonOf, plainType, telling, WIDE } from '../../../runtime/intake/parquet-types.ts';

const asked = (type: string, more: Partial<Asked> = {}): Asked => ({
  name: 'c', from: 'c', type, sql: 'VARCHAR', optional: false, omitsNull: false, zoned: false, epoch: false, pii: false, ...more,
}); // prettier-ignore
const money = asked('decimal', { sql: 'DECIMAL(9,2)' });
const zoned = asked('datetime', { zoned: true });
const epoch = asked('datetime', { epoch: true });
const words = asked('list', { sql: 'VARCHAR[]' });

interface Facts {
  readonly facts?: string;
  readonly inside?: string;
  readonly cuts?: boolean;
}
const tell = (type: string, column: Asked, { facts = '', inside = '', cuts = false }: Facts = {}) =>
  telling({ sql: 'v', type, facts, inside }, column, cuts);

const NANOS = { facts: 'INT64 NANOS=NanoSeconds' };
const ofNanos = "it has nanoseconds, of which microseconds would be kept; if the rest may be cut off, say format.parquet({ nanoseconds: 'cut' })"; // prettier-ignore
const ofNoZone = 'its times are of no zone; say which one they are in: decode: { …: { zone: "UTC" } }';
const ofTooMany = 'it has decimals of more than 38 digits, which are not read exactly';
const numbers = 'only FLOAT, DOUBLE and whole numbers of up to 32 bits are held exactly by a double';
const decimals = 'only whole numbers and decimals of at most 2 digits after the point fit without a change';
const texts = 'only texts fit; to keep another value as text would be a change of it';

test.each<[string, Asked, string, Facts?]>([
  ['DOUBLE', asked('int'), 'only whole numbers fit without a change'],
  ['HUGEINT', asked('bigint'), 'only whole numbers fit without a change'],
  ['DECIMAL(9,1)', asked('int'), 'only whole numbers fit without a change'],
  ['DOUBLE', asked('number'), ofTooMany, { facts: `DECIMAL ${WIDE}` }],
  ['STRUCT(a DOUBLE)', asked('struct', { sql: 'STRUCT(a DOUBLE)' }), ofTooMany, { inside: WIDE }],
  ['BIGINT', asked('number'), numbers],
  ['DECIMAL(4,0)', asked('number'), numbers],
  ['DECIMAL(9,3)', money, decimals],
  ['DOUBLE', money, decimals],
  ['INTEGER', asked('boolean'), 'only BOOLEAN fits'],
  ['TIMESTAMP', asked('date'), 'only DATE fits; an instant is on different days in different zones'],
  ['VARCHAR', asked('time'), 'only TIME fits'],
  ['TIMESTAMP', asked('time'), 'only TIME fits'],
  ['TIMESTAMP WITH TIME ZONE', asked('time'), 'only TIME fits'],
  ['TIME', asked('time'), ofNanos, NANOS],
  ['TIME WITH TIME ZONE', asked('time'), ofNanos, NANOS],
  ['DOUBLE', epoch, 'only TIMESTAMP fits'],
  ['BIGINT', zoned, 'only TIMESTAMP fits'],
  ['DATE', zoned, 'only TIMESTAMP fits'],
  ['TIMESTAMP', epoch, ofNoZone],
  ['TIMESTAMP_NS', asked('datetime'), ofNoZone],
  ['TIMESTAMP', zoned, ofNanos, { facts: 'INT96' }],
  ['TIMESTAMP', zoned, ofNanos, NANOS],
  ['TIMESTAMP WITH TIME ZONE', asked('datetime'), ofNanos, NANOS],
  ['INTEGER', asked('text'), texts],
  ['BLOB', asked('text'), texts, { facts: 'BYTE_ARRAY BSON' }],
  ['DATE[]', asked('list', { sql: 'BIGINT[]' }), 'inside of it is a DATE, which JSON has as a text alone'],
  ['TIMESTAMP[]', words, ofNanos, { inside: 'INT96' }],
])('%s does not fit as %#', (type, column, refused, facts) => {
  expect(tell(type, column, facts)).toEqual({ refused });
});

/** How a value is told: which expression, of which type, with which tags, and whether the reader of JSON is to say it. */
function shown(type: string, column: Asked, facts?: Facts): unknown[] {
  const told = tell(type, column, facts);
  if ('refused' in told) return [told.refused];
  const { sql, field, inJson } = told;
  return [sql, field.type, field.tags.join(''), field.text('x'), ...(inJson === undefined ? [] : [inJson])];
}
const stamp = (end: string): string => `replace(x::VARCHAR, ' ', 'T') || '${end}'`;

test.each<[string, Asked, unknown[], Facts?]>([
  ['UBIGINT', asked('bigint'), ['v', 'UBIGINT', 'n', 'x::VARCHAR']],
  ['DECIMAL(38,0)', asked('int'), ['v', 'DECIMAL(38,0)', 'n', 'x::VARCHAR']],
  ['SMALLINT', asked('number'), ['v', 'SMALLINT', 'n', 'x::VARCHAR']],
  ['FLOAT', asked('number'), ['v', 'FLOAT', 'ns', 'x::DOUBLE::VARCHAR']],
  ['BIGINT', money, ['v', 'BIGINT', 'n', 'x::VARCHAR']],
  ['DECIMAL(9,2)', money, ['v', 'DECIMAL(9,2)', 'n', 'x::VARCHAR']],
  ['DECIMAL(2,2)', money, ['v', 'DECIMAL(2,2)', 'n', String.raw`regexp_replace(x::VARCHAR, '^(-?)\.', '\10.')`]],
  ['BOOLEAN', asked('boolean'), ['v', 'BOOLEAN', 'b', 'x::VARCHAR']],
  ['DATE', asked('date'), ['v', 'DATE', 's', 'x::VARCHAR']],
  ['TIME', asked('time'), ['v', 'TIME', 's', 'x::VARCHAR']],
  ['TIME', asked('time'), ['v', 'TIME', 's', 'x::VARCHAR'], { ...NANOS, cuts: true }],
  ['TIME WITH TIME ZONE', asked('time'), ['v::TIME', 'TIME', 's', 'x::VARCHAR']],
  ['BIGINT', epoch, ['v', 'BIGINT', 'n', 'x::VARCHAR']],
  ['TIMESTAMP', zoned, ['v', 'TIMESTAMP', 's', stamp('')]],
  ['TIMESTAMP', zoned, ['v', 'TIMESTAMP', 's', stamp('')], { facts: 'INT96', cuts: true }],
  ['TIMESTAMP_NS', zoned, ['v', 'TIMESTAMP_NS', 's', stamp('')], NANOS],
  ['TIMESTAMP_NS', zoned, ['v::TIMESTAMP', 'TIMESTAMP', 's', stamp('')], { ...NANOS, cuts: true }],
  ['TIMESTAMP WITH TIME ZONE', asked('datetime'), ['v', 'TIMESTAMP WITH TIME ZONE', 's', `replace((x AT TIME ZONE 'UTC')::VARCHAR, ' ', 'T') || 'Z'`]],
  ['VARCHAR', asked('text'), ['v', 'VARCHAR', 's', 'x::VARCHAR']],
  ['UUID', asked('text'), ['v', 'UUID', 's', 'x::VARCHAR']],
  [`ENUM('a')`, asked('text'), ['v', `ENUM('a')`, 's', 'x::VARCHAR']],
  ['JSON', asked('text'), ['v::VARCHAR', 'VARCHAR', 's', 'x::VARCHAR']],
  ['BLOB', asked('text'), ['TRY(decode(v))', 'VARCHAR', 's', 'x::VARCHAR', 'v IS NOT NULL AND TRY(decode(v)) IS NULL'], { facts: 'BYTE_ARRAY' }],
  ['JSON', words, ['v', 'JSON', 'n', 'to_json(x)::VARCHAR', true]],
  ['VARIANT', words, ['v::JSON', 'JSON', 'n', 'to_json(x)::VARCHAR', true]],
  ['VARCHAR[]', words, ['v', 'VARCHAR[]', 'a', 'to_json(x)::VARCHAR']],
  ['STRUCT(a BIGINT)', asked('struct', { sql: 'STRUCT(a BIGINT)' }), ['v', 'STRUCT("a" BIGINT)', 'o', 'to_json(x)::VARCHAR']],
  ['STRUCT("MAP(" BIGINT)', asked('struct', { sql: 'STRUCT("MAP(" BIGINT)' }), ['v', 'STRUCT("MAP(" BIGINT)', 'o', 'to_json(x)::VARCHAR']],
  ['MAP(VARCHAR, BIGINT)', asked('struct', { sql: 'STRUCT(a BIGINT)' }), ['v', 'MAP(VARCHAR, BIGINT)', 'o', 'to_json(x)::VARCHAR', true]],
  ['MAP(VARCHAR, BIGINT)[]', asked('list', { sql: 'STRUCT(a BIGINT)[]' }), ['v', 'MAP(VARCHAR, BIGINT)[]', 'a', 'to_json(x)::VARCHAR', true]],
  ['BIGINT', words, ['v', 'BIGINT', 'o', 'to_json(x)::VARCHAR', true]],
])('%s fits as %#', (type, column, expected, facts) => {
  expect(shown(type, column, facts)).toEqual(expected);
}); // prettier-ignore

test('a value is JSON by what it is told as', () => {
  const json = (type: string, column: Asked): string => {
    const told = tell(type, column);
    return 'refused' in told ? told.refused : jsonOf(told.sql, told.field);
  };
  expect(json('BIGINT', asked('int'))).toBe('v::VARCHAR');
  expect(json('DATE', asked('date'))).toBe('to_json(v::VARCHAR)::VARCHAR');
  expect(json('DOUBLE', asked('number'))).toBe(
    `CASE WHEN CASE WHEN isfinite(v) THEN 'n' ELSE 's' END = 's' THEN to_json(v::DOUBLE::VARCHAR)::VARCHAR ELSE v::DOUBLE::VARCHAR END`,
  );
});

test('bytes that are no text are half of a surrogate pair in JSON, and a null is nothing', () => {
  const told = tell('BLOB', asked('text'));
  expect('refused' in told ? told : told.json).toBe(
    String.raw`CASE WHEN v IS NOT NULL THEN coalesce(to_json(TRY(decode(v)))::VARCHAR, '"\ud800"') END`,
  );
});

test.each([false, true])('a null is one, or stands for nothing: %s', (omitsNull) => {
  const told = tell('BIGINT', asked('int', { omitsNull }));
  expect('refused' in told ? told : told.field.nullIs).toBe(omitsNull ? 'missing' : 'null');
});

test('a type is told without the names in it', () => {
  expect(plainType('STRUCT("MAP(""x""" DATE, b "FLOAT"[])')).toBe('STRUCT( DATE, b [])');
});
