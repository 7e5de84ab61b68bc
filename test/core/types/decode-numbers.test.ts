/** What texts become as numbers, beside what the engine's own cast would have made of them. */

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { decimal } from '../../../core/types/decimal.ts';
import { wrongTexts } from '../../support/wrong-texts.ts';

const { wrong, wrongJson, taken } = wrongTexts();

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
