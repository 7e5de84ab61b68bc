/** `sluice table`: looks after one table of an environment. */

import { UsageError } from '../../core/errors.ts';
import { compactTable } from '../../runtime/table/compact.ts';
import { describeTable } from '../../runtime/table/describe.ts';
import { findTable } from '../../runtime/table/find-table.ts';
import { tableHistory } from '../../runtime/table/history.ts';
import { restoreTable } from '../../runtime/table/restore.ts';
import { vacuumTable } from '../../runtime/table/vacuum.ts';
import type { World } from '../../runtime/world.ts';
import { openEnvironment } from '../open-environment.ts';
import { renderTable, renderTableHistory } from '../render-table.ts';
import type { Terminal } from '../terminal.ts';
import { bytes, count, counted, shownPath, visible } from '../text.ts';

interface TableOptions {
  readonly out: string;
}

interface ShownOptions extends TableOptions {
  readonly json: boolean;
}

export interface VacuumCommandOptions extends TableOptions {
  readonly retain: string;
  readonly force: boolean;
  readonly dryRun: boolean;
}

export async function history(terminal: Terminal, name: string, options: ShownOptions): Promise<number> {
  const { world, uri } = await open(terminal, name, options);
  const versions = await tableHistory(world, uri);
  if (options.json) for (const version of versions) terminal.out(`${JSON.stringify(version)}\n`);
  else terminal.out(renderTableHistory(versions, terminal.paint));
  return 0;
}

export async function show(terminal: Terminal, name: string, options: ShownOptions): Promise<number> {
  const { world, uri } = await open(terminal, name, options);
  const described = { name, ...(await describeTable(world, uri)) };
  terminal.out(options.json ? `${JSON.stringify(described)}\n` : renderTable(described, terminal));
  return 0;
}

export async function restore(
  terminal: Terminal,
  version: string,
  name: string,
  options: TableOptions,
): Promise<number> {
  if (!/^\d{1,15}$/.test(version)) {
    throw new UsageError(`${JSON.stringify(version)} is no version: sluice table restore <version> <table>`);
  }
  const { world, uri } = await open(terminal, name, options);
  const { version: now, back, gone } = await restoreTable(world, uri, Number(version));
  const rows = (files: typeof back): string => counted(sum(files, 'records'), 'row');
  terminal.out(
    back.length + gone.length === 0
      ? `Version ${version} is what ${visible(name)} has now (version ${now}); nothing was changed.\n`
      : `${visible(name)} is as in version ${version} again, as version ${now}: ${rows(back)} came back, ${rows(gone)} went.\n`,
  );
  return 0;
}

export async function compact(terminal: Terminal, name: string, options: TableOptions): Promise<number> {
  const { world, uri } = await open(terminal, name, options);
  const { version, before, after } = await compactTable(world, uri);
  terminal.out(
    before.length === 0
      ? `${visible(name)} has no small files to put together; nothing was changed.\n`
      : `${visible(name)}, version ${version}: ${count(sum(before, 'records'))} rows of ${counted(before.length, 'file')} ` +
          `(${bytes(sum(before, 'size'))}) lie in ${count(after.length)} now (${bytes(sum(after, 'size'))}).\n`,
  );
  return 0;
}

/** Less could take a version from under a query that reads it. */
const LEAST_HOURS = 168;

export async function vacuum(
  terminal: Terminal,
  name: string,
  options: VacuumCommandOptions,
): Promise<number> {
  const { retain, force, dryRun } = options;
  const [, amount, unit] = /^(\d{1,6})([hd])$/.exec(retain) ?? [];
  if (amount === undefined) {
    throw new UsageError(`--retain ${retain} is no time. Write hours or days, such as 168h or 30d.`);
  }
  const hours = Number(amount) * (unit === 'd' ? 24 : 1);
  if (hours < LEAST_HOURS && !force) {
    throw new UsageError(
      `--retain ${retain} is less than seven days: a reader of an older version may lose its files, and what was ` +
        'taken out cannot be restored any more. If that is meant, add --force.',
    );
  }
  const { world, uri } = await open(terminal, name, options);
  let things = 0;
  let size = 0;
  for await (const one of vacuumTable(world, uri, { retainMs: hours * 3_600_000, dryRun })) {
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
  return 0;
}

async function open(
  terminal: Terminal,
  name: string,
  { out }: TableOptions,
): Promise<{ world: World; uri: string }> {
  const world = openEnvironment(terminal.cwd, out);
  return { world, uri: await findTable(world, name) };
}

const sum = <K extends string>(files: readonly Readonly<Record<K, number>>[], key: K): number =>
  files.reduce((total, file) => total + file[key], 0);
