/** The words of `sluice table`, as the command line knows them. */

import { Command } from 'commander';
import type { VacuumCommandOptions } from './commands/table.ts';
import type { Where } from './environment.ts';
import type { Terminal } from './terminal.ts';

const name = ['<table>', 'the name of a table in the lake'] as const;

/** Settings of the command line above it hold here too. */
export function tableCommand(above: Command, terminal: Terminal, ended: (code: number) => void): Command {
  const table = new Command('table')
    .copyInheritedSettings(above)
    .description('look after a table: its history, undoing, small files, old versions')
    .helpCommand(false);
  const onTable = (command: string): Command =>
    table
      .command(command)
      .option('--out <folder>', 'the folder of tables, quarantine, reports and ledger', 'out')
      .option('--aws', 'look after what is deployed to AWS, not after a folder', false)
      .option('--env <name>', 'the environment that was deployed: dev or prod', 'dev')
      .option('--profile <name>', 'the profile of your AWS credentials');
  onTable('history')
    .description('list the versions of a table, the newest first')
    .argument(...name)
    .option('--json', 'print one JSON object for each version', false)
    .action(async (of: string, options: Where & { json: boolean }) => {
      const { history } = await import('./commands/table.ts');
      ended(await history(terminal, of, options));
    });
  onTable('show')
    .description('show columns, partitions, files, rows and protocol of a table')
    .argument(...name)
    .option('--json', 'print one JSON object', false)
    .action(async (of: string, options: Where & { json: boolean }) => {
      const { show } = await import('./commands/table.ts');
      ended(await show(terminal, of, options));
    });
  onTable('restore')
    .description('make the rows of an old version those of the table again, in a new version')
    .argument('<version>', 'a number (see `sluice table history`)')
    .argument(...name)
    .action(async (version: string, of: string, options: Where) => {
      const { restore } = await import('./commands/table.ts');
      ended(await restore(terminal, version, of, options));
    });
  onTable('compact')
    .description('put the rows of small files into large ones; no row changes')
    .argument(...name)
    .action(async (of: string, options: Where) => {
      const { compact } = await import('./commands/table.ts');
      ended(await compact(terminal, of, options));
    });
  onTable('vacuum')
    .description('remove files that only versions older than a retention need')
    .argument(...name)
    .option(
      '--retain <time>',
      'how long versions are kept whole: 168h, 30d; the definition says it otherwise',
    )
    .option('--force', 'take a retention of less than was promised', false)
    .option('--dry-run', 'say what would be removed, and remove nothing', false)
    .action(async (of: string, options: VacuumCommandOptions) => {
      const { vacuum } = await import('./commands/table.ts');
      ended(await vacuum(terminal, of, options));
    });
  return table;
}
