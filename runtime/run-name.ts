/** The names of runs: readable, sortable, and never the same for two. */

/** `<pipeline>-<yyyymmdd>T<hhmmss>Z-<first 8 of the content hash>`; the ledger adds the attempt's number from the second on. */
export const runName = (pipeline: string, startedAt: string, sha256: string): string =>
  `${pipeline}-${timeOf(startedAt)}-${sha256.slice(0, 8)}`;

/** The name of a duplicate, which is no attempt: the n-th of its content in a second. */
export const duplicateName = (pipeline: string, startedAt: string, sha256: string, n: number): string =>
  `${runName(pipeline, startedAt, sha256)}-duplicate${numbered(n)}`;

/** The name of a run that failed before its content was registered: the n-th in a second. */
export const unregisteredName = (pipeline: string, startedAt: string, n: number): string =>
  `${pipeline}-${timeOf(startedAt)}-unregistered${numbered(n)}`;

/** The pipeline of an attempt, by its run's name; undefined for what is no such name. */
export const pipelineOfRun = (run: string): string | undefined =>
  /^([a-z][a-z0-9-]*)-\d{8}T\d{6}Z-[0-9a-f]{8}(?:-\d+)?$/.exec(run)?.[1];

const timeOf = (startedAt: string): string => `${startedAt.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

const numbered = (n: number): string => (n === 1 ? '' : `-${n}`);
