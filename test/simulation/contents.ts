/** The pipelines of the simulation, the files that are handed to them, and what an undisturbed run makes of each. */

import { gzipSync } from 'node:zlib';
import { definePipeline, format, sink, z, type Pipeline } from '../../core/vocabulary.ts';
import type { ContentName, Delivery } from './scenario.ts';

const pipelineNamed = (name: Delivery['pipeline']): Pipeline =>
  definePipeline({
    name,
    owner: 'test',
    description: 'People, for the simulation.',
    row: z.object({ id: z.int().min(1), name: z.string().min(1) }),
    sources: (source) => [source.files({ prefix: 'in/', format: format.csv() })],
    gate: { rejected: { atMost: 0.5 } },
    sinks: () => [sink.lake({ table: name, write: 'append', metadata: ['_record'] })],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

export const pipelines: Readonly<Record<Delivery['pipeline'], Pipeline>> = {
  people: pipelineNamed('people'),
  folk: pipelineNamed('folk'),
};

const text = (lines: string): Buffer => Buffer.from(`id,name\n${lines}`);

export const bytesOf: Readonly<Record<ContentName, Buffer>> = {
  mixed: text('1,Ann\nx,no id\n2,Bob\n'),
  good: text('11,Cem\n12,Dee\n'),
  held: text('21,Eve\nx,\ny,\nz,\n'),
  'wrong-header': Buffer.from('number;title\n1;Ann\n'),
  gzip: gzipSync(text('31,Fay\n,\n32,Gus\n')),
  'header-only': text(''),
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
};
