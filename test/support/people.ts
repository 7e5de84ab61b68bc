/** A small pipeline with a column of most kinds, for tests of the whole way. */

import { check, decimal, definePipeline, format, sink, z, type Pipeline } from '../../core/vocabulary.ts';

const row = z.object({
  id: z.int().min(1),
  name: z.string().min(1),
  amount: decimal(12, 2).nullable(),
  born: z.iso.date().nullable(),
});

type Kind = 'csv' | 'jsonl' | 'json';

/** The same rows from a file of any format; everything may be rejected without the run being held. */
export const people = (kind: Kind, atMost = 1): Pipeline =>
  definePipeline({
    name: 'people',
    owner: 'test',
    description: 'People, for tests.',
    row,
    sources: (source) => [source.files({ prefix: 'people/', format: format[kind]() })],
    checks: (o) => [
      check.rowCount({ max: 1_000_000 }),
      check.completeness(o.name, { atLeast: 1, severity: 'warn' }),
    ],
    gate: { rejected: { atMost } },
    sinks: () => [sink.lake({ table: 'people', write: 'append', metadata: ['_record'] })],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

export const header = 'id,name,amount,born\n';
export const good = (id: number): string => `${id},Ann ${id},12.50,2001-02-03\n`;
export const goodJson = (id: number): string =>
  `{"id":${id},"name":"Ann ${id}","amount":12.50,"born":"2001-02-03"}`;
