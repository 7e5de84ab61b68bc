/** An Avro schema as a tree: names resolved, what a logical type means told. */

import { ObjectRejectedError } from '../../core/errors.ts';

export interface AvroField {
  readonly name: string;
  readonly schema: AvroSchema;
}

export interface AvroSchema {
  /** The primitive or complex type, as Avro names it. */
  readonly type: string;
  readonly logical?: string;
  /** Digits after the point of a decimal. */
  readonly scale?: number;
  /** Bytes of a fixed. */
  readonly size?: number;
  readonly symbols?: readonly string[];
  /** Of a record. */
  readonly fields?: readonly AvroField[];
  /** Of an array its elements, of a map its values. */
  readonly items?: AvroSchema;
  /** Of a union. */
  readonly branches?: readonly AvroSchema[];
}

const PRIMITIVE: ReadonlySet<string> = new Set([
  'null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string',
]); // prettier-ignore
const KINDS: ReadonlySet<string> = new Set([...PRIMITIVE, 'array', 'map', 'record', 'enum', 'fixed']);
/** Logical types that change what a value is; what else is said of a type says nothing to us. */
const LOGICAL: Readonly<Record<string, readonly string[]>> = {
  int: ['date', 'time-millis'],
  long: [
    'time-micros', 'timestamp-millis', 'timestamp-micros', 'timestamp-nanos',
    'local-timestamp-millis', 'local-timestamp-micros', 'local-timestamp-nanos',
  ],
  bytes: ['decimal'],
  fixed: ['decimal', 'duration', 'uuid'],
}; // prettier-ignore
const DEEPEST = 100;
const UUID_BYTES = 16;

type Json = Readonly<Record<string, unknown>>;

/** @throws ObjectRejectedError `object.unreadable` if it is no schema, `object.format` if it is not of a record. */
export function recordSchema(text: string): AvroSchema {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw wrong('it is no JSON', cause);
  }
  const schema = resolve(json, new Map(), '', 0);
  if (schema.type === 'record') return schema;
  throw new ObjectRejectedError(
    'object.format',
    `Expected an Avro file of records, found one of the type ${schema.type}.`,
  );
}

/** A schema without the null that it may have beside; `several` where more than one is left. */
export function besideNull(schema: AvroSchema): AvroSchema {
  if (schema.branches === undefined) return schema;
  const others = schema.branches.filter(({ type }) => type !== 'null');
  return others.length === 1 ? others[0]! : { type: 'several' };
}

function resolve(given: unknown, known: Map<string, AvroSchema>, space: string, depth: number): AvroSchema {
  if (depth > DEEPEST) throw wrong(`it is nested more than ${DEEPEST} levels deep`);
  if (typeof given === 'string') {
    if (PRIMITIVE.has(given)) return { type: given };
    const named = known.get(fullName(given, space));
    if (named === undefined) throw wrong(`it names ${JSON.stringify(given)}, which it does not say`);
    return named;
  }
  if (Array.isArray(given)) {
    return { type: 'union', branches: given.map((one) => resolve(one, known, space, depth + 1)) };
  }
  if (typeof given !== 'object' || given === null) throw wrong('a type is none');
  const json = given as Json;
  // An error of a protocol is a record.
  const type = json['type'] === 'error' ? 'record' : json['type'];
  if (!isKind(type)) return resolve(type, known, space, depth + 1);
  if (PRIMITIVE.has(type)) return { type, ...logicalOf(type, json) };
  if (type === 'array') return { type, items: resolve(json['items'], known, space, depth + 1) };
  if (type === 'map') return { type, items: resolve(json['values'], known, space, depth + 1) };
  const name = fullName(
    String(json['name']),
    typeof json['namespace'] === 'string' ? json['namespace'] : space,
  );
  const own = name.slice(0, Math.max(0, name.lastIndexOf('.')));
  if (type === 'enum') {
    if (!Array.isArray(json['symbols'])) throw wrong(`the enum ${name} has no symbols`);
    const schema = { type, symbols: json['symbols'].map(String) };
    known.set(name, schema);
    return schema;
  }
  if (type === 'fixed') {
    const size = json['size'];
    if (!isCount(size)) throw wrong(`the fixed ${name} has no size`);
    const schema = { type, size, ...logicalOf(type, json) };
    known.set(name, schema);
    return schema;
  }
  const fields: AvroField[] = [];
  const schema = { type, fields };
  known.set(name, schema);
  if (!Array.isArray(json['fields'])) throw wrong(`the record ${name} has no fields`);
  for (const field of json['fields'] as (Json | null)[]) {
    if (typeof field?.['name'] !== 'string') throw wrong(`a field of the record ${name} has no name`);
    fields.push({ name: field['name'], schema: resolve(field['type'], known, own, depth + 1) });
  }
  return schema;
}

/** What is none is the name of a type that was said, or one in another. */
const isKind = (type: unknown): type is string => KINDS.has(type as string);

function logicalOf(type: string, json: Json): Pick<AvroSchema, 'logical' | 'scale'> {
  const logical = String(json['logicalType']);
  if (!(LOGICAL[type] ?? []).includes(logical) || (logical === 'uuid' && json['size'] !== UUID_BYTES))
    return {};
  if (logical !== 'decimal') return { logical };
  const scale = json['scale'] ?? 0;
  // What says of its digits what cannot be is no decimal: Avro has the bytes then.
  return isCount(scale) ? { logical, scale } : {};
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const fullName = (name: string, space: string): string =>
  name.includes('.') || space === '' ? name : `${space}.${name}`;

const wrong = (why: string, cause?: unknown): ObjectRejectedError =>
  new ObjectRejectedError('object.unreadable', `The schema of the Avro file cannot be read: ${why}.`, {
    cause,
  });
