/** What texts become: truth, texts, nulls, and the values of JSON; which rules are refused. */

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { DecodeOptions } from '../../../core/decode-rule.ts';
import { DefinitionError } from '../../../core/errors.ts';
import { decimal } from '../../../core/types/decimal.ts';
import { bareCast, compiled, outcomes } from '../../support/decode.ts';
import { wrongTexts } from '../../support/wrong-texts.ts';

const received = wrongTexts();
const { wrong, wrongJson } = received;

describe('true and false', () => {
  test('in any case, and nothing else', () =>
    expect(
      wrong(z.boolean(), {
        true: 'true',
        FALSE: 'false',
        True: 'true',
        yes: '<decode>',
        '1': '<decode>',
        t: '<decode>',
      }),
    ).resolves.toEqual([]));
  test('the engine alone takes more', async () => {
    expect(await bareCast(received.engine, 't', 'BOOLEAN')).toBe('true');
    expect(await bareCast(received.engine, '1', 'BOOLEAN')).toBe('true');
  });
  test('texts of the rule; only ASCII letters have two cases', async () => {
    const rule = { true: ['ok', 'Да'], false: ['No'] };
    await expect(
      wrong(
        z.boolean(),
        { OK: 'true', ['o\u212a']: '<decode>', Да: 'true', ДА: '<decode>', no: 'false', true: 'true' },
        rule,
      ),
    ).resolves.toEqual([]);
    const [row] = await received.engine.rows(`SELECT lower('o\u212a') AS v`);
    expect(row!['v']).toBe('ok');
  });
});

describe('texts and nulls', () => {
  test('the empty text is a text; null texts are those of the rule', async () => {
    const rule = { nulls: ['N/A'] };
    await expect(
      wrong(z.string(), { '': '', 'N/A': '<invalid_type>', ' N/A': ' N/A' }, rule),
    ).resolves.toEqual([]);
    await expect(wrong(z.string().nullable(), { '': '', 'N/A': null }, rule)).resolves.toEqual([]);
    await expect(wrong(z.string().default('none'), { '': '', 'N/A': 'none' }, rule)).resolves.toEqual([]);
  });
  test('for other kinds the empty field is null too', async () => {
    await expect(
      wrong(z.int().nullable(), { '': null, '-1': null, '1': '1' }, { nulls: ['-1'] }),
    ).resolves.toEqual([]);
    await expect(wrong(z.int().default(7), { '': '7', '-1': '7' }, { nulls: ['-1'] })).resolves.toEqual([]);
    await expect(wrong(z.int().nullable().default(7), { '': '7' })).resolves.toEqual([]);
  });
  test("white space is JavaScript's, and goes only if the rule says so", async () => {
    const odd = '\u00a0\ufeff\u2003\tDE\n\u3000';
    await expect(wrong(z.string(), { [odd]: odd })).resolves.toEqual([]);
    await expect(wrong(z.string(), { [odd]: odd.trim() }, { trim: true })).resolves.toEqual([]);
    await expect(wrong(z.int(), { ' 12 ': '12', '1 2': '<decode>' }, { trim: true })).resolves.toEqual([]);
    const [row] = await received.engine.rows(`SELECT trim('\tDE') AS v`);
    expect(row!['v']).toBe('\tDE');
  });
  test('length is counted as zod counts it: code points, not bytes', async () => {
    await expect(
      wrong(z.string().length(2), { '👍👍': '👍👍', ab: 'ab', é: '<too_small>', abc: '<too_big>' }),
    ).resolves.toEqual([]);
    const [row] = await received.engine.rows(`SELECT strlen('👍👍') AS v`);
    expect(row!['v']).toBe(8);
  });
});

test('every format of zod: its own verdict, and its own value', async () => {
  const formats: readonly z.ZodType[] = [
    z.email(), z.uuid(), z.uuidv4(), z.guid(), z.url(), z.httpUrl(), z.emoji(), z.nanoid(), z.cuid(), z.cuid2(), z.ulid(), z.xid(), z.ksuid(), z.ipv4(), z.ipv6(),
    z.mac(), z.cidrv4(), z.cidrv6(), z.base64(), z.base64url(), z.e164(), z.jwt(), z.hostname(), z.hex(), z.hash('md5'), z.iso.duration(), z.iban(),
    z.creditCard(), z.string().lowercase(), z.string().uppercase(), z.string().includes('a', { position: 1 }), z.string().regex(/^a/g),
  ]; // prettier-ignore
  const texts = [
    '', 'a', 'ab', 'abcd', 'YQ==', 'YQ', 'a@b.co', 'ä@b.co', 'http://a.b', ' http:/a.b ', 'mailto:a@b.co', '👍', '❤️', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    '00000000-0000-0000-0000-000000000000', '3c9e2f1a-0000-4000-8000-00000000000g', 'V1StGXR8_Z5jdHi6B-myT', 'cjld2cjxh0000qzrmn831i7rn', '01ARZ3NDEKTSV4RRFFQ69G5FAV',
    '127.0.0.1', '256.0.0.1', '::1', '::1%eth0', '1::/129', '1::/64', '10.0.0.0/8', '00:1A:2B:3C:4D:5E', '+4915123456789', 'localhost', '-a.b', 'DEADBEEF',
    'd41d8cd98f00b204e9800998ecf8427e', 'P1Y2M', 'P', 'PT1H', 'DE89370400440532013000', 'DE00370400440532013000', '4111111111111111', '4111111111111112', 'aé', 'É', 'ſ',
  ]; // prettier-ignore
  const differing: string[] = [];
  for (const schema of formats) {
    const got = await outcomes(received.engine, schema, texts);
    for (const text of texts) {
      const said = schema.safeParse(text);
      const wanted = said.success
        ? (said.data as string)
        : `<${said.error.issues.map(({ code }) => code).join()}>`;
      if (got[text] !== wanted) differing.push(`${JSON.stringify(schema.def)} of ${text} is ${got[text]}`);
    }
  }
  expect(differing).toEqual([]);
});

describe('JSON', () => {
  test('types are not turned into each other', async () => {
    await expect(
      wrongJson(z.string(), {
        sa: 'a',
        n1: '<invalid_type>',
        znull: '<invalid_type>',
        '': '<invalid_type>',
        btrue: '<invalid_type>',
      }),
    ).resolves.toEqual([]);
    await expect(
      wrongJson(z.int(), {
        n12: '12',
        'n12.0': '12',
        'n12.5': '<decode>',
        s12: '<invalid_type>',
        n1e3: '<decode>',
      }),
    ).resolves.toEqual([]);
    await expect(
      wrongJson(z.bigint(), {
        s9007199254740993: '9007199254740993',
        n9007199254740993: '9007199254740993',
      }),
    ).resolves.toEqual([]);
    await expect(
      wrongJson(decimal(5, 2), {
        's1.10': '1.10',
        's1.100': '<decode>',
        'n1.1': '1.10',
        'n1.100': '1.10',
        'n1.105': '<decode>',
        'n100.00': '100.00',
      }),
    ).resolves.toEqual([]);
    await expect(wrongJson(z.boolean(), { btrue: 'true', strue: '<invalid_type>' })).resolves.toEqual([]);
    await expect(wrongJson(z.boolean(), { btrue: 'true', sTRUE: 'true' }, { trim: true })).resolves.toEqual(
      [],
    );
    await expect(
      wrongJson(z.iso.date(), {
        's2024-01-31': '2024-01-31',
        n20240131: '<invalid_type>',
        s: '<decode>',
      }),
    ).resolves.toEqual([]);
  });
  test('missing and null are kept apart as zod does', async () => {
    await expect(wrongJson(z.int().nullable(), { znull: null, '': '<invalid_type>' })).resolves.toEqual([]);
    await expect(wrongJson(z.int().optional(), { znull: '<invalid_type>', '': null })).resolves.toEqual([]);
    await expect(wrongJson(z.int().default(7), { znull: '<invalid_type>', '': '7' })).resolves.toEqual([]);
    await expect(wrongJson(z.int().nullable().default(7), { znull: null, '': '7' })).resolves.toEqual([]);
  });
  test('lists and objects are as zod leaves them', async () => {
    const schema = z.object({
      a: z.int(),
      b: z.array(z.string()).default([]),
      c: z.object({ d: z.number().nullable() }).optional(),
    });
    await expect(
      wrongJson(schema, {
        'o{"a":1,"x":2}': '{"a":1,"b":[],"c":null}',
        'o{"b":["é\\n","\\u0041"],"a":9007199254740991,"c":{"d":0.1}}':
          '{"a":9007199254740991,"b":["é\\n","A"],"c":{"d":0.1}}',
        'o{"a":1.5}': '<invalid_type>',
        'o{"a":9007199254740993}': '<too_big>',
        'o{"a":1e2}': '{"a":100,"b":[],"c":null}',
        'o{"a":1,"a":2}': '<malformed>',
        'o{"a":1,"c":{"d":1, "\\u0064" :2}}': '<malformed>',
        'o{"a":1,"x":[{"y":1},{"y":"\\",:","z":"y"}]}': '{"a":1,"b":[],"c":null}',
        'o{"a":1,"x":[{"y\\"":1,"z":"y","y\\"":1}]}': '<malformed>',
        'o{"a":1,"b":[1,2]}': '<invalid_type,invalid_type>',
        'a[1]': '<invalid_type>',
      }),
    ).resolves.toEqual([]);
    await expect(
      wrongJson(z.array(z.int()).min(1).nullable(), {
        'a[1,2]': '[1,2]',
        'a[]': '<too_small>',
        znull: null,
        'a["1"]': '<invalid_type>',
      }),
    ).resolves.toEqual([]);
    await expect(wrongJson(z.array(z.string()).default(['x']), { '': '["x"]' })).resolves.toEqual([]);
    await expect(wrongJson(z.array(z.string()), { 'a["\\ud800"]': '<encoding>' })).resolves.toEqual([]);
    expect(JSON.parse('{"a":1,"a":2}')).toEqual({ a: 2 });
    const [row] = await received.engine.rows(
      `SELECT to_json(from_json('[1.9]', '["BIGINT"]'))::VARCHAR AS v`,
    );
    expect(row!['v']).toBe('[2]');
  });
});

test.each<[string, z.ZodType, DecodeOptions, string]>([
  ['a pattern for a number', z.int(), { pattern: 'YYYY' }, '`pattern` does not fit'],
  ['a zone for a date', z.iso.date(), { zone: 'UTC' }, '`zone` does not fit'],
  ['thousands for a text', z.string(), { thousands: ',' }, '`thousands` does not fit'],
  ['a decimal mark for a whole number', z.int(), { decimal: ',' }, '`decimal` does not fit'],
  ['the same mark twice', z.number(), { decimal: ',', thousands: ',' }, 'must differ'],
  ['a point for groups, and for decimals by default', z.number(), { thousands: '.' }, 'must differ'],
  ['a text that is both', z.boolean(), { true: ['x'], false: ['X'] }, 'both true and false'],
  ['a zone that is none', z.iso.datetime(), { zone: 'Europe/Berlín' }, 'IANA'],
  ['an offset as a zone', z.iso.datetime(), { zone: '+02:00' }, 'IANA'],
  ['a local pattern without a zone', z.iso.datetime(), { pattern: 'YYYY-MM-DD HH:mm' }, 'zone'],
  [
    'an offset and a zone',
    z.iso.datetime(),
    { pattern: 'YYYY-MM-DD HH:mmZ', zone: 'UTC' },
    'leave `zone` out',
  ],
  ['epoch and pattern', z.iso.datetime(), { pattern: 'YYYY-MM-DD', epoch: 'seconds' }, 'leave `pattern`'],
  ['a letter that is no token', z.iso.date(), { pattern: 'YY-MM-DD' }, '[brackets]'],
  ['a token twice', z.iso.date(), { pattern: 'YYYY-MM-DD MM' }, 'twice'],
  ['a half of the day without its hours', z.iso.time(), { pattern: 'HH:mm A' }, 'needs hh'],
  ['twelve hours without a half of the day', z.iso.time(), { pattern: 'hh:mm' }, 'needs hh'],
  ['a day without a month', z.iso.date(), { pattern: 'YYYY DD' }, 'without'],
  ['digits that run into each other', z.iso.date(), { pattern: 'YYYYMDD' }, 'run into'],
  ['a date in a time', z.iso.time(), { pattern: 'YYYY-MM-DD HH:mm' }, 'neither a date'],
  ['an unknown rule', z.string(), { trimm: true } as DecodeOptions, 'not one'],
])('refuses %s', (_name, schema, rule, words) => {
  const compile = () => compiled(z.object({ c: schema }), { rules: { c: rule } });
  expect(compile).toThrow(DefinitionError);
  expect(compile).toThrow(words);
});
