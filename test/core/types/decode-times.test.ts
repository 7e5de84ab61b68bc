/** What texts become as dates and times, beside what the engine's own cast would have made of them. */

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { bareCast } from '../../support/decode.ts';
import { wrongTexts } from '../../support/wrong-texts.ts';

const texts = wrongTexts();
const { wrong, wrongJson, taken } = texts;

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
    const [row] = await texts.engine.rows(`SELECT try_strptime('5.2.2024', '%d.%m.%Y')::VARCHAR AS v`);
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
    expect(await bareCast(texts.engine, '2024-01-01T00:00:00+02:00', 'TIMESTAMP')).toBe(
      '2024-01-01 00:00:00',
    );
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
    const [row] = await texts.engine.rows(
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
