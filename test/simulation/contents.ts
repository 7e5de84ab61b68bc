/** The pipelines of the simulation, the files that are handed to them, and what an undisturbed run makes of each. */

import { gzipSync } from 'node:zlib';
import type { Rows } from '../../core/rows.ts';
import { column, definePipeline, format, sink, sql, z, type Pipeline } from '../../core/vocabulary.ts';
import type { ContentName, Delivery } from './scenario.ts';

const row = z.object({ id: z.int().min(1), name: z.string().min(1) });
type People = Rows<typeof row.shape>;

/** No name and no id is there twice in a content: nothing leaves, in two rounds one after another. */
const inRounds = (rows: People): People =>
  rows.latest((o) => ({ per: [o.name] })).dedupe((o) => ({ per: [o.id], keep: 'first' }));

/** Two rows of each record: one more with its name in capital letters. */
const twice = (rows: People): People =>
  rows
    .derive((o) => ({ names: column(z.array(z.string()), sql`[${o.name}, upper(${o.name})]`) }))
    .unnest('names', { as: 'name' });

const pipelineNamed = (name: Delivery['pipeline']): Pipeline =>
  definePipeline({
    name,
    owner: 'test',
    description: 'People, for the simulation.',
    row,
    sources: (source) => [source.files({ prefix: 'in/', format: format.csv() })],
    transform: (rows: People): People => (name === 'folk' ? twice(inRounds(rows)) : rows),
    gate: { rejected: { atMost: 0.5 } },
    sinks: (o) => {
      const table = { table: name, metadata: ['_record'] } as const;
      return name === 'kept'
        ? [sink.lake({ ...table, write: 'upsert', key: [o.id], newest: o.name })]
        : [sink.lake({ ...table, write: 'append' })];
    },
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

export const pipelines: Readonly<Record<Delivery['pipeline'], Pipeline>> = {
  people: pipelineNamed('people'),
  /** Makes two rows of each record. */
  folk: pipelineNamed('folk'),
  /** Keeps one row for each id, the one with the last name of the alphabet: in whatever order files come, the same ones. */
  kept: pipelineNamed('kept'),
};

const text = (lines: string): Buffer => Buffer.from(`id,name\n${lines}`);

export const bytesOf: Readonly<Record<ContentName, Buffer>> = {
  mixed: text('1,Ann\nx,no id\n2,Bob\n'),
  good: text('11,Cem\n12,Dee\n'),
  held: text('21,Eve\nx,\ny,\nz,\n'),
  'wrong-header': Buffer.from('number;title\n1;Ann\n'),
  gzip: gzipSync(text('31,Fay\n,\n32,Gus\n')),
  'header-only': text(''),
  update: text('1,Zoe\n2,Al\n41,Hal\n'),
};

export interface Expected {
  readonly status: 'published' | 'published-with-rejects' | 'held' | 'rejected';
  readonly read: number | null;
  /** Each row as `<id> <name> <record>`. */
  readonly rows: readonly string[];
  /** Each reject as `<record> <received text>`. */
  readonly rejects: readonly string[];
}

/** By hand, and held against an undisturbed run by a test. */
export const expected: Readonly<Record<ContentName, Expected>> = {
  mixed: {
    status: 'published-with-rejects',
    read: 3,
    rows: ['1 Ann 1', '2 Bob 3'],
    rejects: ['2 x,no id'],
  },
  good: { status: 'published', read: 2, rows: ['11 Cem 1', '12 Dee 2'], rejects: [] },
  held: { status: 'held', read: 4, rows: [], rejects: ['2 x,', '3 y,', '4 z,'] },
  'wrong-header': { status: 'rejected', read: null, rows: [], rejects: [] },
  gzip: { status: 'published-with-rejects', read: 3, rows: ['31 Fay 1', '32 Gus 3'], rejects: ['2 ,'] },
  'header-only': { status: 'published', read: 0, rows: [], rejects: [] },
  update: { status: 'published', read: 3, rows: ['1 Zoe 1', '2 Al 2', '41 Hal 3'], rejects: [] },
};

/** The rows that a table must hold after all of these contents, in whatever order they came. */
export function rowsAfter(pipeline: Delivery['pipeline'], contents: readonly ContentName[]): string[] {
  const rows = contents.flatMap((content) => expected[content].rows).toSorted();
  if (pipeline === 'folk') return rows.flatMap((row) => [row, row.toUpperCase()]).toSorted();
  if (pipeline !== 'kept') return rows;
  // Sorted by id and name, the last of an id is the one that stays.
  return [...new Map(rows.map((row) => [row.split(' ')[0], row])).values()].toSorted();
}
