/** A Delta Lake table in the catalogue: a location, and columns for whoever reads the catalogue and not the log. */

import type { CfnDatabase } from 'aws-cdk-lib/aws-glue';
import { CfnTable } from 'aws-cdk-lib/aws-glue';
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { DeltaField, DeltaType } from '../core/delta-type.ts';

export interface GlueTableProps {
  readonly database: CfnDatabase;
  readonly name: string;
  readonly description: string;
  /** `s3://…` */
  readonly location: string;
  readonly fields: readonly DeltaField[];
}

export function glueTable(scope: Construct, id: string, props: GlueTableProps): CfnTable {
  const { database, name, description, location, fields } = props;
  return new CfnTable(scope, id, {
    catalogId: Stack.of(scope).account,
    databaseName: database.ref,
    tableInput: {
      name,
      description: description.slice(0, 2048),
      tableType: 'EXTERNAL_TABLE',
      parameters: { table_type: 'DELTA', classification: 'delta', EXTERNAL: 'TRUE' },
      storageDescriptor: {
        location: `${location}/`,
        columns: fields.map((field) => ({
          name: field.name.toLowerCase(),
          type: glueType(field.type),
          ...commentOf(field),
        })),
      },
    },
  });
}

function commentOf({ metadata }: DeltaField): { comment?: string } {
  const comment = metadata['comment'];
  return typeof comment === 'string' ? { comment: comment.slice(0, 255) } : {};
}

const names: Readonly<Record<string, string>> = {
  long: 'bigint',
  integer: 'int',
  short: 'smallint',
  byte: 'tinyint',
};

/** The catalogue's word for a type of Delta Lake. */
export function glueType(type: DeltaType): string {
  if (typeof type === 'string') return names[type] ?? type;
  if (type.type === 'array') return `array<${glueType(type.elementType)}>`;
  return `struct<${type.fields.map((field) => `${field.name}:${glueType(field.type)}`).join(',')}>`;
}
