/** Which sources take an object: by its key on S3, or by its path on a laptop, where prefixes mean nothing. */

import { matches } from './files.ts';
import type { Source } from './source.ts';

type Takes = Pick<Source, 'prefix' | 'match' | 'folder'>;

/** @returns the places of the sources that take the key. */
export const takenByKey = (sources: readonly Takes[], key: string): number[] =>
  places(
    sources,
    (source) => key.startsWith(source.prefix) && matches(source, key.slice(key.lastIndexOf('/') + 1)),
  );

/**
 * A source that says in which folders its objects lie goes before one that takes any of that name.
 * @param folder with forward slashes.
 * @returns the places of the sources that take the file.
 */
export function takenByPath(sources: readonly Takes[], folder: string, name: string): number[] {
  const byFolder = places(
    sources,
    (source) =>
      source.folder !== undefined && `/${folder}`.endsWith(`/${source.folder}`) && matches(source, name),
  );
  if (byFolder.length > 0) return byFolder;
  return places(sources, (source) => source.folder === undefined && matches(source, name));
}

const places = (sources: readonly Takes[], takes: (source: Takes) => boolean): number[] =>
  sources.flatMap((source, i) => (takes(source) ? [i] : []));
