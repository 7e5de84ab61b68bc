/** The columns of a table: as Delta's schema text and back, and whether a new table can have them. */

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

/** Entries of a table's configuration that are ours to change begin so. */
export const OWN_CONFIGURATION = 'sluice.';

export const schemaString = (fields: readonly DeltaField[]): string =>
  JSON.stringify({ type: 'struct', fields: fields.map(written) });

/** @throws UsageError for a schema that holds what is not known here, by its name. */
export function schemaOf(uri: string, metaData: MetaData): TableSchema {
  let value: unknown;
  try {
    value = JSON.parse(metaData.schemaString);
  } catch (cause) {
    throw new UsageError(`The schema in the log of ${uri} is not JSON; the table cannot be read.`, { cause });
  }
  const parsed = tableSchema.safeParse(value);
  if (!parsed.success) {
    const [kind] = unknownKinds(value);
    throw new UsageError(
      kind === undefined
        ? `The schema in the log of ${uri} is none of Delta: ${z.prettifyError(parsed.error)}`
        : `The table ${uri} has columns of the type ${kind}, which Sluice does not know. Give the sink another table name.`,
      { cause: parsed.error },
    );
  }
  const own = Object.entries(metaData.configuration).filter(([key]) => key.startsWith(OWN_CONFIGURATION));
  return Object.freeze({
    fields: Object.freeze(parsed.data.fields),
    partitionBy: Object.freeze([...metaData.partitionColumns]),
    description: metaData.description ?? '',
    ...(own.length === 0 ? {} : { configuration: Object.freeze(Object.fromEntries(own)) }),
  });
}

/** Nested types that are neither arrays nor structs, such as maps. */
function unknownKinds(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap(unknownKinds);
  const { type } = value as { type?: unknown };
  const isNested = typeof type === 'string' && !('name' in value) && type !== 'array' && type !== 'struct';
  return isNested ? [type, ...inside] : inside;
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

/** A field with its keys in the order that other writers use, so that schemas compare as text. */
function written({ name, type, nullable, metadata }: DeltaField): object {
  return { name, type: writtenType(type), nullable, metadata };
}

function writtenType(type: DeltaType): unknown {
  if (typeof type === 'string') return type;
  if (type.type === 'struct') return { type: 'struct', fields: type.fields.map(written) };
  return { type: 'array', elementType: writtenType(type.elementType), containsNull: type.containsNull };
}
