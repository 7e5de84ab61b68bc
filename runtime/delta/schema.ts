/** The columns of a table: as Delta's schema text and back, and held against those of a definition. */

import { z } from 'zod';
import { DefinitionError, UsageError } from '../../core/errors.ts';
import type { DeltaField, DeltaType } from '../../core/row.ts';
import type { TableSchema } from '../ports.ts';
import type { MetaData } from './log.ts';

const typeSchema: z.ZodType<DeltaType> = z.lazy(() =>
  z.union([
    z.string(),
    z.object({ type: z.literal('array'), elementType: typeSchema, containsNull: z.boolean() }),
    z.object({ type: z.literal('struct'), fields: z.array(fieldSchema) }),
  ]),
);
/** A column of a table. */
export const fieldSchema: z.ZodType<DeltaField> = z.object({
  name: z.string(),
  type: typeSchema,
  nullable: z.boolean(),
  metadata: z.record(z.string(), z.unknown()),
});
const tableSchema = z.object({ type: z.literal('struct'), fields: z.array(fieldSchema) });

export const schemaString = (fields: readonly DeltaField[]): string =>
  JSON.stringify({ type: 'struct', fields: fields.map(written) });

/** @throws UsageError for a schema that holds what is not known here, such as a map. */
export function schemaOf(uri: string, metaData: MetaData): TableSchema {
  let value: unknown;
  try {
    value = JSON.parse(metaData.schemaString);
  } catch (cause) {
    throw new UsageError(`The schema in the log of ${uri} is not JSON; the table cannot be read.`, { cause });
  }
  const parsed = tableSchema.safeParse(value);
  if (!parsed.success) {
    throw new UsageError(
      `The table ${uri} has columns of a kind that Sluice does not know: ${z.prettifyError(parsed.error)}`,
      { cause: parsed.error },
    );
  }
  return Object.freeze({
    fields: Object.freeze(parsed.data.fields),
    partitionBy: Object.freeze([...metaData.partitionColumns]),
    description: metaData.description ?? '',
  });
}

/** @throws DefinitionError if no Delta table can have these columns. */
export function checkNewSchema(uri: string, schema: TableSchema): void {
  const refuse = (why: string) => {
    throw new DefinitionError(`The table ${uri} cannot be made: ${why}`);
  };
  const seen = new Map<string, string>();
  for (const { name } of schema.fields) {
    const twin = seen.get(name.toLowerCase());
    if (twin !== undefined) {
      refuse(
        `the columns ${twin} and ${name} differ in case at most. Delta needs names that differ otherwise.`,
      );
    }
    seen.set(name.toLowerCase(), name);
  }
  for (const name of schema.partitionBy) {
    const field = schema.fields.find((field) => field.name === name);
    if (field === undefined) refuse(`it is partitioned by ${name}, which is not among its columns.`);
    else if (typeof field.type !== 'string') {
      refuse(`it is partitioned by ${name}, which holds nested values. Take a column with plain values.`);
    }
  }
  if (schema.fields.length <= new Set(schema.partitionBy).size) {
    refuse('a table needs a column that it is not partitioned by.');
  }
}

/**
 * Columns bind by name, so their order may differ, and so may descriptions; a definition that never delivers a null
 * may write a column that allows it.
 * @throws DefinitionError that lists every difference that matters.
 */
export function checkSameSchema(uri: string, table: TableSchema, wanted: TableSchema): void {
  const found = differences('', table.fields, wanted.fields);
  if (JSON.stringify(table.partitionBy) !== JSON.stringify(wanted.partitionBy)) {
    found.push(
      `the table is partitioned by ${list(table.partitionBy)}, the definition by ${list(wanted.partitionBy)}`,
    );
  }
  if (found.length === 0) return;
  throw new DefinitionError(
    `The table ${uri} and the definition differ: ${found.join('; ')}. Sluice cannot change the columns of a table ` +
      'yet: give the sink another table name, or make the definition fit.',
  );
}

function differences(path: string, table: readonly DeltaField[], wanted: readonly DeltaField[]): string[] {
  const found: string[] = [];
  const byName = new Map(table.map((field) => [field.name, field]));
  for (const field of wanted) {
    const name = path + field.name;
    const there = byName.get(field.name);
    byName.delete(field.name);
    if (there === undefined) found.push(`the table has no column ${name}`);
    else {
      found.push(...typeDifferences(name, there.type, field.type));
      if (field.nullable && !there.nullable) {
        found.push(`${name} may be null in the definition and not in the table`);
      }
    }
  }
  for (const name of byName.keys()) found.push(`the definition has no column ${path}${name}`);
  return found;
}

function typeDifferences(name: string, table: DeltaType, wanted: DeltaType): string[] {
  if (typeof table === 'object' && typeof wanted === 'object') {
    if (table.type === 'struct' && wanted.type === 'struct') {
      return differences(`${name}.`, table.fields, wanted.fields);
    }
    if (table.type === 'array' && wanted.type === 'array') {
      const found = typeDifferences(`${name}[]`, table.elementType, wanted.elementType);
      if (wanted.containsNull && !table.containsNull) {
        found.push(`${name}[] may be null in the definition and not in the table`);
      }
      return found;
    }
  }
  if (typeof table === 'string' && table === wanted) return [];
  return [`${name} is ${typeName(table)} in the table and ${typeName(wanted)} in the definition`];
}

const typeName = (type: DeltaType): string => (typeof type === 'string' ? type : type.type);
const list = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : names.join(', '));

/** A field with its keys in the order that other writers use, so that schemas compare as text. */
function written({ name, type, nullable, metadata }: DeltaField): object {
  return { name, type: writtenType(type), nullable, metadata };
}

function writtenType(type: DeltaType): unknown {
  if (typeof type === 'string') return type;
  if (type.type === 'struct') return { type: 'struct', fields: type.fields.map(written) };
  return { type: 'array', elementType: writtenType(type.elementType), containsNull: type.containsNull };
}
