import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import {
  appendFile,
  link,
  mkdir,
  mkdtemp,
  readdir,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ObjectChangedError, TransientError, UsageError } from '../../../core/errors.ts';
import { isCode, mapped } from '../../../runtime/local/disk-errors.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import { filesConformance, readAll } from '../../support/conformance/files.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const files = localFiles();
const MB = 1024 * 1024;

describe('local files', () => {
  filesConformance(async () => {
    const folder = await temporaryFolder();
    return { files, root: join(folder, 'root'), scratch: join(folder, 'scratch') };
  });

  test('a file that grows, shrinks or is edited while it is read is refused', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'source.csv');
    const changes: Record<string, () => Promise<void>> = {
      grows: () => appendFile(path, 'x'),
      shrinks: () => truncate(path, MB + 1),
      'is edited at its start, behind the reader': async () => {
        await writeFile(path, Buffer.alloc(3 * MB, 'b'), { flag: 'r+' });
        await utimes(path, 1, 1);
      },
    };
    for (const [what, change] of Object.entries(changes)) {
      await writeFile(path, Buffer.alloc(3 * MB, 'a'));
      const hash = createHash('sha256');
      const reading = (async () => {
        let first = true;
        for await (const block of files.read(path)) {
          hash.update(block);
          if (first) await change();
          first = false;
        }
      })();
      const outcome: unknown = await reading.catch((error: unknown) => error);
      expect([what, outcome]).toEqual([what, expect.any(ObjectChangedError)]);
    }
  });

  test('a reader may stop early, and the file is closed', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'a');
    await writeFile(path, Buffer.alloc(3 * MB));
    const open = async (): Promise<number> => (await readdir('/proc/self/fd').catch(() => [])).length;
    const before = await open();
    for (let i = 0; i < 20; i++) {
      for await (const block of files.read(path)) {
        expect(block.length).toBe(MB);
        break;
      }
    }
    expect(await open()).toBe(before);
  });

  test('what a crash left half written is neither listed nor in the way', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, '.sluice-01234567-89ab-cdef-0123-456789abcdef.tmp'), 'half');
    await files.write(join(folder, 'a'), Buffer.from('whole'));
    expect((await Array.fromAsync(files.list(`${folder}/`))).map(({ uri }) => uri)).toEqual([
      join(folder, 'a'),
    ]);
  });

  test('a file from another device is brought in whole', async () => {
    const folder = await temporaryFolder();
    // Memory, where there is such a device: elsewhere this is an ordinary upload.
    const device = existsSync('/dev/shm') ? '/dev/shm' : folder;
    const made = join(await mkdtemp(join(device, 'sluice-test-')), 'made.bin');
    await writeFile(made, 'made elsewhere');
    await files.upload(made, join(folder, 'a', 'b'));
    await rm(dirname(made), { recursive: true });
    expect((await readAll(files, join(folder, 'a', 'b'))).toString()).toBe('made elsewhere');
    expect(await readdir(join(folder, 'a'))).toEqual(['b']);
  });

  test('copies share no bytes with a source that is edited in place; a hard link would', async () => {
    const folder = await temporaryFolder();
    const [source, linked, copied] = ['source', 'linked', 'copied'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    await writeFile(source, 'as received');
    await link(source, linked);
    await files.copy(source, copied);
    await writeFile(source, 'EDITED!', { flag: 'r+' });
    expect((await readAll(files, linked)).toString()).toBe('EDITED!ived');
    expect((await readAll(files, copied)).toString()).toBe('as received');
  });

  test('a link to a file is an object; links to folders and to nothing are not followed', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'd'));
    await writeFile(join(folder, 'd', 'f'), 'x');
    await symlink(join(folder, 'd', 'f'), join(folder, 'to-file'));
    await symlink(folder, join(folder, 'd', 'loop'));
    await symlink(join(folder, 'gone'), join(folder, 'to-nothing'));
    const found = await Array.fromAsync(files.list(`${folder}/`));
    expect(found.map(({ uri }) => uri.slice(folder.length))).toEqual(['/d/f', '/to-file']);
  });

  test('a name that is not UTF-8 is not passed over in silence', async () => {
    const folder = await temporaryFolder();
    const name = Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(0xe9)]);
    // Some file systems refuse such a name themselves.
    const made = await writeFile(name, 'x').then(
      () => true,
      (cause: unknown) => !isCode(cause, 'EILSEQ', 'EINVAL'),
    );
    const outcome = await Array.fromAsync(files.list(`${folder}/`)).then(
      (found) => `${found.length} objects`,
      (error: unknown) => String(error),
    );
    expect(outcome).toContain(made ? 'not UTF-8' : '0 objects');
    await rm(name, { force: true });
  });

  test('a path that is not absolute, and a prefix without a slash, are refused', async () => {
    await expect(files.stat('relative/a')).rejects.toThrow(UsageError);
    await expect(files.write('a', Buffer.from('x'))).rejects.toThrow('"a" is not an absolute path.');
    await expect(Array.fromAsync(files.list('/a'))).rejects.toThrow('ends with a slash');
  });

  test('a copy of another version than was asked for is none', async () => {
    const folder = await temporaryFolder();
    const [from, to] = [join(folder, 'a'), join(folder, 'b')];
    await files.write(from, Buffer.from('one'));
    const { version } = (await files.stat(from))!;
    await files.write(from, Buffer.from('two'));
    await expect(files.copy(from, to, { version })).rejects.toThrow(ObjectChangedError);
    expect(existsSync(to)).toBe(false);
  });

  test('what the file system refuses is no empty folder, and not removed', async () => {
    const folder = await temporaryFolder();
    const long = join(folder, 'x'.repeat(300));
    await expect(Array.fromAsync(files.list(`${long}/`))).rejects.toThrow('ENAMETOOLONG');
    await expect(files.remove(long)).rejects.toThrow('ENAMETOOLONG');
    await expect(files.remove(folder)).rejects.toThrow('EISDIR');
  });

  test('a full disk is transient and says so; another error stays what it is', async () => {
    const failing = (code: string) =>
      mapped(() => Promise.reject(Object.assign(new Error('write'), { code })));
    await expect(failing('ENOSPC')).rejects.toThrow(new TransientError('the disk is full (write).'));
    await expect(failing('EMFILE')).rejects.toBeInstanceOf(TransientError);
    await expect(failing('EBUSY')).rejects.toBeInstanceOf(TransientError);
    await expect(failing('EACCES')).rejects.not.toBeInstanceOf(TransientError);
    await expect(failing('ENOSPC')).rejects.toHaveProperty('cause.code', 'ENOSPC');
  });
});
