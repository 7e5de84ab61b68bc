/** The command line without a process: words in, an exit code out. The commands are one file each. */

import { Command, CommanderError } from 'commander';
import * as errors from '../core/errors.ts';
import type { DropCommandOptions } from './commands/drop.ts';
import type { QueryCommandOptions } from './commands/query.ts';
import type { RedriveCommandOptions } from './commands/redrive.ts';
import { tableCommand } from './table-command.ts';
import type { Where } from './environment.ts';
import type { Terminal } from './terminal.ts';
import { visibleLines } from './text.ts';

/** The exit code of a definition or a call that is wrong. */
const WRONG_CALL = 1;
/** The exit code of a failure that no run could be settled with. */
const FAILURE = 3;

/** Carries out a command line (without `node` and the script) and returns the process's exit code. */
export async function main(args: readonly string[], terminal: Terminal): Promise<number> {
  let code = 0;
  try {
    await program(terminal, (ended) => (code = ended)).parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (error instanceof errors.UsageError || error instanceof errors.DefinitionError) {
      terminal.err(`sluice: ${visibleLines(error.message)}\n`);
      return WRONG_CALL;
    }
    const known = error instanceof Error && error.name in errors;
    const words =
      error instanceof Error ? ((known ? undefined : error.stack) ?? error.message) : String(error);
    terminal.err(`sluice: ${visibleLines(words)}\n`);
    return FAILURE;
  }
}

/** Where an environment is kept, for every command that works on one. */
const out = ['--out <folder>', 'the folder of tables, quarantine, reports and ledger', 'out'] as const;

/** Where an environment on AWS is. */
const env = ['--env <name>', 'the environment that was deployed: dev or prod', 'dev'] as const;
const profile = ['--profile <name>', 'the profile of your AWS credentials'] as const;
const aws = ['--aws', 'look at what is deployed to AWS, not at a folder', false] as const;

function program(terminal: Terminal, ended: (code: number) => void): Command {
  const sluice = new Command('sluice')
    .description(
      'Runs data pipelines: trusted rows into a lake table, bad records into quarantine, with every reason.',
    )
    .exitOverride()
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err })
    .showSuggestionAfterError()
    .helpCommand(false)
    .action(async () => {
      const { help } = await import('./commands/help.ts');
      ended(help(terminal));
    });
  // Settings reach a command only if they are made before it is added.
  sluice
    .command('run')
    .description('run a pipeline on files, one run for each')
    .argument('<pipeline>', 'a name (see `sluice list`), or the path of a definition: ./orders.ts')
    .argument('<files...>', 'files, and directories that are searched for files the pipeline takes')
    .option(...out)
    .option('--json', 'print one JSON object for each run, and nothing else, on stdout', false)
    .option('--again', 'work on content that was published before', false)
    .action(
      async (name: string, paths: string[], options: { out: string; json: boolean; again: boolean }) => {
        const { run } = await import('./commands/run.ts');
        ended(await run(terminal, name, paths, options));
      },
    );
  sluice
    .command('plan')
    .description('show what a pipeline makes of its definition: the SQL, and which rule is checked where')
    .argument('<pipeline>', 'a name, or the path of a definition')
    .action(async (name: string) => {
      const { plan } = await import('./commands/plan.ts');
      ended(await plan(terminal, name));
    });
  sluice
    .command('runs')
    .description('list the runs of an environment, the newest first, and what is not settled')
    .argument('[pipeline]', 'the name of a pipeline; all of them if none is given')
    .option(...out)
    .option(...aws)
    .option(...env)
    .option(...profile)
    .option('--limit <number>', 'how many settled runs', '20')
    .option('--json', 'print one JSON object for each run', false)
    .action(async (name: string | undefined, options: Where & { limit: string; json: boolean }) => {
      const { runs } = await import('./commands/runs.ts');
      ended(await runs(terminal, name, options));
    });
  sluice
    .command('show')
    .description('show all that is known of one run')
    .argument('<run>', 'the name of a run (see `sluice runs`)')
    .option(...out)
    .option(...aws)
    .option(...env)
    .option(...profile)
    .option('--json', 'print its record as one JSON object', false)
    .action(async (name: string, options: Where & { json: boolean }) => {
      const { show } = await import('./commands/show.ts');
      ended(await show(terminal, name, options));
    });
  sluice
    .command('status')
    .description('say how each pipeline of an environment is doing')
    .option(...out)
    .option(...aws)
    .option(...env)
    .option(...profile)
    .option('--json', 'print one JSON object for each pipeline', false)
    .action(async (options: Where & { json: boolean }) => {
      const { status } = await import('./commands/status.ts');
      ended(await status(terminal, options));
    });
  sluice
    .command('query')
    .description('ask the tables of the lake and the quarantine, in SQL; nothing is written')
    .argument('<sql>', 'one statement that reads: SELECT, FROM, WITH, DESCRIBE, SUMMARIZE, SHOW TABLES')
    .option(...out)
    .option(...aws)
    .option(...env)
    .option(...profile)
    .option('--as-of <version>', 'the version of the one table that is asked')
    .option('--format <format>', 'table, json, csv or parquet', 'table')
    .option('--raw', 'in CSV, leave values that a spreadsheet takes for formulas', false)
    .action(async (sql: string, options: QueryCommandOptions) => {
      const { query } = await import('./commands/query.ts');
      ended(await query(terminal, sql, options));
    });
  sluice
    .command('drop')
    .description('drop files in the landing bucket on AWS, and follow their runs to the end')
    .argument('<pipeline>', 'a name (see `sluice list`)')
    .argument('<files...>', 'files, and directories that are searched for files the pipeline takes')
    .option(...env)
    .option(...profile)
    .option('--wait <seconds>', 'how long each run is waited for; 0 to drop only', '900')
    .option('--json', 'print one JSON object for each run, and nothing else, on stdout', false)
    .action(async (name: string, paths: string[], options: DropCommandOptions) => {
      const { drop } = await import('./commands/drop.ts');
      ended(await drop(terminal, name, paths, options));
    });
  sluice
    .command('redrive')
    .description('work on the object of a run on AWS once more, in a new execution')
    .argument('<run>', 'the name of a run (see `sluice runs --aws`)')
    .option(...env)
    .option(...profile)
    .option('--wait <seconds>', 'how long the run is waited for', '900')
    .option('--json', 'print the run as one JSON object', false)
    .option('--again', 'work on content that was published before', false)
    .action(async (name: string, options: RedriveCommandOptions) => {
      const { redrive } = await import('./commands/redrive.ts');
      ended(await redrive(terminal, name, options));
    });
  sluice
    .command('doctor')
    .description('hold ledger, tables, quarantine, reports and work against each other')
    .option(...out)
    .option('--json', 'print what was found as one JSON object', false)
    .action(async (options: { out: string; json: boolean }) => {
      const { doctor } = await import('./commands/doctor.ts');
      ended(await doctor(terminal, options));
    });
  sluice
    .command('clean')
    .description('remove what is provably left over')
    .option(...out)
    .option('--dry-run', 'say what would be removed, and remove nothing', false)
    .action(async (options: { out: string; dryRun: boolean }) => {
      const { clean } = await import('./commands/clean.ts');
      ended(await clean(terminal, options));
    });
  sluice.addCommand(tableCommand(sluice, terminal, ended));
  sluice
    .command('list')
    .description('list the pipelines of this repository')
    .action(async () => {
      const { list } = await import('./commands/list.ts');
      ended(await list(terminal));
    });
  sluice
    .command('help')
    .description('a first pipeline, the exit codes, and where things are kept')
    .action(async () => {
      const { help } = await import('./commands/help.ts');
      ended(help(terminal));
    });
  return sluice;
}
