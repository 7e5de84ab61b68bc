import { spawnSync } from 'node:child_process';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ofThisProcess } from '../../lambdas/container-world.ts';
import type { World } from '../../runtime/world.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test('a process works in its own folder; what dead ones left is removed, and what living ones use stays', async () => {
  const scratch = await temporaryFolder();
  const dead = String(spawnSync(process.execPath, ['--version']).pid);
  const [own, living] = [String(process.pid), String(process.ppid)];
  for (const name of [own, living, dead, 'engine-x']) {
    await mkdir(join(scratch, name));
    await writeFile(join(scratch, name, 'rows.parquet'), 'of an earlier call');
  }
  expect(ofThisProcess({ scratch } as World).scratch).toBe(join(scratch, own));
  expect(await readdir(scratch)).toEqual([living]);
});

test('the first process finds no folder', async () => {
  const scratch = join(await temporaryFolder(), 'none');
  expect(ofThisProcess({ scratch } as World).scratch).toBe(join(scratch, String(process.pid)));
});
