/** What texts become, kind by kind, beside what the engine's own cast would have made of them. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { DecodeOptions } from '../../../core/decode-rule.ts';
import { DefinitionError } from '../../../core/errors.ts';
import { decimal } from '../../../core/types/decimal.ts';
import { bareCast, compiled, outcomes } from '../../support/decode.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

type Expected = Readonly<Record<string, string | null>>;

/** Texts that do not become what is expected, with what they become. */
async function wrong(
  schema: z.ZodType,
  expected: Expected,
  rule: DecodeOptions = {},
  tagged = false,
): Promise<string[]> {
  const got = await outcomes(engine, schema, Object.keys(expected), rule, tagged);
  return Object.keys(expected)
    .filter((text) => got[text] !== expected[text])
    .map((text) => `${text} is ${got[text]}`);
}
const wrongJson = (schema: z.ZodType, expected: Expected, rule: DecodeOptions = {}) =>
  wrong(schema, expected, rule, true);

/** The same for texts that we refuse, and that the engine alone makes something of. */
async function taken(
  schema: z.ZodType,
  type: string,
  bare: Readonly<Record<string, string>>,
): Promise<string[]> {
  const ours = await wrong(schema, Object.fromEntries(Object.keys(bare).map((text) => [text, '<decode>'])));
  const made = await Promise.all(
    Object.keys(bare).map(async (text) => [text, await bareCast(engine, text, type)] as const),
  );
  return [
    ...ours,
    ...made
      .filter(([text, value]) => value !== bare[text])
      .map(([text, value]) => `${text} is cast to ${value}`),
  ];
}

describe('whole numbers', () => {
  test('digits with a sign', () =>
    expect(
      wrong(z.int(), {
        '+5': '5',
        '007': '7',
        '-0': '0',
        '-12': '-12',
        '9007199254740991': '9007199254740991',
      }),
    ).resolves.toEqual([]));
  test('what the engine would have rounded, unpacked or trimmed', () =>
    expect(taken(z.int(), 'BIGINT', {
      '1.9': '2', '1_000': '1000', '0x10': '16', '0b11': '3', '1e3': '1000', ' 12': '12', '12 ': '12', '5.': '5', '.5': '1', '1.0': '1',
    })).resolves.toEqual([])); // prettier-ignore
  test('past the numbers that JavaScript holds, or that are none', () =>
    expect(wrong(z.int(), {
      '9007199254740992': '<decode>', '-9007199254740993': '<decode>', '1,000': '<decode>', '--5': '<decode>', '١': '<decode>', '': '<invalid_type>',
    })).resolves.toEqual([])); // prettier-ignore
  test('64 bits, exactly', () =>
    expect(wrong(z.bigint(), {
      '9007199254740993': '9007199254740993', '-9223372036854775808': '-9223372036854775808', '9223372036854775808': '<decode>',
    })).resolves.toEqual([])); // prettier-ignore
  test('bounds of 64 bits are compared as whole numbers, not as doubles', () =>
    expect(
      wrong(z.bigint().max(9007199254740993n), {
        '9007199254740993': '9007199254740993',
        '9007199254740994': '<too_big>',
      }),
    ).resolves.toEqual([]));
  test('ranges and steps', () =>
    expect(wrong(z.int32().min(0).multipleOf(5), {
      '5': '5', '-5': '<too_small>', '7': '<not_multiple_of>', '-7': '<too_small,not_multiple_of>', '2147483650': '<too_big>',
    })).resolves.toEqual([])); // prettier-ignore
});

describe('numbers', () => {
  test('decimal and exponent', () =>
    expect(
      wrong(z.number(), {
        '1.5': '1.5',
        '1e3': '1000.0',
        '.5': '0.5',
        '-0.07': '-0.07',
        '1E-2': '0.01',
        '5e-324': '5e-324',
      }),
    ).resolves.toEqual([]));
  test('what the engine would have taken', () =>
    expect(taken(z.number(), 'DOUBLE', {
      nan: 'nan', inf: 'inf', '-infinity': '-inf', '1_000': '1000.0', '1e400': 'inf', ' 1': '1.0', '5.': '5.0',
    })).resolves.toEqual([])); // prettier-ignore
});

describe('decimals', () => {
  test('exact, never rounded', () =>
    expect(wrong(decimal(12, 2), {
      '1000.5': '1000.50', '-0.07': '-0.07', '.5': '0.50', '007': '7.00', '-0': '0.00', '9999999999.99': '9999999999.99',
    })).resolves.toEqual([])); // prettier-ignore
  test('what the engine would have rounded', () =>
    expect(taken(decimal(12, 2), 'DECIMAL(12,2)', {
      '1.005': '1.01', '1.500': '1.50', '1_000': '1000.00', '1e3': '1000.00', ' 1': '1.00', '5.': '5.00',
    })).resolves.toEqual([])); // prettier-ignore
  test('too many digits', () =>
    expect(
      wrong(decimal(4, 2), { '99.99': '99.99', '100': '<decode>', '100.00': '<decode>' }),
    ).resolves.toEqual([]));
  test('38 digits, which no double holds, with bounds that one does not hold either', () =>
    expect(
      wrong(decimal(38, 10).min(0.1).max(1e20), {
        '1234567890123456789.0123456789': '1234567890123456789.0123456789',
        '100000000000000000000.0000000000': '100000000000000000000.0000000000',
        '100000000000000000000.0000000001': '<too_big>',
        '0.0999999999': '<too_small>',
        '0.1': '0.1000000000',
      }),
    ).resolves.toEqual([]));
  test('a bound between two steps, and bounds that are not inclusive', async () => {
    await expect(wrong(decimal(6, 2).min(1.005), { '1.00': '<too_small>', '1.01': '1.01' })).resolves.toEqual(
      [],
    );
    await expect(wrong(decimal(6, 2).lt(1.005).gt(-1.005), {
      '1.00': '1.00', '1.01': '<too_big>', '-1.01': '<too_small>', '-1.00': '-1.00',
    })).resolves.toEqual([]); // prettier-ignore
    await expect(wrong(decimal(6, 2).gt(1), { '1.00': '<too_small>', '1.01': '1.01' })).resolves.toEqual([]);
    await expect(wrong(decimal(3, 0).max(1e9).min(-1e9), { '999': '999', '-999': '-999' })).resolves.toEqual(
      [],
    );
  });
});

describe('marks in numbers', () => {
  test('groups are of three digits', () =>
    expect(
      wrong(
        decimal(12, 2),
        {
        '1,000.50': '1000.50', '12,345,678': '12345678.00', '1000': '1000.00', '1,00': '<decode>', '1,0000': '<decode>', ',100': '<decode>',
        '1,000,00': '<decode>', '1000,000': '<decode>', '1,000.5,0': '<decode>',
      }, // prettier-ignore
        { thousands: ',' },
      ),
    ).resolves.toEqual([]));
  test('the decimal mark, with and without groups', async () => {
    await expect(
      wrong(z.number(), { '1,5': '1.5', '1.5': '<decode>', '1,2,3': '<decode>' }, { decimal: ',' }),
    ).resolves.toEqual([]);
    await expect(
      wrong(z.number(), { '1.234,5': '1234.5', '1.23,5': '<decode>' }, { decimal: ',', thousands: '.' }),
    ).resolves.toEqual([]);
    await expect(
      wrong(z.int(), { "1'234": '1234', "1'23": '<decode>' }, { thousands: "'" }),
    ).resolves.toEqual([]);
  });
  test('a JSON number is never read by rules about text', async () => {
    await expect(
      wrongJson(z.number(), { 'n1.5': '1.5', 's1,5': '1.5', 's1.5': '<decode>' }, { decimal: ',' }),
    ).resolves.toEqual([]);
    await expect(
      wrongJson(
        z.int(),
        { 'n1.500': '<decode>', 's1.500': '1500', 'n1.000': '1', n12: '12' },
        { thousands: '.' },
      ),
    ).resolves.toEqual([]);
  });
});

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
    expect(await bareCast(engine, 't', 'BOOLEAN')).toBe('true');
    expect(await bareCast(engine, '1', 'BOOLEAN')).toBe('true');
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
    const [row] = await engine.rows(`SELECT lower('o\u212a') AS v`);
    expect(row!['v']).toBe('ok');
  });
});

describe('dates', () => {
  test('days that are in the calendar', () =>
    expect(wrong(z.iso.date(), {
      '2024-02-29': '2024-02-29', '2023-02-29': '<decode>', '2024-02-30': '<decode>', '0001-01-01': '0001-01-01', '0000-01-01': '<decode>',
    })).resolves.toEqual([])); // prettier-ignore
  test('what the engine would have taken', () =>
    expect(taken(z.iso.date(), 'DATE', {
      epoch: '1970-01-01', infinity: 'infinity', '2024-1-5': '2024-01-05', '2024-01-05 10:00:00': '2024-01-05', '10000-01-01': '10000-01-01',
    })).resolves.toEqual([])); // prettier-ignore
  test('by pattern', async () => {
    await expect(wrong(z.iso.date(), { '05.02.2024': '2024-02-05', '5.2.2024': '<decode>', '30.02.2024': '<decode>', '05.02.98': '<decode>' }, { pattern: 'DD.MM.YYYY' })).resolves.toEqual([]); // prettier-ignore
    await expect(wrong(z.iso.date(), { 'Jun 12 1998': '1998-06-12', 'jun 5 1998': '1998-06-05', 'Jun 05 1998': '<decode>', 'June 5 1998': '<decode>' }, { pattern: 'MMM D YYYY' })).resolves.toEqual([]); // prettier-ignore
    await expect(
      wrong(z.iso.date(), { '20240205': '2024-02-05', '2024025': '<decode>' }, { pattern: 'YYYYMMDD' }),
    ).resolves.toEqual([]);
  });
  test('the round trip refuses what the engine reads by the same format', async () => {
    const [row] = await engine.rows(`SELECT try_strptime('5.2.2024', '%d.%m.%Y')::VARCHAR AS v`);
    expect(row!['v']).toBe('2024-02-05 00:00:00');
  });
});

describe('date-times', () => {
  test('in UTC, whatever the offset', () =>
    expect(
      wrong(z.iso.datetime(), {
        '2024-01-01T00:00:00Z': '2024-01-01T00:00:00Z',
        '2024-01-01T00:00:00.120Z': '2024-01-01T00:00:00.12Z',
        '2024-01-01T00:00:00+02:00': '2023-12-31T22:00:00Z',
        '2024-01-01T00:00:00.123456-11:30': '2024-01-01T11:30:00.123456Z',
        '2024-01-01T10:00Z': '2024-01-01T10:00:00Z',
      }),
    ).resolves.toEqual([]));
  test('the engine alone drops the offset and the seventh digit', async () => {
    await expect(
      taken(z.iso.datetime(), 'TIMESTAMP', {
        '2024-01-01T00:00:00.1234567Z': '2024-01-01 00:00:00.123456',
        '2024-01-01 24:00:00': '2024-01-02 00:00:00',
        infinity: 'infinity',
        epoch: '1970-01-01 00:00:00',
        '2024-01-01T00:00:00': '2024-01-01 00:00:00',
      }),
    ).resolves.toEqual([]);
    expect(await bareCast(engine, '2024-01-01T00:00:00+02:00', 'TIMESTAMP')).toBe('2024-01-01 00:00:00');
  });
  test('what is no point in time', () =>
    expect(wrong(z.iso.datetime(), {
      '2024-02-30T00:00:00Z': '<decode>', '2024-01-01T24:00:00Z': '<decode>', '2024-12-31T23:59:60Z': '<decode>', '2024-01-01T00:00:00+24:00': '<decode>',
      '0001-01-01T00:00:00+02:00': '<decode>', '9999-12-31T23:30:00-02:00': '<decode>', '10000-01-01T00:00:00Z': '<decode>',
    })).resolves.toEqual([])); // prettier-ignore
  test('a zone: the hour that the clock skips is none, the hour that comes twice is the later', async () => {
    await expect(
      wrong(
        z.iso.datetime(),
        {
          '2024-07-01T12:00:00': '2024-07-01T10:00:00Z',
          '2024-03-31T02:30:00': '<decode>',
          '2024-10-27T02:30:00': '2024-10-27T01:30:00Z',
          '2024-07-01T12:00:00Z': '2024-07-01T12:00:00Z',
        },
        { zone: 'Europe/Berlin' },
      ),
    ).resolves.toEqual([]);
    const [row] = await engine.rows(
      `SELECT timezone('Europe/Berlin', TIMESTAMP '2024-03-31 02:30:00')::VARCHAR AS v`,
    );
    expect(row!['v']).toBe('2024-03-31 01:30:00+00');
  });
  test('by pattern, in a zone or with an offset', async () => {
    await expect(wrong(z.iso.datetime(), { '2001-01-01 00:01:00': '2001-01-01T00:01:00Z', '2001-01-01 00:01:00.5': '<decode>', '2001-01-01 24:00:00': '<decode>', '12001-01-01 00:01:00': '<decode>' }, { pattern: 'YYYY-MM-DD HH:mm:ss', zone: 'UTC' })).resolves.toEqual([]); // prettier-ignore
    await expect(wrong(z.iso.datetime(), { '2026-11-21 10:00:00+00': '2026-11-21T10:00:00Z', '2026-11-21 10:00:00+0530': '2026-11-21T04:30:00Z', '2026-11-21 10:00:00-05:00': '2026-11-21T15:00:00Z', '2026-11-21 10:00:00Z': '2026-11-21T10:00:00Z', '2026-11-21 10:00:00': '<decode>' }, { pattern: 'YYYY-MM-DD HH:mm:ssZ' })).resolves.toEqual([]); // prettier-ignore
    await expect(wrong(z.iso.datetime(), { '1/5/2024 1:02 PM': '2024-01-05T18:02:00Z', '1/5/2024 12:02 am': '2024-01-05T05:02:00Z', '1/5/2024 13:02 PM': '<decode>' }, { pattern: 'M/D/YYYY h:mm A', zone: 'America/New_York' })).resolves.toEqual([]); // prettier-ignore
    await expect(
      wrong(
        z.iso.datetime(),
        { '2024-01-05T10h %02:03': '2024-01-05T10:02:03Z' },
        { pattern: 'YYYY-MM-DDTHH[h] %mm:ss', zone: 'UTC' },
      ),
    ).resolves.toEqual([]);
  });
  test('since 1970', async () => {
    await expect(wrong(z.iso.datetime(), { '1700000000': '2023-11-14T22:13:20Z', '1700000000.123456': '2023-11-14T22:13:20.123456Z', '-1': '1969-12-31T23:59:59Z', '253402300800': '<decode>', '1e9': '<decode>' }, { epoch: 'seconds' })).resolves.toEqual([]); // prettier-ignore
    await expect(wrongJson(z.iso.datetime(), { n1700000000000: '2023-11-14T22:13:20Z', s1700000000000: '2023-11-14T22:13:20Z', btrue: '<invalid_type>' }, { epoch: 'milliseconds' })).resolves.toEqual([]); // prettier-ignore
  });
  test('a precision that zod asks for is asked of the value', async () => {
    await expect(wrong(z.iso.datetime({ precision: 0 }), { '2024-01-01T00:00:00Z': '2024-01-01T00:00:00Z', '2024-01-01T00:00:00.5Z': '<invalid_format>' })).resolves.toEqual([]); // prettier-ignore
    await expect(wrong(z.iso.datetime({ precision: -1 }), { '2024-01-01T00:00Z': '2024-01-01T00:00:00Z', '2024-01-01T00:00:01Z': '<invalid_format>' })).resolves.toEqual([]); // prettier-ignore
  });
});

test('times of day', async () => {
  await expect(wrong(z.iso.time(), {
    '10:00': '10:00', '10:00:59.123456': '10:00:59.123456', '24:00': '<decode>', '23:59:60': '<decode>', '10:00:00.1234567': '<decode>',
  })).resolves.toEqual([]); // prettier-ignore
  await expect(
    wrong(z.iso.time({ precision: 0 }), { '10:00:00': '10:00:00', '10:00': '<invalid_format>' }),
  ).resolves.toEqual([]);
  await expect(
    wrong(z.iso.time(), { '1:02 PM': '13:02', '13:02 PM': '<decode>' }, { pattern: 'h:mm A' }),
  ).resolves.toEqual([]);
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
    const [row] = await engine.rows(`SELECT trim('\tDE') AS v`);
    expect(row!['v']).toBe('\tDE');
  });
  test('length is counted as zod counts it: code points, not bytes', async () => {
    await expect(
      wrong(z.string().length(2), { '👍👍': '👍👍', ab: 'ab', é: '<too_small>', abc: '<too_big>' }),
    ).resolves.toEqual([]);
    const [row] = await engine.rows(`SELECT strlen('👍👍') AS v`);
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
    const got = await outcomes(engine, schema, texts);
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
    const [row] = await engine.rows(`SELECT to_json(from_json('[1.9]', '["BIGINT"]'))::VARCHAR AS v`);
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
