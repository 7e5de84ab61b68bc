/** `sluice help`: enough to write a first pipeline and to find what it leaves. */

import type { Terminal } from '../terminal.ts';

export function help(terminal: Terminal): number {
  terminal.out(TEXT);
  return 0;
}

const TEXT = `sluice: one typed definition of a pipeline -> trusted rows in a lake table, bad records in quarantine
with every reason, every record accounted for.

COMMANDS
  sluice run <pipeline> <files or directories...>   run a pipeline on each file
      --out <folder>    where tables, quarantine, reports and ledger are kept (default: out)
      --json            one JSON object for each run on stdout, nothing else there
      --again           work on content that was published before
  sluice plan <pipeline>                            the SQL it becomes, and which rule is checked where
  sluice runs [pipeline]                            what is being worked on, and the runs, newest first
      --limit <number>  how many settled runs (default: 20)
  sluice show <run>                                 all that is known of one run
  sluice status                                     how each pipeline is doing
  sluice doctor                                     ledger, tables, quarantine and reports against each other
  sluice query "<sql>"                              ask lake and quarantine; --as-of <version>,
                                                    --format <table|json|csv|parquet>
  sluice clean                                      remove what crashes left over; --dry-run only says it
      these six take --out too, and all but query and clean take --json
  sluice table history <table>                      the versions of a table: when, by whom, what
  sluice table show <table>                         its columns, files, rows and protocol
  sluice table restore <version> <table>            the rows of an old version again, as a new one
  sluice table compact <table>                      many small files into few large ones
  sluice table vacuum <table>                       remove what only old versions need; --dry-run only says it
      these five take --out; history and show take --json
  sluice drop <pipeline> <files...>                 on AWS: drop files, and follow their runs to the end
  sluice redrive <run>                              on AWS: the object of a run once more
      these two take --env <dev|prod> and --profile <name>; runs, show, status, query and table do with --aws
  sluice list                                       the pipelines of this repository
  sluice <command> --help                           more on one command

  <pipeline> is a name of \`sluice list\`, or the path of a definition: ./people.ts

A FIRST PIPELINE
  1. people.csv                      2. people.ts
     id,email,age
     1,ada@example.com,36               import { definePipeline, format, sink, z } from 'sluice';
     2,not an address,41
     3,grace@example.com,forty          export const people = definePipeline({
                                          name: 'people',
                                          owner: 'me@example.com',
                                          description: 'People: one row each.',
                                          row: z.object({
                                            id: z.int(),
                                            email: z.email(),
                                            age: z.int().min(0).max(150).nullable(),
                                          }),
                                          sources: (source) => [
                                            source.files({ prefix: 'people/', match: '*.csv', format: format.csv() }),
                                          ],
                                          gate: { rejected: { atMost: 0.9 } },
                                          sinks: () => [sink.lake({ table: 'people', write: 'append' })],
                                          sla: { latency: '10 minutes' },
                                        });

  3. sluice run ./people.ts people.csv

  One row is loaded, two records are in quarantine, each with its reason. Lower \`atMost\` to 0.05 and run it in another
  folder (--out out2): the quality gate holds the run, and the table is not touched.

WHERE THINGS ARE (below --out)
  lake/<table>/                 the rows: a Delta Lake table
  quarantine/records/           rejected records with every reason, a Delta Lake table too
  quarantine/objects/           files that could not be trusted as a whole
  reports/<pipeline>/           what came of each run, as JSON
  ledger/<pipeline>/            which content was worked on, and the history of the runs

EXIT CODES
  0  published, or nothing new to publish
  1  the call or the definition is wrong; nothing was run
  2  the data is not as it should be: a run was held by the quality gate, a file was rejected whole, or the
     doctor found what does not agree
  3  a run failed: nothing of it became visible, and it can be run again
  130  stopped by Ctrl-C; run the same command again
  With several files it is the highest of their codes.
`;
