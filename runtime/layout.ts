/** Where everything of an environment is kept, under one root: a folder, or `s3://…` on AWS. */

export interface Layout {
  readonly root: string;
  table(name: string): string;
  readonly quarantinedRecords: string;
  /** The folder of the objects that a run put aside whole. */
  quarantinedObjects(pipeline: string, run: string): string;
  report(pipeline: string, run: string): string;
  readonly ledger: string;
  /** What an execution stages; emptied when it is settled. */
  work(pipeline: string, execution: string): string;
}

export function layoutOf(root: string): Layout {
  return Object.freeze({
    root,
    table: (name: string) => `${root}/lake/${name}`,
    quarantinedRecords: `${root}/quarantine/records`,
    quarantinedObjects: (pipeline: string, run: string) => `${root}/quarantine/objects/${pipeline}/${run}`,
    report: (pipeline: string, run: string) => `${root}/reports/${pipeline}/${run}.json`,
    ledger: `${root}/ledger`,
    work: (pipeline: string, execution: string) => `${root}/work/${pipeline}/${execution}`,
  });
}

/** The folder in a table that holds the data files of a run, and no others. */
export const runFolder = (table: string, run: string): string => `${table}/${run}/`;

/** The run that a data file of a table is of, by its path in the table. */
export const runOfFile = (path: string): string | undefined => /^([^/]+)\/[^/]+$/.exec(path)?.[1];
