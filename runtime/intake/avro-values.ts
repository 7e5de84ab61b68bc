/** Avro values as JSON, each by its schema: every digit of a number, times as ISO 8601. */

import { ObjectRejectedError } from '../../core/errors.ts';
import { decodeUtf8 } from '../../core/formats/utf8.ts';
import type { BoundAvro } from './avro-columns.ts';
import type { AvroReading } from './avro-reading.ts';
import type { AvroSchema } from './avro-schema.ts';

type Write = (reading: AvroReading) => string;

export function avroWriter(schema: AvroSchema, { omitted, texts }: BoundAvro): Write {
  const told = [...omitted, ...texts];
  const known = new Map<AvroSchema, Write>();

  function writerOf(of: AvroSchema, path: string): Write {
    // A record may hold itself; where something is told by its place it is made anew, and there are few of these.
    const isPlain = !told.some((one) => one.startsWith(path));
    if (isPlain && known.has(of)) return known.get(of)!;
    const later: Write = (reading) => made(reading);
    if (isPlain) known.set(of, later);
    const made = make(of, path);
    if (isPlain) known.set(of, made);
    return made;
  }

  function make(of: AvroSchema, path: string): Write {
    switch (of.type) {
      case 'record':
        return record(of, path);
      case 'array': {
        const item = writerOf(of.items!, `${path}[`);
        return (reading) => `[${blocks(reading, () => item(reading)).join(',')}]`;
      }
      case 'map': {
        const value = writerOf(of.items!, `${path}[`);
        return (reading) => `{${blocks(reading, () => `${string(reading)}:${value(reading)}`).join(',')}}`;
      }
      case 'union': {
        const branches = of.branches!.map((branch) => writerOf(branch, path));
        return (reading) => one(branches, reading)(reading);
      }
      case 'enum': {
        const symbols = of.symbols!.map((symbol) => JSON.stringify(symbol));
        return (reading) => one(symbols, reading);
      }
      default: {
        const write = simple(of);
        return of.logical === 'decimal' && texts.has(path) ? (reading) => `"${write(reading)}"` : write;
      }
    }
  }

  function record({ fields = [] }: AvroSchema, path: string): Write {
    const parts = fields.map(({ name, schema: of }) => {
      const place = path === '' ? name : `${path}.${name}`;
      return { key: `${JSON.stringify(name)}:`, write: writerOf(of, place), omits: omitted.has(place) };
    });
    const members = (reading: AvroReading): string => {
      let out = '';
      for (const { key, write, omits } of parts) {
        const value = write(reading);
        if (omits && value === 'null') continue;
        out += `${out === '' ? '' : ','}${key}${value}`;
      }
      return `{${out}}`;
    };
    return (reading) => reading.inside(() => members(reading));
  }

  return writerOf(schema, '');
}

/** The items of an array or a map, in blocks that each say their number. */
const blocks = (reading: AvroReading, item: () => string): string[] =>
  reading.inside(() => itemsOf(reading, item));

function itemsOf(reading: AvroReading, item: () => string): string[] {
  const items: string[] = [];
  for (;;) {
    let count = Number(reading.long());
    if (count === 0) return items;
    if (count < 0) {
      count = -count;
      reading.long();
    }
    for (let i = 0; i < count; i++) {
      const before = reading.at;
      items.push(item());
      if (reading.at === before) reading.tookNothing();
    }
  }
}

function one<T>(list: readonly T[], reading: AvroReading): T {
  const found = list[Number(reading.long())];
  if (found === undefined) throw damaged('a value is of no type that its schema has');
  return found;
}

function simple({ type, logical, scale = 0, size = 0 }: AvroSchema): Write {
  switch (logical ?? type) {
    case 'null':
      return () => 'null';
    case 'boolean':
      return (reading) => {
        const byte = reading.byte();
        if (byte > 1) throw damaged('a boolean is neither true nor false');
        return byte === 1 ? 'true' : 'false';
      };
    case 'int':
    case 'long':
      return (reading) => String(reading.long());
    case 'float':
      return (reading) => real(reading.bytes(4).readFloatLE(0));
    case 'double':
      return (reading) => real(reading.bytes(8).readDoubleLE(0));
    case 'string':
      return string;
    case 'decimal':
      return (reading) => decimal(reading.bytes(type === 'fixed' ? size : reading.size()), scale);
    case 'date':
      return (reading) => `"${dayOf(reading.long())}"`;
    case 'time-millis':
      return (reading) => `"${clock(reading.long() * 1_000_000n)}"`;
    case 'time-micros':
      return (reading) => `"${clock(reading.long() * 1000n)}"`;
    case 'bytes':
      return (reading) => `"${reading.bytes(reading.size()).toString('hex')}"`;
    case 'uuid':
      return (reading) => `"${uuid(reading.bytes(size).toString('hex'))}"`;
    case 'fixed':
    case 'duration':
      return (reading) => `"${reading.bytes(size).toString('hex')}"`;
    default: {
      const unit = { millis: 1_000_000n, micros: 1000n, nanos: 1n }[
        logical!.slice(logical!.lastIndexOf('-') + 1)
      ]!;
      const end = logical!.startsWith('local') ? '' : 'Z';
      return (reading) => {
        const nanos = reading.long() * unit;
        const day = (nanos - mod(nanos, DAY)) / DAY;
        return `"${dayOf(day)}T${clock(mod(nanos, DAY))}${end}"`;
      };
    }
  }
}

/** Bytes that are not UTF-8 become half of a surrogate pair, which rejects the record as text of no encoding. */
const string: Write = (reading) => {
  const text = decodeUtf8(reading.bytes(reading.size()));
  return text === undefined ? String.raw`"\ud800"` : JSON.stringify(text);
};

/** What is no number is told as a text, which a number is not: it is rejected with its column. */
function real(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? '-0' : String(value);
}

function decimal(bytes: Buffer, scale: number): string {
  const unscaled =
    bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const cut = digits.length - scale;
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, cut)}${scale === 0 ? '' : `.${digits.slice(cut)}`}`;
}

const uuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

const DAY = 86_400_000_000_000n;
const mod = (value: bigint, by: bigint): bigint => ((value % by) + by) % by;

/** A day that the calendar does not have is told by its number, and is no date. */
function dayOf(days: bigint): string {
  const date = new Date(Number(days) * 86_400_000);
  return Number.isNaN(date.getTime()) ? String(days) : date.toISOString().split('T')[0]!;
}

/** `HH:MM:SS`, with as many decimals as say something. */
function clock(nanos: bigint): string {
  const seconds = Number(nanos / 1_000_000_000n);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const fraction = String(nanos % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${two(seconds / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}${fraction === '' ? '' : `.${fraction}`}`;
}

const damaged = (why: string): ObjectRejectedError =>
  new ObjectRejectedError('object.unreadable', `The Avro file is damaged: ${why}. Deliver it again.`);
