/** The command line without a process: words in, an exit code out. The commands are one file each. */

import { Command, CommanderError } from 'commander';
import * as errors from '../core/errors.ts';
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
    .option('--out <folder>', 'the folder of tables, quarantine, reports and ledger', 'out')
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
