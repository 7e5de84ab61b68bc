/** From paths on a command line to objects: files as they are, directories as the files in them that a source takes. */

import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve } from 'node:path';
import { UsageError } from '../core/errors.ts';
import { matches } from '../core/sources/files.ts';
import type { Source } from '../core/sources/source.ts';

interface Takes {
  readonly name: string;
  readonly sources: readonly Source[];
}

/**
 * Absolute paths, each once, in the order given; those of a directory sorted. Hidden files and what lies in `except`
 * (the folder that is written to) are not looked at.
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
  if (found.length > 0) return found;
  throw new UsageError(
    `No file in ${given} is taken by a source of pipeline ${pipeline.name}; they take: ${patterns(pipeline)}.`,
  );
}

const leadsToFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (info) => info.isFile(),
    () => false,
  );

const takenBy = ({ sources }: Takes, path: string): number =>
  sources.filter((source) => matches(source, basename(path))).length;

const patterns = ({ sources }: Takes): string => sources.map(({ match }) => match).join(', ');
