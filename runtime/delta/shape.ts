/** What a change does to a table's protocol, columns and configuration: the actions of its entry that say so. */

import { CommitConflictError, UsageError } from '../../core/errors.ts';
import type { TableChange, TableSchema } from '../ports.ts';
import { evolvedFields } from './evolve.ts';
import type { MetaData } from './log.ts';
import { decodePath } from './paths.ts';
import { checkWritable, ourProtocol } from './protocol.ts';
import { checkNewSchema, OWN_CONFIGURATION, schemaOf, schemaString } from './schema.ts';
import type { TableState } from './state.ts';

/**
 * None where the table stays as it is.
 * @throws DefinitionError or UsageError if the table does not take the change; CommitConflictError if it relies on columns
 * that another writer changed.
 */
export function shapeOf(uri: string, state: TableState | undefined, change: TableChange): object[] {
  return state ? nextShape(uri, state, change) : firstShape(uri, change);
}

/** Whether files leave the table. */
export const removesFiles = ({ write, overPartitions, supersedes, remove = [] }: TableChange): boolean =>
  write === 'replace' || overPartitions === true || supersedes.length > 0 || remove.length > 0;

function firstShape(uri: string, { schema, at }: TableChange): object[] {
  checkNewSchema(uri, schema);
  const metaData = {
    id: crypto.randomUUID(),
    ...(schema.description === '' ? {} : { description: schema.description }),
    format: { provider: 'parquet', options: {} },
    schemaString: schemaString(schema.fields),
    partitionColumns: schema.partitionBy,
    configuration: schema.configuration ?? {},
    createdTime: at.getTime(),
  };
  return [{ protocol: ourProtocol }, { metaData }];
}

function nextShape(uri: string, state: TableState, change: TableChange): object[] {
  const { protocol, metaData, files } = state;
  const table = schemaOf(uri, metaData);
  checkWritable(uri, protocol, metaData, table, removesFiles(change) && change.dataChange !== false);
  const twin = change.add.find((file) => files.has(decodePath(file.path)));
  if (twin) throw new UsageError(`${twin.path} is in the table ${uri} already; a data file is added once.`);
  if (change.dataChange === false) return [];
  if (change.wholeSchema && state.shapedAt > (change.readVersion ?? Infinity)) {
    throw new CommitConflictError(
      `Another writer changed the columns or the protocol of ${uri} (version ${state.shapedAt}), after version ` +
        `${change.readVersion} that this change was made from. Make it again from the newest version.`,
    );
  }
  const next = nextSchema(uri, state, table, change);
  return told(next) === told(table) ? [] : [{ metaData: metaDataOf(metaData, next) }];
}

function nextSchema(
  uri: string,
  { files }: TableState,
  table: TableSchema,
  { schema, write, wholeSchema = write === 'replace' }: TableChange,
): TableSchema {
  if (wholeSchema || files.size === 0) {
    checkNewSchema(uri, schema);
    return schema;
  }
  return { ...schema, fields: evolvedFields(uri, table, schema) };
}

/** Two schemas are the same if their texts are. */
const told = ({ fields, partitionBy, description, configuration = {} }: TableSchema): string =>
  JSON.stringify([schemaString(fields), partitionBy, description, Object.entries(configuration).sort()]);

/** The table's name, age and what others configured stay. */
function metaDataOf({ id, name, format, configuration, createdTime }: MetaData, next: TableSchema): object {
  const foreign = Object.entries(configuration).filter(([key]) => !key.startsWith(OWN_CONFIGURATION));
  return {
    id,
    ...(name == null ? {} : { name }),
    ...(next.description === '' ? {} : { description: next.description }),
    format: { provider: format.provider, options: format.options ?? {} },
    schemaString: schemaString(next.fields),
    partitionColumns: next.partitionBy,
    configuration: { ...Object.fromEntries(foreign), ...next.configuration },
    ...(createdTime == null ? {} : { createdTime }),
  };
}
