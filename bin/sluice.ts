/** The command line as a process: its streams, its exit code, and what Ctrl-C does. */

import { main } from './main.ts';
import { terminalOf } from './terminal.ts';

// Who reads the output may stop early (`| head`); that is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    throw error;
  });
}

process.exitCode = await main(process.argv.slice(2), terminalOf(process));
