/** Dates and times of the reference: from a text to the parts of a clock, and from these to a point in time. */

export interface Clock {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly micros: number;
  /** Minutes east of UTC, if the text said. */
  readonly offset?: number;
}

const midnight = { hour: 0, minute: 0, second: 0, micros: 0 };

export function isoDay(text: string): Clock | undefined {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  return found
    ? { year: Number(found[1]), month: Number(found[2]), day: Number(found[3]), ...midnight }
    : undefined;
}

export function isoClock(text: string): Clock | undefined {
  const found =
    /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,6}))?)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?$/.exec(
      text,
    );
  if (found === null) return undefined;
  const [, day, hour, minute, second = '0', fraction = '', zone] = found;
  const micros = Number(fraction.padEnd(6, '0'));
  const clock = {
    ...isoDay(day!)!,
    hour: Number(hour),
    minute: Number(minute),
    second: Number(second),
    micros,
  };
  return zone === undefined ? clock : { ...clock, offset: minutesOf(zone) };
}

function minutesOf(zone: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^(?:Z|([+-])(\d\d):?(\d\d)?)$/.exec(zone)!;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

type Reader = readonly [
  pattern: string,
  read: (text: string) => Partial<Record<keyof Clock | 'half', number>>,
];
const number = (pattern: string, part: keyof Clock): Reader => [
  pattern,
  (text) => ({ [part]: Number(text) }),
];
const monthIn = (names: readonly string[]): Reader => [
  names.join('|'),
  (text) => ({ month: names.findIndex((name) => name.toLowerCase() === text.toLowerCase()) + 1 }),
];

/** For each token, the texts that it stands for and what they say. */
const readers: Readonly<Record<string, Reader>> = {
  YYYY: number('\\d{4}', 'year'),
  MMMM: monthIn(MONTHS),
  MMM: monthIn(MONTHS.map((name) => name.slice(0, 3))),
  MM: number('0[1-9]|1[0-2]', 'month'),
  M: number('[1-9]|1[0-2]', 'month'),
  DD: number('0[1-9]|[12]\\d|3[01]', 'day'),
  D: number('[1-9]|[12]\\d|3[01]', 'day'),
  HH: number('[01]\\d|2[0-3]', 'hour'),
  H: number('1?\\d|2[0-3]', 'hour'),
  hh: number('0[1-9]|1[0-2]', 'hour'),
  h: number('[1-9]|1[0-2]', 'hour'),
  mm: number('[0-5]\\d', 'minute'),
  ss: number('[0-5]\\d', 'second'),
  SSSSSS: number('\\d{6}', 'micros'),
  SSS: ['\\d{3}', (text) => ({ micros: Number(text) * 1000 })],
  A: ['AM|PM', (text) => ({ half: text.toUpperCase() === 'PM' ? 12 : 0 })],
  Z: ['Z|[+-](?:[01]\\d|2[0-3])(?::?[0-5]\\d)?', (text) => ({ offset: minutesOf(text) })],
};

export function clockByPattern(text: string, pattern: string): Clock | undefined {
  const used: Reader[] = [];
  let shape = '';
  for (const piece of pattern.match(/\[[^\]]*\]|([A-Za-z])\1*|[^A-Za-z]/g) ?? []) {
    const reader = readers[piece];
    if (reader === undefined) {
      shape += (piece.startsWith('[') ? piece.slice(1, -1) : piece).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
      continue;
    }
    used.push(reader);
    shape += `(${reader[0]})`;
  }
  const found = new RegExp(`^${shape}$`, /MMM|A/.test(pattern) ? 'i' : '').exec(text);
  if (found === null) return undefined;
  const parts = Object.assign({}, ...used.map(([, read], i) => read(found[i + 1]!))) as Partial<Clock> & {
    half?: number;
  };
  const { half, ...said } = parts;
  const hour = half === undefined ? (said.hour ?? 0) : ((said.hour ?? 0) % 12) + half;
  return { year: 1970, month: 1, day: 1, ...midnight, ...said, hour };
}

export function epochClock(
  text: string,
  unit: 'seconds' | 'milliseconds' | 'microseconds',
): Clock | undefined {
  const digits = { seconds: 6, milliseconds: 3, microseconds: 0 }[unit];
  const found = /^(-?)(\d{1,20})(?:\.(\d+))?$/.exec(text);
  if (found === null || (found[3] ?? '').length > digits) return undefined;
  const micros = BigInt(`${found[1]}${found[2]}${(found[3] ?? '').padEnd(digits, '0')}`);
  const millis = Number((micros - (((micros % 1000n) + 1000n) % 1000n)) / 1000n);
  const date = new Date(millis);
  if (Number.isNaN(date.getTime())) return undefined;
  const rest = Number(((micros % 1000n) + 1000n) % 1000n);
  return { ...partsOf(date), micros: date.getUTCMilliseconds() * 1000 + rest, offset: 0 };
}

const partsOf = (date: Date) => ({
  year: date.getUTCFullYear(),
  month: date.getUTCMonth() + 1,
  day: date.getUTCDate(),
  hour: date.getUTCHours(),
  minute: date.getUTCMinutes(),
  second: date.getUTCSeconds(),
});

/**
 * The ISO text in UTC of a clock in a zone, given in minutes or by name; undefined if there is no such day or hour, no
 * zone, or it is outside of the years 1 to 9999. An hour that comes twice is the later one.
 * @param precision digits of the second at least, -1 for none of the second at all, where it has none.
 */
export function instantOf(
  clock: Clock,
  zone: number | string | undefined,
  precision?: number,
): string | undefined {
  const seconds = utcSeconds(clock);
  if (seconds === undefined || zone === undefined || clock.year < 1) return undefined;
  const utc = typeof zone === 'number' ? seconds - zone * 60 : inZone(seconds, zone);
  if (utc === undefined) return undefined;
  const date = new Date(utc * 1000);
  const { year } = partsOf(date);
  if (!(year >= 1 && year <= 9999)) return undefined;
  const day = date.toISOString().slice(0, 16);
  const second = date.toISOString().slice(16, 19);
  if (precision === -1 && second === ':00' && clock.micros === 0) return `${day}Z`;
  const shortest = String(clock.micros).padStart(6, '0').replace(/0+$/, '');
  const fraction = shortest.padEnd(Math.max(precision ?? 0, 0), '0');
  return `${day}${second}${fraction === '' ? '' : `.${fraction}`}Z`;
}

/** Seconds since 1970 of a clock in UTC, undefined if the calendar has no such day. */
function utcSeconds({ year, month, day, hour, minute, second }: Clock): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1) return undefined;
  return date.getTime() / 1000 + hour * 3600 + minute * 60 + second;
}

/** The last point in time at which the clocks of the zone show this, if they do. */
function inZone(local: number, zone: string): number | undefined {
  const shown = new Intl.DateTimeFormat('en-u-ca-iso8601', {
    timeZone: zone,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const offsetAt = (utc: number): number => {
    const parts = Object.fromEntries(
      shown.formatToParts(new Date(utc * 1000)).map(({ type, value }) => [type, value]),
    );
    const year = parts['era']?.startsWith('B') ? 1 - Number(parts['year']) : Number(parts['year']);
    const [month, day, hour, minute, second] = ['month', 'day', 'hour', 'minute', 'second'].map((part) =>
      Number(parts[part]),
    );
    return (
      utcSeconds({
        year,
        month: month!,
        day: day!,
        hour: hour!,
        minute: minute!,
        second: second!,
        micros: 0,
      })! - utc
    );
  };
  const offsets = [-86_400, 0, 86_400].map((away) => offsetAt(local + away));
  const fitting = offsets.map((offset) => local - offset).filter((utc) => utc + offsetAt(utc) === local);
  return fitting.length === 0 ? undefined : Math.max(...fitting);
}
