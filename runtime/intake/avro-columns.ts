/** The fields of an Avro schema held against the row: what fits without a change of a value, and what is missing. */

import { ObjectRejectedError } from '../../core/errors.ts';
import { keysTo } from '../../core/formats/json-member.ts';
import { bindFields } from '../../core/header.ts';
import { besideNull, type AvroSchema } from './avro-schema.ts';
import type { Asked } from './converter.ts';
import { nestedType, type NestedType } from './nested-type.ts';

export interface BoundAvro {
  /** The paths of fields whose null is left out. */
  readonly omitted: ReadonlySet<string>;
  /** The paths of decimals that are told as texts. */
  readonly texts: ReadonlySet<string>;
}

/**
 * @throws ObjectRejectedError `object.header` for a needed field that is missing, `object.format` for one of a type that
 * is not the row's.
 */
export function bindAvro(schema: AvroSchema, columns: readonly Asked[]): BoundAvro {
  const found = columns.filter(({ from }) => fieldAt(schema, from) !== undefined).map(({ from }) => from);
  const names = schema.fields!.map(({ name }) => name);
  bindFields(columns, { fields: [...new Set([...names, ...found])], bytes: 0 });
  const omitted = new Set<string>();
  const texts = new Set<string>();
  for (const column of columns) {
    const field = fieldAt(schema, column.from);
    if (field === undefined) continue;
    const type = besideNull(field);
    const refused =
      whyNot(type, column) ??
      (isNested(column) ? whyNotInside(type, nestedType(column.sql), column.from, texts) : undefined);
    if (refused !== undefined) {
      throw new ObjectRejectedError(
        'object.format',
        `The field ${JSON.stringify(column.from)} of the file is ${type.logical ?? type.type}, and ${column.name} is of the kind ` +
          `${column.type}: ${refused}.`,
      );
    }
    if (column.omitsNull) omitted.add(column.from);
  }
  return { omitted, texts };
}

const isNested = ({ type }: Asked): boolean => type === 'list' || type === 'struct';

/** The field of this very name, or what its path leads to. */
function fieldAt({ fields = [] }: AvroSchema, path: string): AvroSchema | undefined {
  const whole = fields.find(({ name }) => name === path);
  if (whole !== undefined) return whole.schema;
  for (const key of keysTo(path)) {
    const field = fields.find(({ name }) => name === key);
    const inside = field && fieldAt(besideNull(field.schema), path.slice(key.length + 1));
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function whyNot(schema: AvroSchema, { type, sql, zoned, epoch }: Asked): string | undefined {
  const { logical, scale = 0 } = schema;
  const is = logical ?? schema.type;
  const fits = (...types: string[]) => (types.includes(is) ? undefined : `only ${types.join(' and ')} fit`);
  if (is === 'several') return 'it may be of several types, of which one column has one';
  switch (type) {
    case 'int':
    case 'bigint':
      return is === 'decimal' && scale === 0 ? undefined : fits('int', 'long');
    case 'number':
      return fits('int', 'float', 'double');
    case 'decimal': {
      const most = Number(/,(\d+)\)$/.exec(sql)![1]);
      if (is === 'decimal' && scale > most) return `it has ${scale} digits after the point`;
      return fits('int', 'long', 'decimal');
    }
    case 'boolean':
      return fits('boolean');
    case 'date':
      return fits('date');
    case 'time':
      return fits('time-millis', 'time-micros');
    case 'datetime':
      if (epoch && (is === 'int' || is === 'long')) return undefined;
      if (is.startsWith('local-timestamp')) {
        return zoned
          ? undefined
          : 'its times are of no zone; say which one they are in: decode: { …: { zone: "UTC" } }';
      }
      return fits('timestamp-millis', 'timestamp-micros', 'timestamp-nanos');
    case 'list':
      return fits('array');
    case 'struct':
      return fits('record', 'map');
    default:
      return is === 'uuid' ? undefined : fits('string', 'enum');
  }
}

/** What is of another kind than is asked for is told as it is, and rejects its record. */
function whyNotInside(
  schema: AvroSchema,
  asked: NestedType,
  path: string,
  texts: Set<string>,
): string | undefined {
  for (const { type, logical, fields, items } of schema.branches ?? [schema]) {
    const isMap = type === 'map';
    const parts =
      asked.kind === 'list'
        ? [{ schema: type === 'array' ? items : undefined, asked: asked.of, path: `${path}[` }]
        : asked.kind === 'struct'
          ? asked.fields.map((field) => ({
              schema: isMap ? items : fields?.find(({ name }) => name === field.name)?.schema,
              asked: field.type,
              path: isMap ? `${path}[` : `${path}.${field.name}`,
            }))
          : [];
    for (const part of parts) {
      const refused = part.schema && whyNotInside(part.schema, part.asked, part.path, texts);
      if (refused !== undefined) return refused;
    }
    const leaf = asked.kind === 'leaf' ? asked.name : '';
    const is = logical ?? type;
    if (leaf === 'DOUBLE' && (is === 'long' || is === 'decimal'))
      return `inside of it is ${is}, of which a double does not hold every digit`;
    if (leaf === 'VARCHAR' && is === 'decimal') texts.add(path);
  }
  return undefined;
}
