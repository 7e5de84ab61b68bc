/** Avro files that fastavro wrote, through a whole run: every value as it was, and nothing of a file that is damaged. */

import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DecodeOptions } from '../../../core/decode-rule.ts';
import { decimal, format, z } from '../../../core/vocabulary.ts';
import { loaded } from '../../support/loaded.ts';
import { replacing } from '../../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox({ chunkBytes: 4000 });
});
afterAll(() => box.close());

const file = (codec: string) => readFile(new URL(`./files/orders.${codec}.avro`, import.meta.url));

const load = (content: Uint8Array, row: z.ZodObject, decode: Record<string, string | DecodeOptions> = {}) =>
  loaded(box, replacing({ row, decode, format: format.avro() }), 'x.avro', content);

const whole = z.object({
  id: z.int(),
  single: z.number().optional(), double: z.number().nullable(), text: z.string().optional(), flag: z.boolean().optional(),
  state: z.enum(['placed', 'paid']).optional(), money: decimal(12, 2).optional(), day: z.iso.date().optional(),
  clock: z.iso.time().optional(), millis: z.iso.datetime().optional(), micros: z.iso.datetime().optional(), local: z.iso.datetime().optional(),
  tags: z.array(z.string()).optional(), city: z.string().optional(),
}); // prettier-ignore
const rules = { city: 'address.city', local: { zone: 'Europe/Berlin' } };

test.each(['null', 'deflate', 'snappy', 'zstandard'])(
  'values come as they are, with the codec %s',
  async (codec) => {
    const { run, rows, rejects } = await load(await file(codec), whole, rules);
    expect(rejects.map(({ text, reasons }) => [text, reasons])).toEqual([]);
    expect(run.records).toMatchObject({ read: 62, loaded: 62 });
    expect(rows!.slice(0, 3)).toEqual([
    {
      id: -1, single: 0.10000000149011612, double: 0.1, text: 'é"\n名', flag: true, state: 'paid', money: -1.5, day: new Date('1969-12-31'), clock: '01:02:03.5',
      millis: new Date('1969-12-31T23:59:59.999Z'), micros: new Date('2024-02-29T10:00:00.123Z'), local: new Date('2024-07-01T08:00:00Z'), tags: ['a', 'b'], city: 'Köln',
    },
    {
      id: 2147483647, single: null, double: null, text: null, flag: null, state: null, money: null, day: null, clock: null, millis: null, micros: null,
      local: null, tags: null, city: null,
    },
    expect.objectContaining({ id: 0, text: 'row 0 ', city: 'Bonn' }),
  ]); // prettier-ignore
    expect(run.warnings[0]).toMatch(/ignored: large, fixed_money, raw, counts/);
  },
);

test('what is rejected is kept as JSON, with every digit', async () => {
  const row = z.object({
    id: z.int().min(0),
    large: z.bigint().nullable(),
    fixed_money: decimal(38, 3).nullable(),
  });
  const { run, rejects } = await load(await file('null'), row);
  expect(run.records).toMatchObject({ read: 62, loaded: 61, quarantined: 1 });
  expect(rejects[0]!.text).toMatch(
    /^\{"id":-1,"large":9007199254740993,.*"fixed_money":12345678901234567890123456789012345\.678,/,
  );
  expect(rejects[0]!.text).toMatch(
    /"micros":"2024-02-29T10:00:00\.123456Z","local":"2024-07-01T10:00:00",.*"raw":"ff00"/,
  );
});

test.each<[string, z.ZodType, RegExp]>([
  ['double', decimal(9, 2), /object\.format: .*"double" of the file is double, and v is of the kind decimal/],
  ['double', z.int(), /only int and long fit/],
  ['large', z.number(), /only int and float and double fit/],
  ['money', decimal(9, 1), /2 digits after the point/],
  ['id', z.string(), /only string and enum fit/],
  ['raw', z.string(), /only string and enum fit/],
  ['micros', z.iso.date(), /only date fit/],
  ['local', z.iso.datetime(), /of no zone/],
  ['address.zip', z.string(), /"address\.zip" of the file is int/],
  ['address.street', z.string(), /object\.header: .*no field "address\.street"/],
  ['Text', z.string(), /object\.header: .*upper and lower case/],
])('the field %s as %#: refused, where a value would change', async (from, zod, message) => {
  const { run, said } = await load(await file('null'), z.object({ v: zod }), { v: from });
  expect([run.status, run.records.read]).toEqual(['rejected', null]);
  expect(said).toMatch(message);
});

/** A file of one block. */
function avroOf(schema: unknown, records: readonly Buffer[]): Buffer {
  const long = (value: number) => {
    const bytes = [];
    for (let rest = value * 2; ; rest >>= 7) {
      bytes.push(rest > 127 ? (rest & 127) | 128 : rest);
      if (rest <= 127) return Buffer.from(bytes);
    }
  };
  const sized = (bytes: Buffer) => Buffer.concat([long(bytes.length), bytes]);
  const texts = ['avro.schema', JSON.stringify(schema)].map((text) => sized(Buffer.from(text)));
  const sync = Buffer.alloc(16, 7);
  return Buffer.concat([Buffer.from('Obj\u0001'), long(1), ...texts, long(0), sync, long(records.length), sized(Buffer.concat(records)), sync]);
} // prettier-ignore

describe('a record that a few bytes make endless is refused, and ends nothing', () => {
  const self = { type: 'record', name: 'L', fields: [{ name: 'next', type: ['null', 'L'] }] };
  const nulls = { type: 'array', items: { type: 'array', items: 'null' } };
  const lists = { type: 'record', name: 'R', fields: [{ name: 'v', type: nulls }] };
  const row = z.object({ x: z.string().optional() });
  const deep = (levels: number) => avroOf(self, [Buffer.concat([Buffer.alloc(levels, 2), Buffer.of(0)])]);
  /** A list of 100 lists, each of so many nulls, a number of three bytes. */
  const wide = (count: number) => {
    const one = Buffer.of(((count * 2) & 127) | 128, ((count >> 6) & 127) | 128, count >> 13, 0);
    return avroOf(lists, [Buffer.concat([Buffer.of(200, 1), ...Array<Buffer>(100).fill(one), Buffer.of(0)])]);
  };

  test('by holding itself', async () => {
    expect((await load(deep(20), row)).run.records.loaded).toBe(1);
    // What is only too deep for a row costs its record alone.
    expect((await load(deep(900), row)).run.records.quarantined).toBe(1);
    expect((await load(deep(300_000), row)).said).toMatch(
      /^object\.unreadable: .* more than 1000 levels deep/,
    );
  });

  test('by lists of nothing', async () => {
    expect((await load(wide(9_000), row)).run.records.loaded).toBe(1);
    expect((await load(wide(100_000), row)).said).toMatch(
      /^object\.unreadable: .* lists of a block have no end/,
    );
  });
});

test('a number keeps its sign where it is zero, a UUID of bytes is a text, an error is a record', async () => {
  const fields = [
    { name: 'd', type: 'double' },
    { name: 'u', type: { type: 'fixed', name: 'U', size: 16, logicalType: 'uuid' } },
  ];
  const zero = Buffer.alloc(8);
  zero.writeDoubleLE(-0);
  const id = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  const content = avroOf({ type: 'error', name: 'E', fields }, [Buffer.concat([zero, id])]);
  const { rows } = await load(content, z.object({ d: z.number(), u: z.guid() }));
  expect(rows).toEqual([{ d: -0, u: '00112233-4455-6677-8899-aabbccddeeff' }]);
});

describe('inside of lists, objects and maps', () => {
  const money = { type: 'fixed', name: 'M', size: 2, logicalType: 'decimal', precision: 4, scale: 2 };
  const item = {
    type: 'record',
    name: 'I',
    fields: [
      { name: 'price', type: ['null', money] },
      { name: 'n', type: 'long' },
      { name: 'x', type: 'double' },
      { name: 'note', type: ['null', 'string', 'M'] },
    ],
  };
  const fields = [
    { name: 'm', type: money },
    { name: 'items', type: { type: 'array', items: item } },
    { name: 'map', type: { type: 'map', values: ['null', 'M'] } },
  ];
  const price = Buffer.from([0xff, 0x92]); // -1.10
  const most = Buffer.from([0xfe, ...Array<number>(6).fill(0xff), 0x1f]);
  const zero = Buffer.alloc(8);
  zero.writeDoubleLE(-0);
  const items = Buffer.concat([Buffer.of(2, 2), price, most, zero, Buffer.of(4), price, Buffer.of(0)]);
  const map = Buffer.concat([Buffer.from([2, 2, 97, 2]), price, Buffer.of(0)]);
  const content = avroOf({ type: 'record', name: 'R', fields }, [Buffer.concat([price, items, map])]);

  test('numbers come as they are: a decimal as a text, a minus zero with its sign', async () => {
    const row = z.object({
      m: decimal(4, 2),
      items: z.array(z.object({ price: z.string().nullable(), n: z.int(), x: z.number(), note: z.string() })),
      map: z.object({ a: z.string(), b: z.string().optional() }),
    });
    const { run, rows, rejects, said } = await load(content, row);
    expect([said, run.records.loaded, rejects]).toEqual(['', 1, []]);
    const expected = { price: '-1.10', n: 9007199254740991n, x: -0, note: '-1.10' };
    expect(rows).toEqual([{ m: -1.1, items: [expected], map: { a: '-1.10', b: null } }]);
  });

  test.each<[string, z.ZodType, string]>([
    ['a long', z.array(z.object({ n: z.number() })), 'list: inside of it is long'],
    ['a decimal', z.array(z.object({ price: z.number() })), 'list: inside of it is decimal'],
    [
      'a decimal beside a text',
      z.array(z.object({ note: z.number().nullable() })),
      'inside of it is decimal',
    ],
  ])('%s for a number that a double may not be refuses the object', async (_, zod, words) => {
    const { run, said } = await load(content, z.object({ items: zod }));
    expect([run.status, run.records.read]).toEqual(['rejected', null]);
    expect(said).toContain(`${words}, of which a double does not hold every digit`);
  });

  test('a map of decimals is no object of numbers either', async () => {
    const { said } = await load(content, z.object({ map: z.object({ a: z.number() }) }));
    expect(said).toMatch(/"map" of the file is map, and map is of the kind struct: inside of it is decimal/);
  });

  test('what is of another kind altogether rejects its record', async () => {
    const row = z.object({ items: z.array(z.object({ x: z.array(z.number()), n: z.int() })) });
    const { rejects } = await load(content, row);
    expect(rejects.map(({ reasons }) => reasons.map(({ code, message }) => [code, message]))).toEqual([
      [['invalid_type', 'at [].x: expected a list, found a number']],
    ]);
  });
});

test.each([
  ['a boolean that is neither', 'boolean', [2], z.boolean(), 'a boolean is neither true nor false'],
  [
    'a number of more than 64 bits',
    'long',
    [...Array(9).fill(0xff), 0x02],
    z.bigint(),
    'a number has more than 64 bits',
  ],
])('%s is damage, and no other value', async (_, type, bytes, v, message) => {
  const schema = { type: 'record', name: 'R', fields: [{ name: 'v', type }] };
  const { run, said } = await load(avroOf(schema, [Buffer.from(bytes)]), z.object({ v }));
  expect([run.status, said]).toEqual(['rejected', expect.stringContaining(`object.unreadable: `)]);
  expect(said).toContain(message);
  const largest = type === 'long' ? [0xfe, ...Array(6).fill(0xff), 0x1f] : [1];
  const { rows } = await load(avroOf(schema, [Buffer.from(largest)]), z.object({ v }));
  expect(rows).toEqual([{ v: type === 'long' ? 9007199254740991 : true }]);
});

describe('a damaged file', () => {
  const row = z.object({ id: z.int() });
  const verdict = async (content: Uint8Array) => (await load(content, row)).said.split(':')[0];

  test('is truncated wherever it is cut, but for the ends of its blocks', async () => {
    const content = await file('deflate');
    const ends: number[] = [];
    for (
      let at = content.indexOf('0123456789abcdef');
      at !== -1;
      at = content.indexOf('0123456789abcdef', at + 16)
    )
      ends.push(at + 16);
    expect(ends.length).toBeGreaterThan(2);
    for (const length of [0, 3, 4, 100, ends[0]! - 1, ends[0]! + 1, ends[1]! - 16, content.length - 1]) {
      expect([length, await verdict(content.subarray(0, length))]).toEqual([length, 'object.truncated']);
    }
  });

  test.each<[string, string, (content: Buffer) => Uint8Array, string]>([
    ['another beginning', 'null', (content) => content.fill('X', 0, 1), 'object.format'],
    [
      'a mark that is not its own',
      'null',
      (content) => content.fill('X', content.length - 1),
      'object.unreadable',
    ],
    [
      'a count that is not its own',
      'null',
      (content) =>
        content.fill(
          content[content.indexOf('0123456789abcdef') + 16]! + 2,
          content.indexOf('0123456789abcdef') + 16,
          content.indexOf('0123456789abcdef') + 17,
        ),
      'object.unreadable',
    ],
    ['another codec', 'bzip2', (content) => content, 'object.unreadable'],
    [
      'a schema that is none',
      'null',
      (content) => content.fill('?', content.indexOf('{"'), content.indexOf('{"') + 1),
      'object.unreadable',
    ],
    [
      'a byte of snappy',
      'snappy',
      (content) => content.fill('#', content.length - 30, content.length - 29),
      'object.checksum',
    ],
  ])('with %s is refused whole', async (_, codec, damage, code) => {
    expect(await verdict(damage(await file(codec)))).toBe(code);
  });

  test('of deflate is refused wherever its blocks are overwritten', async () => {
    const good = await file('deflate');
    for (
      let at = good.indexOf('0123456789abcdef') + 22;
      at < good.indexOf('0123456789abcdef') + 120;
      at += 11
    ) {
      expect([at, await verdict(Buffer.from(good).fill(0xff, at, at + 5))]).toEqual([
        at,
        'object.unreadable',
      ]);
    }
  });
});
