/**
 * The table of types as plain TypeScript: what a text means for each kind of value. Nothing runs by it; the tests hold
 * the SQL against it, and it is written without what the SQL is made of.
 */

import type { DecodeOptions } from '../../core/decode-rule.ts';
import type { Tag } from '../../core/formats/format.ts';
import type { Column } from '../../core/row.ts';
import { instantOf, type Clock, clockByPattern, epochClock, isoClock, isoDay } from './meaning-times.ts';

/** What a text means. A value is as zod sees it. */
type Meaning =
  | { readonly is: 'value'; readonly value: unknown }
  /** A null, or a field that is not there. */
  | { readonly is: 'missing' | 'null' }
  | { readonly is: 'fault'; readonly code: 'decode' | 'invalid_type' | 'malformed' };

/** A field as received: a text, or for JSON a text with its tag. */
export interface Received {
  readonly text: string;
  /** The empty tag: the field is missing. Undefined: the format has no tags. */
  readonly tag?: Tag | '';
}

/** Reads a text by the rules of its column. */
export function meaningOf(column: Column, rule: DecodeOptions, received: Received): Meaning {
  const { tag } = received;
  if (tag === '') return { is: 'missing' };
  if (tag === 'z') return { is: 'null' };
  const isText = tag === undefined || tag === 's';
  if (tag !== undefined && !accepts(column.type, rule).includes(tag))
    return { is: 'fault', code: 'invalid_type' };
  const text = rule.trim === true && isText ? received.text.trim() : received.text;
  const nothing = tag === undefined && text === '' && column.type !== 'text';
  if (nothing || (isText && rule.nulls?.includes(text)))
    return { is: undefinable(column) ? 'missing' : 'null' };
  if ((tag === 'a' || tag === 'o') && repeats(text)) return { is: 'fault', code: 'malformed' };
  const value = valueOf(column, rule, text, tag === 'n');
  return value === undefined ? { is: 'fault', code: 'decode' } : { is: 'value', value };
}

/** Whether more keys are written in JSON than the objects have that it is parsed into. */
function repeats(json: string): boolean {
  const keysOf = (value: unknown): number =>
    typeof value !== 'object' || value === null
      ? 0
      : Object.entries(value).reduce(
          (sum, [, part]) => sum + keysOf(part),
          Array.isArray(value) ? 0 : Object.keys(value).length,
        );
  const written = json.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').replaceAll(/[^:]/g, '').length;
  return written !== keysOf(JSON.parse(json));
}

/** `.optional()` or `.default()` somewhere around the type. */
function undefinable(column: Column): boolean {
  for (let def = column.schema._zod.def as { type: string; innerType?: Column['schema'] }; ;) {
    if (def.type === 'optional' || def.type === 'default') return true;
    if (def.innerType === undefined) return false;
    def = def.innerType._zod.def as typeof def;
  }
}

function accepts(type: string, rule: DecodeOptions): readonly Tag[] {
  const { decimal, thousands, nulls, trim, pattern } = rule;
  const aboutText = [decimal, thousands, nulls, trim, pattern, rule.true, rule.false].some(
    (given) => given !== undefined,
  );
  const own: Readonly<Record<string, readonly Tag[]>> = {
    int: aboutText ? ['n', 's'] : ['n'],
    number: aboutText ? ['n', 's'] : ['n'],
    boolean: aboutText ? ['b', 's'] : ['b'],
    bigint: ['n', 's'],
    decimal: ['n', 's'],
    datetime: rule.epoch === undefined ? ['s'] : ['n', 's'],
    list: ['a'],
    struct: ['o'],
  };
  return own[type] ?? ['s'];
}

function valueOf(column: Column, rule: DecodeOptions, text: string, numeral: boolean): unknown {
  switch (column.type) {
    case 'int':
    case 'bigint':
      return whole(column.type, rule, text, numeral);
    case 'number': {
      const plain = numeral ? text : unmarked(text, rule);
      if (plain === undefined || !/^[+-]?(\d+(\.\d+)?|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return undefined;
      return Number.isFinite(Number(plain)) ? Number(plain) : undefined;
    }
    case 'decimal': {
      const exact = exactDecimal(column, numeral ? shortest(text) : unmarked(text, rule));
      return exact === undefined ? undefined : Number(exact);
    }
    case 'boolean':
      return truth(rule, text);
    case 'date': {
      const clock = rule.pattern === undefined ? isoDay(text) : clockByPattern(text, rule.pattern);
      return clock && instantOf(clock, 0)?.slice(0, 10);
    }
    case 'time':
      return timeOf(rule, text);
    case 'datetime':
      return pointInTime(column, rule, numeral ? shortest(text) : text);
    case 'list':
    case 'struct':
      return inside(column.schema, parsed(text));
    default:
      return text;
  }
}

/** A number of JSON as it is written. */
class Written {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const parsed = (json: string): unknown =>
  JSON.parse(json, (_key, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? new Written(context!.source!) : value,
  );

/** JavaScript's value, but that a number is no whole one that is not written as one: `1.0000000000000000001` is 0.5 to zod. */
function inside(schema: Column['schema'] | undefined, value: unknown): unknown {
  const bare = schema && innermost(schema);
  if (value instanceof Written) {
    const asksWhole = bare?.safeParse(0.5).error?.issues.some((issue) => 'expected' in issue && issue.expected === 'int'); // prettier-ignore
    return asksWhole && !isWhole(value.text) ? 0.5 : Number(value.text);
  }
  if (typeof value !== 'object' || value === null) return value;
  const { element, shape = {} } = (bare?._zod.def ?? {}) as {
    element?: Column['schema'];
    shape?: Readonly<Record<string, Column['schema']>>;
  };
  if (Array.isArray(value)) return value.map((item) => inside(element, item));
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inside(shape[key], part)]));
}

/** By multiplying it out; what is past the doubles is not whole, or too large. */
function isWhole(numeral: string): boolean {
  const [, digits = '', part = '', power = '0'] = /^-?(\d+)\.?(\d*)(?:e(.*))?$/i.exec(numeral)!;
  const places = part.length - Number(power);
  return places <= 0 || BigInt(digits + part) % 10n ** BigInt(Math.min(places, 2000)) === 0n;
}

function whole(
  type: 'int' | 'bigint',
  rule: DecodeOptions,
  text: string,
  numeral: boolean,
): number | bigint | undefined {
  const plain = numeral ? text.replace(/^(-?\d+)\.0+$/, '$1') : unmarked(text, rule);
  if (plain === undefined || !/^[+-]?\d+$/.test(plain)) return undefined;
  const value = BigInt(plain.replace('+', ''));
  if (type === 'bigint') return BigInt.asIntN(64, value) === value ? value : undefined;
  return Number.isSafeInteger(Number(value)) && BigInt(Number(value)) === value ? Number(value) : undefined;
}

/** A JSON number without the zeros at the end of its fraction. */
const shortest = (text: string): string => (/^-?\d+\.\d+$/.test(text) ? text.replace(/\.?0+$/, '') : text);

/** The digits with a point for the decimal mark, without the marks between groups, which must be of three digits. */
function unmarked(text: string, { thousands, decimal = '.' }: DecodeOptions): string | undefined {
  let plain = text;
  if (thousands !== undefined && plain.includes(thousands)) {
    const parts = plain.replace(/^[+-]/, '').split(thousands);
    const last = /^(\d{3})(\D.*)?$/s.exec(parts.at(-1)!);
    const groups = parts.slice(1, -1);
    if (!/^\d{1,3}$/.test(parts[0]!) || groups.some((group) => !/^\d{3}$/.test(group)) || last === null)
      return undefined;
    plain = plain.replaceAll(thousands, '');
  }
  if (decimal === '.') return plain;
  return plain.includes('.') ? undefined : plain.replaceAll(',', '.');
}

/** The decimal in the way that the table shows it, all its places written. */
function exactDecimal(column: Column, text: string | undefined): string | undefined {
  const [precision, scale] = /\((\d+),(\d+)\)/.exec(column.sql)!.slice(1).map(Number) as [number, number];
  const found = /^([+-]?)(\d*)(?:\.(\d+))?$/.exec(text ?? '');
  if (found === null) return undefined;
  const [, sign, before = '', after = ''] = found;
  if ((before === '' && after === '') || after.length > scale) return undefined;
  const significant = before.replace(/^0+/, '');
  if (significant.length > precision - scale) return undefined;
  const places = after.padEnd(scale, '0');
  const zero = /^0*$/.test(significant + places);
  return `${sign === '-' && !zero ? '-' : ''}${significant || '0'}${scale === 0 ? '' : `.${places}`}`;
}

function truth(rule: DecodeOptions, text: string): boolean | undefined {
  const ascii = (one: string) => !/[^\0-\x7f]/.test(one); // oxlint-disable-line no-control-regex
  const same = (one: string) =>
    one === text || (ascii(one) && ascii(text) && one.toLowerCase() === text.toLowerCase());
  if (['true', ...(rule.true ?? [])].some(same)) return true;
  return ['false', ...(rule.false ?? [])].some(same) ? false : undefined;
}

function timeOf(rule: DecodeOptions, text: string): string | undefined {
  if (rule.pattern === undefined) {
    return /^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?$/.test(text) ? text : undefined;
  }
  const clock = clockByPattern(text, rule.pattern);
  if (clock === undefined) return undefined;
  const two = (n: number) => String(n).padStart(2, '0');
  const fraction = rule.pattern.includes('SSSSSS') ? 6 : rule.pattern.includes('SSS') ? 3 : 0;
  const seconds = rule.pattern.includes('ss') ? `:${two(clock.second)}` : '';
  const part = fraction === 0 ? '' : `.${String(clock.micros).padStart(6, '0').slice(0, fraction)}`;
  return `${two(clock.hour)}:${two(clock.minute)}${seconds}${part}`;
}

function pointInTime(column: Column, rule: DecodeOptions, text: string): string | undefined {
  const clock: Clock | undefined =
    rule.epoch !== undefined
      ? epochClock(text, rule.epoch)
      : rule.pattern === undefined
        ? isoClock(text)
        : clockByPattern(text, rule.pattern);
  if (clock === undefined) return undefined;
  const precision =
    (innermost(column.schema)._zod.def as { precision?: number | null }).precision ?? undefined;
  return instantOf(clock, clock.offset ?? rule.zone, precision);
}

function innermost(schema: Column['schema']): Column['schema'] {
  const { innerType } = schema._zod.def as { innerType?: Column['schema'] };
  return innerType === undefined ? schema : innermost(innerType);
}
