/** From paths on a command line to objects: files as they are, directories as the files in them that a source takes. */

import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { UsageError } from '../core/errors.ts';
import type { Source } from '../core/sources/source.ts';
import { takenByPath } from '../core/sources/taken-by.ts';

interface Takes {
  readonly name: string;
  readonly sources: readonly Source[];
}

/**
 * Absolute paths, each once, in the order given; those of a directory sorted, versions of a table in their order, and of a
 * table that is read as a whole the newest alone. Hidden files and what lies in `except` (the folder that is written to)
 * are not looked at.
 * @throws UsageError for a path where nothing is, a file that no source takes or several do, and a directory without
 * any file that a source takes.
 */
export async function findFiles(
  pipeline: Takes,
  paths: readonly string[],
  options: { readonly cwd: string; readonly except: string },
): Promise<string[]> {
  const found = new Set<string>();
  for (const given of paths) {
    const path = resolve(options.cwd, given);
    const info = await stat(path).catch(() => undefined);
    if (info === undefined) throw new UsageError(`There is no file or directory ${given}.`);
    if (info.isDirectory()) {
      for (const file of await inDirectory(pipeline, path, given, options.except)) found.add(file);
    } else if (!info.isFile()) {
      throw new UsageError(`${given} is neither a file nor a directory; write the data to a file first.`);
    } else {
      if (takenBy(pipeline, path) === 0) {
        throw new UsageError(
          `No source of pipeline ${pipeline.name} takes ${given}; they take: ${patterns(pipeline)}.`,
        );
      }
      found.add(path);
    }
  }
  for (const path of found) {
    if (takenBy(pipeline, path) === 1) continue;
    throw new UsageError(
      `Several sources of pipeline ${pipeline.name} take ${relative(options.cwd, path)}; their patterns, of which one ` +
        `may match, are: ${patterns(pipeline)}.`,
    );
  }
  return [...found];
}

async function inDirectory(pipeline: Takes, path: string, given: string, except: string): Promise<string[]> {
  const found: string[] = [];
  const search = async (folder: string): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const inner = join(folder, entry.name);
      if (entry.name.startsWith('.') || entry.name.endsWith('_$folder$') || inner === except) continue;
      // A link is what it leads to, but is not searched: it could lead back.
      const isFile = entry.isFile() || (entry.isSymbolicLink() && (await leadsToFile(inner)));
      if (entry.isDirectory()) await search(inner);
      else if (isFile && takenBy(pipeline, inner) > 0) found.push(inner);
    }
  };
  await search(path);
  if (found.length > 0) return withoutOlder(pipeline, found);
  throw new UsageError(
    `No file in ${given} is taken by a source of pipeline ${pipeline.name}; they take: ${patterns(pipeline)}.`,
  );
}

/** What a table that is read as a whole held before is not looked at: its newest version has all that counts. */
const withoutOlder = (pipeline: Takes, sorted: readonly string[]): string[] =>
  sorted.filter((path, i) => {
    const isWhole = sourcesOf(pipeline, path).some(({ versions }) => versions?.read === 'whole');
    const next = sorted[i + 1];
    return !isWhole || next === undefined || dirname(next) !== dirname(path);
  });

const leadsToFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isFile(),
    () => false,
  );

const sourcesOf = ({ sources }: Takes, path: string): Source[] =>
  takenByPath(sources, dirname(path).split(sep).join('/'), basename(path)).map((i) => sources[i]!);

const takenBy = (pipeline: Takes, path: string): number => sourcesOf(pipeline, path).length;

const patterns = ({ sources }: Takes): string =>
  sources
    .map(({ match, versions }) => (versions === undefined ? match : `the folder of table ${versions.table}`))
    .join(', ');
