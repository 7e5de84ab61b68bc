/** The peers: what is installed for each, and what its job did not do, as its output on the broken flights showed. */

export interface Peer {
  readonly name: string;
  /** Of Python, each in its version; the first is the peer's own. */
  readonly packages: readonly string[];
  readonly job: string;
  /** Read in the tables that the job wrote, or seen when it was run on the same file again. */
  readonly didNot: string;
}

export const peers: readonly Peer[] = [
  {
    name: 'polars',
    packages: ['polars==2.1.0'],
    job: 'polars-job.py',
    didNot:
      'Rules, reasons and the split are code of the job; files in place of a table; the same file again takes the place of the ' +
      'first without a word.',
  },
  {
    name: 'pandas + pandera',
    packages: ['pandera[pandas]==0.35.0', 'pandas==3.1.1', 'pyarrow==26.0.1'],
    job: 'pandera-job.py',
    didNot:
      'A text in the place of a number became a null before the schema saw it: the reason is `not_nullable`; the received text ' +
      'is there only because the job kept it. Files in place of a table; the same file again as polars.',
  },
  {
    name: 'Great Expectations',
    packages: ['great_expectations==1.24.1', 'pyarrow==26.0.1'],
    job: 'great-expectations-job.py',
    didNot:
      'It judges and splits nothing: the job does, by the list of rows that failed. Text in the place of a number as with ' +
      'pandera. Files in place of a table; the same file again as polars.',
  },
  {
    name: 'PySpark, local[2]',
    packages: ['pyspark==4.3.0'],
    job: 'pyspark-job.py',
    didNot:
      'Of a record that does not fit the types it does not say which rule, and the value is null; of any other bad record the ' +
      'received text is gone. Files in place of a table; the same file again is an error, as the folder exists.',
  },
  {
    name: 'dlt',
    packages: ['dlt[parquet]==1.31.0', 'pydantic==2.12.5', 'pyarrow==26.0.1'],
    job: 'dlt-job.py',
    didNot:
      'The received text of bad records was changed: of `2001-03-03` it made midnight in UTC. The same file again is loaded a ' +
      'second time. Its own contract (`discard_row`, tried apart) dropped the bad records without a word.',
  },
];
