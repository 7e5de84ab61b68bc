/**
 * A table's columns and those of a definition, as one: what is new is added, what the definition lacks stays. Only what
 * a reader of the files that are there follows: no file is written anew.
 */

import { DefinitionError } from '../../core/errors.ts';
import type { DeltaField, DeltaType } from '../../core/row.ts';
import type { TableSchema } from '../ports.ts';

/**
 * The columns that a table with rows has from now on. Columns bind by name, so their order may differ; the table's comes
 * first.
 * @throws DefinitionError that lists everything that would need the files to be written anew.
 */
export function evolvedFields(uri: string, table: TableSchema, wanted: TableSchema): readonly DeltaField[] {
  const found: string[] = [];
  const fields = evolved('', table.fields, wanted.fields, found);
  if (JSON.stringify(table.partitionBy) !== JSON.stringify(wanted.partitionBy)) {
    found.push(
      `the table is partitioned by ${list(table.partitionBy)}, the definition by ${list(wanted.partitionBy)}`,
    );
  }
  if (found.length === 0) return fields;
  throw new DefinitionError(
    `The table ${uri} and the definition differ in what a table with rows cannot change: ${found.join('; ')}. Make the ` +
      "definition fit, load the whole table anew by `write: 'replace'`, which takes any columns, or give the sink another " +
      'table name.',
  );
}

function evolved(
  path: string,
  table: readonly DeltaField[],
  wanted: readonly DeltaField[],
  found: string[],
): DeltaField[] {
  const byName = new Map(wanted.map((field) => [field.name, field]));
  const kept = table.map((there): DeltaField => {
    const field = byName.get(there.name);
    if (field !== undefined) return evolvedField(path + there.name, there, field, found);
    if (!there.nullable) {
      found.push(
        `the definition has no column ${path}${there.name}, which may not be null in the table (let it be .optional() for ` +
          'one run, and leave it out then)',
      );
    }
    return there;
  });
  const names = new Map(table.map(({ name }) => [name.toLowerCase(), name]));
  const added = wanted.filter(({ name }) => names.get(name.toLowerCase()) !== name);
  for (const { name, nullable } of added) {
    const twin = names.get(name.toLowerCase());
    if (twin !== undefined) {
      found.push(`the new column ${path}${name} differs from ${path}${twin} of the table in case only`);
    } else if (!nullable) {
      found.push(
        `the table has rows without the new column ${path}${name} (let it be .optional() or .nullable())`,
      );
    }
  }
  return [...kept, ...added];
}

/** A column that may be null in the table stays so: the table may hold nulls. */
function evolvedField(name: string, there: DeltaField, field: DeltaField, found: string[]): DeltaField {
  return {
    name: there.name,
    type: evolvedType(name, there.type, field.type, found),
    nullable: there.nullable || field.nullable,
    metadata: evolvedMetadata(there.metadata, field.metadata),
  };
}

function evolvedType(name: string, table: DeltaType, wanted: DeltaType, found: string[]): DeltaType {
  if (typeof table === 'object' && typeof wanted === 'object') {
    if (table.type === 'struct' && wanted.type === 'struct') {
      return { type: 'struct', fields: evolved(`${name}.`, table.fields, wanted.fields, found) };
    }
    if (table.type === 'array' && wanted.type === 'array') {
      return {
        type: 'array',
        elementType: evolvedType(`${name}[]`, table.elementType, wanted.elementType, found),
        containsNull: table.containsNull || wanted.containsNull,
      };
    }
  }
  if (typeof table !== 'string' || table !== wanted) {
    found.push(`${name} is ${typeName(table)} in the table and ${typeName(wanted)} in the definition`);
  }
  return table;
}

/** What a definition says of a column. */
const OWN = new Set(['comment', 'pii']);

/** Other writers keep things of their own beside what the definition says. */
function evolvedMetadata(
  table: DeltaField['metadata'],
  wanted: DeltaField['metadata'],
): DeltaField['metadata'] {
  const kept = Object.entries(table).filter(([key]) => key in wanted || !OWN.has(key));
  return { ...Object.fromEntries(kept), ...wanted };
}

const typeName = (type: DeltaType): string => (typeof type === 'string' ? type : type.type);
const list = (names: readonly string[]): string => (names.length === 0 ? 'nothing' : names.join(', '));
