/** The words of `sluice table`, as the command line knows them. */

import { Command } from 'commander';
import type { Terminal } from './terminal.ts';

const out = ['--out <folder>', 'the folder of tables, quarantine, reports and ledger', 'out'] as const;
const name = ['<table>', 'the name of a table in the lake'] as const;

/** Settings of the command line above it hold here too. */
export function tableCommand(above: Command, terminal: Terminal, ended: (code: number) => void): Command {
  const table = new Command('table')
    .copyInheritedSettings(above)
    .description('look after a table: its history, undoing, small files, old versions')
    .helpCommand(false);
  table
    .command('history')
    .description('list the versions of a table, the newest first')
    .argument(...name)
    .option(...out)
    .option('--json', 'print one JSON object for each version', false)
    .action(async (of: string, options: { out: string; json: boolean }) => {
      const { history } = await import('./commands/table.ts');
      ended(await history(terminal, of, options));
    });
  table
    .command('show')
    .description('show columns, partitions, files, rows and protocol of a table')
    .argument(...name)
    .option(...out)
    .option('--json', 'print one JSON object', false)
    .action(async (of: string, options: { out: string; json: boolean }) => {
      const { show } = await import('./commands/table.ts');
      ended(await show(terminal, of, options));
    });
  table
    .command('restore')
    .description('make the rows of an old version those of the table again, in a new version')
    .argument('<version>', 'a number (see `sluice table history`)')
    .argument(...name)
    .option(...out)
    .action(async (version: string, of: string, options: { out: string }) => {
      const { restore } = await import('./commands/table.ts');
      ended(await restore(terminal, version, of, options));
    });
  table
    .command('compact')
    .description('put the rows of small files into large ones; no row changes')
    .argument(...name)
    .option(...out)
    .action(async (of: string, options: { out: string }) => {
      const { compact } = await import('./commands/table.ts');
      ended(await compact(terminal, of, options));
    });
  table
    .command('vacuum')
    .description('remove files that only versions older than a retention need')
    .argument(...name)
    .option(...out)
    .option('--retain <time>', 'how long versions are kept whole: 168h, 30d', '168h')
    .option('--force', 'take a retention of less than seven days', false)
    .option('--dry-run', 'say what would be removed, and remove nothing', false)
    .action(async (of: string, options: { out: string; retain: string; force: boolean; dryRun: boolean }) => {
      const { vacuum } = await import('./commands/table.ts');
      ended(await vacuum(terminal, of, options));
    });
  return table;
}
