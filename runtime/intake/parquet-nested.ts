/** Lists and objects of a Parquet file as JSON has them: what it has no value for becomes a text, or is refused. */

import { literal, quote } from '../../core/sql.ts';
import { isSmall, isWhole, scaleOf } from '../../core/types/engine-types.ts';
import { nestedType, type NestedType } from './nested-type.ts';

export interface Shaped {
  /** The engine's type of what is made. */
  readonly type: string;
  /** What is made of a value, as SQL; the value itself where JSON says it as it is. */
  of(value: string): string;
}

/** @param type the engine's type of the values. @param wanted the engine's type of the column that they are for. */
export function shapedAs(type: string, wanted: string): Shaped | { readonly refused: string } {
  const [given, asked] = [nestedType(type), nestedType(wanted)];
  const refused = whyNot(given, asked);
  return refused === undefined ? shape(given, asked, 0) : { refused };
}

const TIMES = /^(?:DATE|TIME|TIMESTAMP)/;
const STRANGE = /^(?:BLOB|BIT|INTERVAL|VARIANT|GEOMETRY)/;

/** @param asked undefined for a field that nobody asks for. */
function whyNot(given: NestedType, asked: NestedType | undefined): string | undefined {
  if (asked === undefined) return undefined;
  switch (given.kind) {
    case 'list':
      return whyNot(given.of, asked.kind === 'list' ? asked.of : asked);
    case 'struct':
      for (const { name, type } of given.fields) {
        const refused = whyNot(type, fieldOf(asked, name));
        if (refused !== undefined) return refused;
      }
      return undefined;
    case 'map':
      if (asked.kind === 'list') return whyNot(entryOf(given), asked.of);
      if (asked.kind === 'struct' && isText(given.key))
        return asked.fields
          .map(({ type }) => whyNot(given.value, type))
          .find((refused) => refused !== undefined);
      return `inside of it is a MAP; ask for a list of objects with "key" and "value"${isText(given.key) ? ', or for an object' : ''}`;
    case 'leaf': {
      const { name } = given;
      const isAskedAs = (type: string): boolean => nameOf(asked) === type;
      if (TIMES.test(name) && !isAskedAs('VARCHAR'))
        return `inside of it is a ${name}, which JSON has as a text alone`;
      if (scaleOf(name) !== undefined && !isAskedAs('VARCHAR') && !(isLong(name) && isAskedAs('BIGINT')))
        return `inside of it is a ${name}, of which only a text keeps every digit`;
      if (isWhole(name) && !isSmall(name) && isAskedAs('DOUBLE'))
        return `inside of it is a ${name}, of which a double does not hold every digit`;
      if (name === 'JSON' && !isAskedAs('VARCHAR'))
        return 'inside of it is JSON, which is asked for as a text';
      return STRANGE.test(name) ? `inside of it is a ${name}, which JSON has no value for` : undefined;
    }
  }
}

/** The name of a leaf; what is nested has none. */
const nameOf = (type: NestedType): string | undefined => (type as { readonly name?: string }).name;

const isText = (type: NestedType): boolean => nameOf(type) === 'VARCHAR';

/** A whole number, of the digits that 64 bits hold in any case. */
const isLong = (name: string): boolean => /^DECIMAL\((?:\d|1[0-8]),0\)$/.test(name);

const fieldOf = (asked: NestedType, name: string): NestedType | undefined =>
  asked.kind === 'struct' ? asked.fields.find((field) => field.name === name)?.type : undefined;

const entryOf = ({ key, value }: NestedType & { kind: 'map' }): NestedType => ({
  kind: 'struct',
  fields: [
    { name: 'key', type: key },
    { name: 'value', type: value },
  ],
});

function shape(given: NestedType, asked: NestedType | undefined, level: number): Shaped {
  switch (given.kind) {
    case 'list': {
      const item = shape(given.of, asked?.kind === 'list' ? asked.of : asked, level + 1);
      return { type: `${item.type}[]`, of: each(item, level) };
    }
    case 'struct':
      return struct(given, asked, level);
    case 'map':
      if (asked?.kind === 'list') {
        const { type, of } = shape({ kind: 'list', of: entryOf(given) }, asked, level);
        return { type, of: (value) => of(`map_entries(${value})`) };
      }
      return asked === undefined ? TEXT : map(given, asked as Struct, level);
    case 'leaf':
      return leaf(given.name, asked);
  }
}

const TEXT: Shaped = { type: 'VARCHAR', of: (value) => `${value}::VARCHAR` };
const isSame = ({ of }: Shaped): boolean => of('v') === 'v';

function each(item: Shaped, level: number): Shaped['of'] {
  if (isSame(item)) return (value) => value;
  return (value) => `list_transform(${value}, lambda x${level}: ${item.of(`x${level}`)})`;
}

type Struct = NestedType & { kind: 'struct' };

function struct({ fields }: Struct, asked: NestedType | undefined, level: number): Shaped {
  const shaped = fields.map(({ name, type }) => ({
    name,
    ...shape(type, asked && fieldOf(asked, name), level),
  }));
  const type = `STRUCT(${shaped.map((field) => `${quote(field.name)} ${field.type}`).join(', ')})`;
  if (shaped.every(isSame)) return { type, of: (value) => value };
  return {
    type,
    of(value) {
      const made = shaped.map(({ name, of }) => `${quote(name)} := ${of(`${value}[${literal(name)}]`)}`);
      return `CASE WHEN ${value} IS NOT NULL THEN struct_pack(${made.join(', ')}) END`;
    },
  };
}

/** An object with the map's keys: as nothing else is it asked for. */
function map({ value: held }: NestedType & { kind: 'map' }, { fields }: Struct, level: number): Shaped {
  const inside = shape(held, fields[0]?.type, level + 1);
  const type = `MAP(VARCHAR, ${inside.type})`;
  if (isSame(inside)) return { type, of: (value) => value };
  const entry = (own: string): string =>
    `struct_pack(k := ${own}['key'], v := ${inside.of(`${own}['value']`)})`;
  return {
    type,
    of: (value) =>
      `map_from_entries(list_transform(map_entries(${value}), lambda x${level}: ${entry(`x${level}`)}))`,
  };
}

function leaf(name: string, asked: NestedType | undefined): Shaped {
  if (name.startsWith('TIMESTAMP')) {
    const isInstant = name.endsWith('ZONE');
    const local = (value: string): string =>
      isInstant ? `(${value} AT TIME ZONE 'UTC')` : `${value}::TIMESTAMP`;
    return {
      type: 'VARCHAR',
      of: (value) => `replace(${local(value)}::VARCHAR, ' ', 'T')${isInstant ? " || 'Z'" : ''}`,
    };
  }
  if (name === 'TIME WITH TIME ZONE') return { type: 'VARCHAR', of: (value) => `${value}::TIME::VARCHAR` };
  if (scaleOf(name) !== undefined && asked?.kind === 'leaf' && isWhole(asked.name))
    return { type: asked.name, of: (value) => `${value}::${asked.name}` };
  if (TIMES.test(name) || STRANGE.test(name) || name === 'JSON' || scaleOf(name) !== undefined) return TEXT;
  return { type: name, of: (value) => value };
}
