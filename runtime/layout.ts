/** Where everything of an environment is kept, under one root: a folder, or `s3://…` on AWS. */

export interface Layout {
  readonly root: string;
  table(name: string): string;
  readonly quarantinedRecords: string;
  quarantinedObject(pipeline: string, run: string, fileName: string): string;
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
    quarantinedObject: (pipeline: string, run: string, fileName: string) =>
      `${root}/quarantine/objects/${pipeline}/${run}/${fileName}`,
    report: (pipeline: string, run: string) => `${root}/reports/${pipeline}/${run}.json`,
    ledger: `${root}/ledger`,
    work: (pipeline: string, execution: string) => `${root}/work/${pipeline}/${execution}`,
  });
}

/** The run that a data file's name says it is of: `<run>-<6 hex>-<number>.parquet`, `-rejects` after the run or not. */
export const runOfFile = (path: string): string | undefined =>
  /^(.+?)(?:-rejects)?-[0-9a-f]{6}-\d+\.parquet$/.exec(path)?.[1];
