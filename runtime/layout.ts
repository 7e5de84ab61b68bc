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
  /**
   * The folder of what is decided of a run, until it is settled. Not in the work folder, which whoever takes its execution
   * for gone may empty at any time.
   */
  conclusions(pipeline: string, run: string): string;
}

/** The same folders below one root, or below one each: on AWS a bucket each. */
export interface Roots {
  /** Of tables, reports and ledger. */
  readonly lake: string;
  readonly quarantine: string;
  readonly work: string;
}

export function layoutOf(roots: string | Roots): Layout {
  const { lake, quarantine, work } =
    typeof roots === 'string' ? { lake: roots, quarantine: roots, work: roots } : roots;
  return Object.freeze({
    root: lake,
    table: (name: string) => `${lake}/lake/${name}`,
    quarantinedRecords: `${quarantine}/quarantine/records`,
    quarantinedObjects: (pipeline: string, run: string) =>
      `${quarantine}/quarantine/objects/${pipeline}/${run}`,
    report: (pipeline: string, run: string) => `${lake}/reports/${pipeline}/${run}.json`,
    ledger: `${lake}/ledger`,
    work: (pipeline: string, execution: string) => `${work}/work/${pipeline}/${execution}`,
    conclusions: (pipeline: string, run: string) => `${work}/work/.conclusions/${pipeline}/${run}`,
  });
}

/** The folder in a table that holds the data files of a run, and no others. */
export const runFolder = (table: string, run: string): string => `${table}/${run}/`;

/** The run that a data file of a table is of, by its path in the table. */
export const runOfFile = (path: string): string | undefined => /^([^/]+)\/[^/]+$/.exec(path)?.[1];

/** The folder in a table that holds the data files of compactions. */
export const COMPACTED = 'compacted';
/** The tag of a compacted file that names its runs. */
export const RUNS_TAG = 'sluice.runs';
/** Stands for rows of no run that is known, among the runs of a file. */
export const NO_RUN = '*';

/** Stands for rows of any runs, which a merge put together: nobody can tell any more which row is of which. */
export const ANY_RUN = '?';

/** Every run that a data file has rows of: one, or those of the files that a compaction made it of. */
export function runsOfFile(path: string, tags: Readonly<Record<string, string | null>> = {}): string[] {
  return tags[RUNS_TAG]?.split(',') ?? [runOfFile(path) ?? NO_RUN];
}
