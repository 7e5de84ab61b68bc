/** Which pipeline and which files a call means, and what is said of a call that means none. */

import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findFiles } from '../../bin/find-files.ts';
import { findPipeline } from '../../bin/find-pipeline.ts';
import { resolveDefinitions } from '../../bin/resolve-hook.ts';
import { DefinitionError, UsageError } from '../../core/errors.ts';
import type { Source } from '../../core/sources/source.ts';

let folder: string;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-find-')));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function put(path: string, text = ''): string {
  const full = join(folder, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  return full;
}

describe('files', () => {
  const sources = [{ match: '*.csv' }, { match: 'orders-?.json' }] as unknown as readonly Source[];
  const pipeline = { name: 'orders', sources };
  const find = (...paths: string[]) =>
    findFiles(pipeline, paths, { cwd: folder, except: join(folder, 'out') });
  const inFolder = (paths: string[]) => paths.map((path) => join(folder, path));

  test('a directory is its files that a source takes, in order, hidden ones and the output left out', async () => {
    for (const path of [
      'b.csv',
      'a/z.csv.gz',
      'orders-1.json',
      'x.txt',
      '.hidden.csv',
      '.git/c.csv',
      'out/q/d.csv',
      'a_$folder$',
      'b_$folder$/c.csv',
    ]) {
      put(path);
    }
    expect(await find('.')).toEqual(inFolder(['a/z.csv.gz', 'b.csv', 'orders-1.json']));
  });

  test('each file once, however often it is named', async () => {
    put('b.csv');
    put('a.csv');
    expect(await find('b.csv', '.', join(folder, 'b.csv'))).toEqual(inFolder(['b.csv', 'a.csv']));
  });

  test('a link to a file counts, a link to a directory is not followed: it could lead back', async () => {
    put('a.csv');
    symlinkSync(join(folder, 'a.csv'), join(folder, 'link.csv'));
    symlinkSync(folder, join(folder, 'loop'));
    expect(await find('.')).toEqual(inFolder(['a.csv', 'link.csv']));
  });

  test('a name is data: what a shell or a glob would act on is a name like any other', async () => {
    for (const name of ['[1]*.csv', 'a b+%2F.csv', "it's-📦.csv"]) put(name);
    expect(await find('.')).toHaveLength(3);
  });

  test.each([
    [
      'a file that no source takes',
      ['x.txt'],
      'No source of pipeline orders takes x.txt; they take: *.csv, orders-?.json.',
    ],
    ['a directory without any', ['empty'], 'No file in empty is taken by a source of pipeline orders'],
    [
      'a device',
      ['/dev/null'],
      '/dev/null is neither a file nor a directory; write the data to a file first.',
    ],
    ['nothing at all', ['nowhere'], 'There is no file or directory nowhere.'],
  ])('%s is a wrong call', async (_what, paths, message) => {
    put('x.txt');
    put('empty/x.txt');
    await expect(find(...paths)).rejects.toThrow(UsageError);
    await expect(find(...paths)).rejects.toThrow(message);
  });

  test('a file that several sources take is a wrong call, before any file is run', async () => {
    put('a.csv');
    put('orders-1.json');
    const twice = { name: 'orders', sources: [...sources, { match: 'o*' } as unknown as Source] };
    await expect(findFiles(twice, ['.'], { cwd: folder, except: '' })).rejects.toThrow('Several sources');
  });
});

describe('pipelines', () => {
  const definition = (name: string) => `{ name: '${name}', sources: [], rows: {}, sinks: [], gate: {} }`;

  test('by a name of this repository', async () => {
    expect((await findPipeline('movies', folder)).name).toBe('movies');
  });

  test('an unknown name says which there are', async () => {
    await expect(findPipeline('moveis', folder)).rejects.toThrow(
      'There are: flights, bird-strikes, movies, airports, airport-states.',
    );
  });

  test.each(['export const anything =', 'export default'])('by a file, with `%s`', async (words) => {
    put('p.ts', `${words} ${definition('mine')};\nexport const other: number = 1;`);
    expect((await findPipeline('./p.ts', folder)).name).toBe('mine');
  });

  test('the same pipeline under two names is one', async () => {
    put('p.ts', `export const a = ${definition('mine')};\nexport default a;`);
    expect((await findPipeline('p.ts', folder)).name).toBe('mine');
  });

  test.each([
    ['none', 'export const limit = 3;', 'p.ts exports no pipeline (it exports limit)'],
    [
      'what looks like one',
      `export const nothing = null;\nexport const some = { name: 'a', sources: [], rows: {} };`,
      'p.ts exports no pipeline (it exports nothing, some)',
    ],
    [
      'several',
      `export const a = ${definition('a')};\nexport const b = ${definition('b')};`,
      'exports 2 pipelines: a, b.',
    ],
  ])('a file that exports %s is a wrong call', async (_what, text, message) => {
    put('p.ts', text);
    await expect(findPipeline('p.ts', folder)).rejects.toThrow(UsageError);
    await expect(findPipeline('p.ts', folder)).rejects.toThrow(message);
  });

  test('a file that cannot be loaded says why', async () => {
    put('p.ts', `throw new Error('no such luck');`);
    await expect(findPipeline('p.ts', folder)).rejects.toThrow(DefinitionError);
    await expect(findPipeline('p.ts', folder)).rejects.toThrow('p.ts cannot be loaded: Error: no such luck');
  });

  test('a definition that is wrong says that it is, in its own words', async () => {
    const wrong = new DefinitionError('Pipeline "p": no');
    vi.stubGlobal('wrong', wrong);
    put('p.ts', 'throw globalThis.wrong;');
    await expect(findPipeline('p.ts', folder)).rejects.toBe(wrong);
    vi.unstubAllGlobals();
  });

  test.each(['zod', 'zod/mini'])('a definition anywhere has the %s of this repository', (name) => {
    resolveDefinitions();
    // By Node itself, and not by what the tests run in.
    const load = createRequire(import.meta.url);
    expect(Object.keys(load(put('p.mjs', `export { string } from '${name}';`)))).toEqual(['string']);
    expect(() => load(put('q.mjs', `export { string } from 'zodiac';`))).toThrow(/package 'zodiac'/);
  });

  test('a file that is not there', async () => {
    await expect(findPipeline('./q.ts', folder)).rejects.toThrow('There is no file ./q.ts');
  });
});
