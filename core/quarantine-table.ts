/** The table of rejected records, which is the same for all pipelines: its columns, and by what it is partitioned. */

import type { DeltaField, DeltaType } from './delta-type.ts';

export const quarantineTable = Object.freeze({
  description: 'Rejected records of all pipelines, whole and with every reason.',
  partitionBy: ['pipeline', 'day'],
  fields: [
    field('pipeline', 'string', 'The pipeline that rejected the record'),
    field('day', 'date', 'The day of the run, in UTC'),
    field('run', 'string', 'The run'),
    field('object', 'string', 'The object that the record came from'),
    field('object_sha256', 'string', 'SHA-256 of the object as received'),
    field('record', 'long', 'The number of the record in its object, from 1'),
    field('byte_offset', 'long', 'Where the record starts in the object, after decompression'),
    field('byte_length', 'long', 'How many bytes it has'),
    field('raw', 'binary', 'The record as received'),
    field('text', 'string', 'The record for reading, at most 10,000 characters'),
    field('reasons', reasonsType(), 'Every reason for the rejection'),
    field('definition', 'string', 'The hash of the definition that rejected it'),
    field('quarantined_at', 'timestamp', 'When the run started'),
  ],
});

function field(name: string, type: DeltaType, comment: string): DeltaField {
  return { name, type, nullable: false, metadata: { comment } };
}

function reasonsType(): DeltaType {
  const parts = ['column', 'code', 'message', 'value'];
  const fields = parts.map((name) => ({ name, type: 'string', nullable: true, metadata: {} }));
  return { type: 'array', elementType: { type: 'struct', fields }, containsNull: false };
}
