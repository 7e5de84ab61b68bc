/** Lists and objects inside a JSON record: `z.array()` and `z.object()`, judged by zod and kept as zod leaves them. */

import type { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import type { DeltaField, DeltaType } from '../delta-type.ts';
import { partsOf, type Parts } from '../schema.ts';
import { literal, quote } from '../sql.ts';
import { int } from './int.ts';
import { parseFractions } from './looks-whole.ts';
import { lossesOf } from './received-json.ts';
import { text, wellFormed } from './text.ts';
import type { Held, Received, ValueType } from './type.ts';

/** A shape as the engine, the table and the engine's reader of JSON say it. */
interface Shape extends Held {
  readonly json: unknown;
  readonly nullable: boolean;
}

const kind = (type: 'array' | 'object', noun: string, tag: 'a' | 'o'): ValueType => ({
  name: type === 'array' ? 'list' : 'struct',
  noun: () => noun,
  matches: ({ def }) => def.type === type,
  held: (parts, where) => shapeOf(parts, where),
  rules: [],
  tags: () => [tag],
  emptyIsValue: false,
  decode: () => [(below) => below],
  internal: 'VARCHAR',
  expects: () => `expected ${noun}, found another`,
  own: () => 'zod',
  check: () => 'zod',
  shown: (value) => value,
  seen: (shown) => JSON.parse(shown) as unknown,
  write: json,
  nested: {
    read: (shown, parts, where) =>
      `from_json(${shown}, ${literal(JSON.stringify(shapeOf(parts, where).json))})`,
    received,
  },
  literal: (value) => literal(String(json(value))),
});

export const list: ValueType = Object.freeze(kind('array', 'a list', 'a'));
export const struct: ValueType = Object.freeze(kind('object', 'an object', 'o'));

/** What the engine and the table hold of a value inside of a list or an object; of a date or a time it is a text. */
export const heldInside = (parts: Parts, where: string): Held => shapeOf(parts, where);

/** Of two values of a key none is taken: which one is meant cannot be told. */
function received(given: string, { schema }: Parts): Received {
  const { repeated, hidesFraction } = lossesOf(given);
  if (repeated === undefined)
    return { value: hidesFraction ? parseFractions(given, schema) : (JSON.parse(given) as unknown) };
  const message = `expected each key once, found ${JSON.stringify(repeated)} again`;
  return { fault: { code: 'malformed', message, path: [] } };
}

/** The value as JSON that the engine reads back exactly, or what cannot be kept. */
function json(value: unknown): ReturnType<typeof wellFormed> {
  const plain = JSON.stringify(value);
  // Half of a surrogate pair is written as an escape, and minus zero as a zero: most values have neither.
  if (!plain.includes(String.raw`\ud`) && !/[[:,]0[,\]}]/.test(plain)) return plain;
  let bad: ReturnType<typeof wellFormed> | undefined;
  const exact = JSON.stringify(value, (_key, part: unknown) => {
    if (Object.is(part, -0)) return MINUS_ZERO;
    if (typeof part !== 'string' || part.isWellFormed()) return part;
    bad = wellFormed(part);
    return null;
  });
  return bad ?? exact;
}

/** Without a point the engine would take it for a whole number, which has no sign. */
const MINUS_ZERO = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON('-0.0');

function shapeOf(parts: Parts, where: string): Shape {
  const nullable = parts.schema.safeParse(null).success || parts.schema.safeParse(undefined).success;
  const leaf = (sql: string, delta: DeltaType): Shape => ({ sql, delta, json: sql, nullable });
  const { def } = parts;
  switch (def.type) {
    case 'array': {
      const inner = shapeOf(partsOf(def['element'] as z.ZodType, `${where}[]`), `${where}[]`);
      const delta: DeltaType = { type: 'array', elementType: inner.delta, containsNull: inner.nullable };
      return { sql: `${inner.sql}[]`, delta, json: [inner.json], nullable };
    }
    case 'object':
      return {
        ...structShape(def['shape'] as Readonly<Record<string, z.ZodType>>, def['catchall'], where),
        nullable,
      };
    case 'boolean':
      return leaf('BOOLEAN', 'boolean');
    case 'number':
      if (parts.checks.some(({ params }) => params?.['decimal'] !== undefined)) {
        throw new DefinitionError(
          `${where}: a decimal inside a list or an object would go through a double; make it a column, or a text.`,
        );
      }
      return int.matches(parts) ? leaf('BIGINT', 'long') : leaf('DOUBLE', 'double');
    default:
      if (text.matches(parts)) return leaf('VARCHAR', 'string');
      throw new DefinitionError(
        `${where}: "${def.type}" cannot be kept exactly inside a list or an object; make it a column, or a text.`,
      );
  }
}

function structShape(
  shape: Readonly<Record<string, z.ZodType>>,
  catchall: unknown,
  where: string,
): Held & { json: unknown } {
  if (catchall !== undefined && (catchall as z.ZodType)._zod.def.type !== 'never') {
    throw new DefinitionError(
      `${where}: z.looseObject() and .catchall() keep fields that the table has no place for; write z.object().`,
    );
  }
  const names = Object.keys(shape);
  if (names.length === 0)
    throw new DefinitionError(`${where}: z.object({}) has no fields; name those to keep.`);
  const seen = new Set<string>();
  for (const name of names) {
    if (/^[^ ,;{}()\n\t=]{1,128}$/.test(name) && name !== '__proto__' && !seen.has(name.toLowerCase())) {
      seen.add(name.toLowerCase());
      continue;
    }
    throw new DefinitionError(
      `${where}: the field ${JSON.stringify(name)} cannot be kept: its name is another's but for case, or has a character that tables refuse.`,
    );
  }
  const fields = names.map((name) => {
    const parts = partsOf(shape[name]!, `${where}.${name}`);
    const { description } = parts;
    return { name, description, ...shapeOf(parts, `${where}.${name}`) };
  });
  const delta = fields.map(({ name, delta: type, nullable, description }): DeltaField => ({
    name,
    type,
    nullable,
    metadata: description === undefined ? {} : { comment: description },
  }));
  return {
    sql: `STRUCT(${fields.map(({ name, sql }) => `${quote(name)} ${sql}`).join(', ')})`,
    delta: { type: 'struct', fields: delta },
    json: Object.fromEntries(fields.map((field) => [field.name, field.json])),
  };
}
