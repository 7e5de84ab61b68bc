/** Which Delta tables may be read and written here, by what the protocol action and the metadata say. */

import { DefinitionError, UsageError } from '../../core/errors.ts';
import type { TableSchema } from '../ports.ts';
import type { MetaData, Protocol } from './log.ts';

export const ourProtocol = Object.freeze({ minReaderVersion: 1, minWriterVersion: 2 });

/** Writer features that writer version 2 has always had. */
const knownWriterFeatures = new Set(['appendOnly', 'invariants']);

/** @throws UsageError naming what the table needs of a reader and is not known here. */
export function checkReadable(uri: string, protocol: Protocol, metaData: MetaData): void {
  const { minReaderVersion, readerFeatures } = protocol;
  const unknown = readerFeatures ?? [];
  if (minReaderVersion < 1 || metaData.format.provider === '') {
    throw new UsageError(
      `The log of ${uri} begins without ${minReaderVersion < 1 ? 'a protocol' : 'metadata'}; it is no Delta table.`,
    );
  }
  if (minReaderVersion > ourProtocol.minReaderVersion && !(minReaderVersion === 3 && unknown.length === 0)) {
    throw new UsageError(
      `The table ${uri} needs a Delta reader of version ${minReaderVersion}${named(minReaderVersion === 2 ? ['columnMapping'] : unknown)}; Sluice reads version 1. ` +
        'Give the sink another table name.',
    );
  }
  if (metaData.format.provider !== 'parquet') {
    throw new UsageError(
      `The table ${uri} keeps its data as ${JSON.stringify(metaData.format.provider)}; Sluice reads parquet.`,
    );
  }
}

/** @throws UsageError naming what the table needs of a writer; DefinitionError if it is append-only and the change is not. */
export function checkWritable(
  uri: string,
  protocol: Protocol,
  metaData: MetaData,
  schema: TableSchema,
  replaces: boolean,
): void {
  const { minWriterVersion, writerFeatures } = protocol;
  const unknown = (writerFeatures ?? []).filter((feature) => !knownWriterFeatures.has(feature));
  if (minWriterVersion > ourProtocol.minWriterVersion && !(minWriterVersion === 7 && unknown.length === 0)) {
    throw new UsageError(
      `The table ${uri} needs a Delta writer of version ${minWriterVersion}${named(unknown)}; Sluice writes version 2. ` +
        'Give the sink another table name.',
    );
  }
  const bound = schema.fields.find((field) => 'delta.invariants' in field.metadata);
  if (bound) {
    throw new UsageError(
      `The column ${bound.name} of ${uri} has an invariant of Delta, which Sluice does not enforce. ` +
        'State the rule as a check of the pipeline, and give the sink another table name.',
    );
  }
  if (replaces && metaData.configuration['delta.appendOnly'] === 'true') {
    throw new DefinitionError(
      `The table ${uri} is append-only (delta.appendOnly). Write to it with \`write: 'append'\`.`,
    );
  }
}

const named = (features: readonly string[]): string =>
  features.length === 0 ? '' : ` with ${features.join(', ')}`;
