/** How long versions of a table are kept whole: what its definition says, which stands in the table's configuration. */

import type { TableSchema } from '../ports.ts';

/** In seconds. */
export const RETENTION = 'sluice.retention';

/** Less could take a version from under a query that reads it. */
export const LEAST_RETENTION_MS = 7 * 24 * 60 * 60 * 1000;

/** In milliseconds. */
export const retentionOf = ({ configuration = {} }: Pick<TableSchema, 'configuration'>): number =>
  Number(configuration[RETENTION] ?? 0) * 1000 || LEAST_RETENTION_MS;
