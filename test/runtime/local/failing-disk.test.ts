/** A disk on which a call fails, or does only a part: what is said of it, and what is there afterwards. */

import { appendFileSync, existsSync, rmSync } from 'node:fs';
import { readFile, writeFile, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ObjectChangedError, TransientError, UsageError } from '../../../core/errors.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import { diskHistory } from '../../../runtime/local/history.ts';
import { settled } from '../../support/conformance/ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type Call = 'rename' | 'link' | 'copyFile';
const real = vi.hoisted(() => ({
  before: (_call: Call, _path: string): void => undefined,
  opened: (_path: string, file: FileHandle): FileHandle => file,
}));
const disk = { ...real };
vi.mock(import('node:fs/promises'), async (original) => {
  const fs = await original();
  const watched = <A extends readonly unknown[], R>(name: Call, call: (...args: A) => Promise<R>) =>
    (async (...args: A) => {
      real.before(name, String(args[0]));
      return call(...args);
    }) as never;
  return {
    ...fs,
    rename: watched('rename', fs.rename),
    link: watched('link', fs.link),
    copyFile: watched('copyFile', fs.copyFile),
    open: async (path, ...rest) => real.opened(String(path), await fs.open(path, ...rest)),
  };
});
afterEach(() => void Object.assign(real, disk));

const failing = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code });
const failsAt = (wanted: Call, path: string, code: string): void => {
  real.before = (call, from) => {
    if (call === wanted && (path === '' || from === path)) throw failing(code);
  };
};
/** Opened files of which a call does something else. */
const opened = (path: string, more: Partial<FileHandle>): void => {
  real.opened = (at, file) => (at === path ? Object.assign(file, more) : file);
};

const files = localFiles();
const folderOf = async () => {
  const folder = await temporaryFolder();
  const source = join(folder, 'source');
  await writeFile(source, 'as received');
  return { source, target: join(folder, 'in', 'target') };
};

describe('a file that is brought in', () => {
  test('and may not be moved stays where it is: only one of another device is copied', async () => {
    const { source, target } = await folderOf();
    failsAt('rename', source, 'EACCES');
    await expect(files.upload(source, target)).rejects.toThrow('EACCES: it failed');
    expect([source, target].map(existsSync)).toEqual([true, false]);
    failsAt('rename', source, 'EXDEV');
    await files.upload(source, target);
    expect([source, target].map(existsSync)).toEqual([false, true]);
  });
});

describe('a copy', () => {
  test.each([
    ['is gone', (path: string) => rmSync(path)],
    ['has changed', (path: string) => appendFileSync(path, '!')],
  ])('whose source %s meanwhile is none', async (_what, change) => {
    const { source, target } = await folderOf();
    real.before = (call, path) => void (call === 'copyFile' && change(path));
    await expect(files.copy(source, target)).rejects.toThrow(ObjectChangedError);
    expect(await Array.fromAsync(files.list(`${dirname(target)}/`))).toEqual([]);
  });

  test('that the disk did not make says so', async () => {
    const { source, target } = await folderOf();
    failsAt('copyFile', source, 'EIO');
    await expect(files.copy(source, target)).rejects.toThrow(
      new TransientError('the disk did not answer (EIO: it failed).'),
    );
  });
});

describe('a conditional write', () => {
  test.each(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'])('needs hard links (%s)', async (code) => {
    const { target } = await folderOf();
    failsAt('link', '', code);
    await expect(files.write(target, Buffer.from('x'), { onlyIfAbsent: true })).rejects.toThrow(
      new UsageError(
        `The file system of ${dirname(target)} has no hard links, without which two runs could overwrite each other's ` +
          'commits. Keep the lake on another disk.',
      ),
    );
    expect(existsSync(target)).toBe(false);
  });

  test('that fails of something else is not answered with false', async () => {
    const { target } = await folderOf();
    failsAt('link', '', 'EMLINK');
    await expect(files.write(target, Buffer.from('x'), { onlyIfAbsent: true })).rejects.toThrow(
      'EMLINK: it failed',
    );
  });
});

test.each(['EISDIR', 'EPERM', 'EACCES', 'EINVAL'])(
  'where a folder cannot be brought to the disk by itself, a name is written all the same (%s)',
  async (code) => {
    const { target } = await folderOf();
    opened(dirname(target), { sync: () => Promise.reject(failing(code)) });
    expect(await files.write(target, Buffer.from('x'))).toBe(true);
    expect(await readFile(target, 'utf8')).toBe('x');
  },
);

test('a name that may not survive a loss of power is not said to be written', async () => {
  const { target } = await folderOf();
  opened(dirname(target), { sync: () => Promise.reject(failing('EIO')) });
  await expect(files.write(target, Buffer.from('x'))).rejects.toThrow(TransientError);
});

test('a line of the history of which only a part is written is not said to be there', async () => {
  const root = await temporaryFolder();
  const path = join(root, 'orders', 'history.jsonl');
  real.opened = (at, file) => {
    if (at !== path) return file;
    const write = file.write.bind(file) as (bytes: Uint8Array, at: number, length: number) => unknown;
    return Object.assign(file, { write: (line: Uint8Array) => write(line, 0, 40) });
  };
  const history = diskHistory(root);
  await expect(history.append(settled('x', 'duplicate'))).rejects.toThrow(
    new TransientError(`Only a part of a line was written to ${path}; is the disk full?`),
  );
  Object.assign(real, disk);
  await history.append(settled('x', 'duplicate'));
  expect(await Array.fromAsync(history.newestFirst('orders'))).toEqual([settled('x', 'duplicate')]);
});
