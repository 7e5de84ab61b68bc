/** Names of a table's files: as they lie in the store, and URL-encoded as the log holds them. */

import { UsageError } from '../../core/errors.ts';

const DIGITS = 20;

export const logFolder = (table: string): string => `${table}/_delta_log/`;

export const entryUri = (table: string, version: number): string =>
  `${logFolder(table)}${String(version).padStart(DIGITS, '0')}.json`;

/** The version that a log file's name stands for, or undefined if it is not a log entry. */
export function entryVersion(name: string): number | undefined {
  return /^\d{20}\.json$/.test(name) ? Number(name.slice(0, DIGITS)) : undefined;
}

/** The table and the version of a log entry; undefined for the URI of anything else. */
export function placeOfEntry(uri: string): { readonly table: string; readonly version: number } | undefined {
  const [, table, name] = /^([^]+)\/_delta_log\/([^/]+)$/.exec(uri) ?? [];
  const version = entryVersion(name ?? '');
  return table === undefined || version === undefined ? undefined : { table, version };
}

export const checkpointUri = (table: string, version: number): string =>
  `${logFolder(table)}${String(version).padStart(DIGITS, '0')}.checkpoint.parquet`;

/** A path inside a table, as the file is named in the store, in the form that a log entry holds (RFC 2396). */
export const encodePath = (path: string): string =>
  path
    .split('/')
    .map((part) => encodeURIComponent(part).replaceAll('%3D', '='))
    .join('/');

/**
 * The way back: from the form in a log entry to the name in the store.
 * @throws UsageError if the text is not an encoded path inside the table.
 */
export function decodePath(encoded: string): string {
  if (encoded === '' || encoded.startsWith('/') || /^[A-Za-z][\w+.-]*:/.test(encoded)) {
    throw new UsageError(
      `${JSON.stringify(encoded)} is not a path inside a table. Sluice reads and writes only files in the table's own folder.`,
    );
  }
  try {
    const path = decodeURIComponent(encoded);
    if (!path.split('/').some((part) => part === '..' || part === '.' || part === '')) return path;
  } catch {
    // Not decodable: the error below says so.
  }
  throw new UsageError(`${JSON.stringify(encoded)} is not a URL-encoded path inside a table.`);
}
