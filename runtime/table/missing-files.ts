/** Data files of a version that are not in the store any more: a vacuum removes those of old versions. */

import { UsageError } from '../../core/errors.ts';
import { decodePath } from '../delta/paths.ts';
import type { DataFile, Files } from '../ports.ts';

/** Files asked for at a time. */
const AHEAD = 16;

export async function missingFiles(
  files: Files,
  uri: string,
  wanted: readonly DataFile[],
): Promise<readonly DataFile[]> {
  const missing: DataFile[] = [];
  for (let at = 0; at < wanted.length; at += AHEAD) {
    const some = wanted.slice(at, at + AHEAD);
    const found = await Promise.all(some.map(({ path }) => files.stat(`${uri}/${decodePath(path)}`)));
    missing.push(...some.filter(({ size }, i) => found[i]?.size !== size));
  }
  return missing;
}

/** Says that a version cannot be had any more. */
export function versionGone(uri: string, version: number, missing: readonly DataFile[]): UsageError {
  const more = missing.length > 1 ? ` and ${missing.length - 1} more` : '';
  return new UsageError(
    `Version ${version} of ${uri} is gone: a vacuum removed files that it needs (${missing[0]?.path}${more}). ` +
      'Take a later version (`sluice table history` says which are there), or load the data anew.',
  );
}
