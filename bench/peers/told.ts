/** What a job of a peer prints of itself. */
export interface Told {
  readonly records: number;
  readonly good: number;
  readonly bad: number;
  /** The work alone, without starting a process and loading code. */
  readonly workMs: number;
  /** The most memory that its processes held, in MB. */
  readonly peakMb: number;
  /** The languages that it ran on, with their versions. */
  readonly runtime: string;
}
