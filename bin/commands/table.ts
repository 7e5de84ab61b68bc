/** `sluice table`: looks after one table of an environment. */

import { rmSync } from 'node:fs';
import { UsageError } from '../../core/errors.ts';
import { compactTable } from '../../runtime/table/compact.ts';
import { describeTable } from '../../runtime/table/describe.ts';
import { findTable } from '../../runtime/table/find-table.ts';
import { tableHistory } from '../../runtime/table/history.ts';
import { restoreTable } from '../../runtime/table/restore.ts';
import { retentionOf } from '../../runtime/table/retention.ts';
import { vacuumTable } from '../../runtime/table/vacuum.ts';
import type { World } from '../../runtime/world.ts';
import { openAnywhere, type Where } from '../environment.ts';
import { renderTable, renderTableHistory } from '../render-table.ts';
import type { Terminal } from '../terminal.ts';
import { bytes, count, counted, shownPath, visible } from '../text.ts';

interface ShownOptions extends Where {
  readonly json: boolean;
}

export interface VacuumCommandOptions extends Where {
  readonly retain?: string;
  readonly force: boolean;
  readonly dryRun: boolean;
}

export const history = (terminal: Terminal, name: string, options: ShownOptions): Promise<number> =>
  onTable(terminal, name, options, async (world, uri) => {
    const versions = await tableHistory(world, uri);
    if (options.json) for (const version of versions) terminal.out(`${JSON.stringify(version)}\n`);
    else terminal.out(renderTableHistory(versions, terminal.paint));
  });

export const show = (terminal: Terminal, name: string, options: ShownOptions): Promise<number> =>
  onTable(terminal, name, options, async (world, uri) => {
    const described = { name, ...(await describeTable(world, uri)) };
    terminal.out(options.json ? `${JSON.stringify(described)}\n` : renderTable(described, terminal));
  });

export async function restore(
  terminal: Terminal,
  version: string,
  name: string,
  options: Where,
): Promise<number> {
  if (!/^\d{1,15}$/.test(version)) {
    throw new UsageError(`${JSON.stringify(version)} is no version: sluice table restore <version> <table>`);
  }
  return onTable(terminal, name, options, async (world, uri) => {
    const { version: now, isNew, back, gone } = await restoreTable(world, uri, Number(version));
    const rows = (files: typeof back): string => counted(sum(files, 'records'), 'row');
    terminal.out(
      isNew
        ? `${visible(name)} is as in version ${version} again, as version ${now}: ${rows(back)} came back, ${rows(gone)} went.\n`
        : `Version ${version} is what ${visible(name)} has now (version ${now}); nothing was changed.\n`,
    );
  });
}

export const compact = (terminal: Terminal, name: string, options: Where): Promise<number> =>
  onTable(terminal, name, options, async (world, uri) => {
    const { version, before, after } = await compactTable(world, uri);
    terminal.out(
      before.length === 0
        ? `${visible(name)} has no small files to put together; nothing was changed.\n`
        : `${visible(name)}, version ${version}: ${count(sum(before, 'records'))} rows of ${counted(before.length, 'file')} ` +
            `(${bytes(sum(before, 'size'))}) lie in ${count(after.length)} now (${bytes(sum(after, 'size'))}).\n`,
    );
  });

export async function vacuum(
  terminal: Terminal,
  name: string,
  options: VacuumCommandOptions,
): Promise<number> {
  const { force, dryRun } = options;
  const asked = options.retain === undefined ? undefined : milliseconds(options.retain);
  return onTable(terminal, name, options, async (world, uri) => {
    const promised = retentionOf((await world.tables.snapshot(uri))?.schema ?? {});
    const retainMs = asked ?? promised;
    if (retainMs < promised && !force) {
      throw new UsageError(
        `--retain ${options.retain} is less than the ${promised / 86_400_000} days that are promised for ${name}: a reader of ` +
          'an older version may lose its files, and what was taken out cannot be restored any more. If that is meant, add --force.',
      );
    }
    let things = 0;
    let size = 0;
    for await (const one of vacuumTable(world, uri, { retainMs, dryRun })) {
      things++;
      size += one.bytes;
      const verb = dryRun ? 'would remove' : 'removed';
      terminal.out(
        `${verb}  ${bytes(one.bytes)}  ${shownPath(one.uri, terminal.cwd)}  (${visible(one.why)})\n`,
      );
    }
    const words = `${counted(things, 'file')}, ${bytes(size)}`;
    terminal.out(
      things === 0
        ? 'No file is old enough to be removed.\n'
        : `${dryRun ? 'Would remove' : 'Removed'} ${words}.${dryRun ? ' Nothing was removed.' : ''}\n`,
    );
  });
}

function milliseconds(retain: string): number {
  const [, amount, unit] = /^(\d{1,6})([hd])$/.exec(retain) ?? [];
  if (amount !== undefined) return Number(amount) * (unit === 'd' ? 24 : 1) * 3_600_000;
  throw new UsageError(`--retain ${retain} is no time. Write hours or days, such as 168h or 30d.`);
}

async function onTable(
  terminal: Terminal,
  name: string,
  where: Where,
  work: (world: World, uri: string) => Promise<void>,
): Promise<number> {
  const { world } = await openAnywhere(terminal.cwd, where);
  try {
    await work(world, await findTable(world, name));
    return 0;
  } finally {
    rmSync(world.scratch, { recursive: true, force: true });
  }
}

const sum = <K extends string>(files: readonly Readonly<Record<K, number>>[], key: K): number =>
  files.reduce((total, file) => total + file[key], 0);
