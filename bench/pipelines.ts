/** The pipelines of the benchmark: the flights from other formats, a wide table, and one that lets bad records pass by. */

import { check, definePipeline, format, sink, z, type Pipeline } from '../core/vocabulary.ts';
import { flights } from '../pipelines/flights.ts';

const dates = { date: { pattern: 'YYYY-MM-DD HH:mm:ss', zone: 'UTC' } } as const;

const from = (name: keyof typeof format): Pipeline =>
  definePipeline({
    name: `flights-${name.toLowerCase()}`,
    owner: flights.owner,
    description: flights.description,
    row: flights.row,
    sources: (source) => [
      source.files({
        prefix: 'bench/',
        format: format[name]() as never,
        ...(name === 'parquet' ? {} : { decode: dates }),
      }),
    ],
    transform: () => flights.rows as never,
    checks: () => flights.checks,
    // Whatever share of the records is bad, the good ones are loaded.
    gate: { rejected: { atMost: 1 } },
    sinks: () => flights.sinks,
    sla: flights.sla,
  }) as unknown as Pipeline;

/** Columns of the wide table; three of five have a check. */
export const WIDE_COLUMNS = 100;
const names = Array.from({ length: WIDE_COLUMNS }, (_, i) => `c${i}`);

const wide = definePipeline({
  name: 'wide',
  owner: flights.owner,
  description: 'A hundred columns with sixty checks.',
  row: z.object(
    Object.fromEntries(
      names.map((name, i) => {
        if (i % 5 === 0) return [name, z.int().min(0)];
        if (i % 5 === 1) return [name, z.number().max(1e9)];
        if (i % 5 === 2) return [name, z.string().regex(/^[a-z]+[0-9]*$/)];
        return [name, i % 5 === 3 ? z.iso.date() : z.string()];
      }),
    ),
  ),
  sources: (source) => [source.files({ prefix: 'bench/', format: format.csv() })],
  checks: () => [check.rowCount({ min: 1 })],
  gate: { rejected: { atMost: 1 } },
  sinks: () => [sink.lake({ table: 'wide', write: 'append' })],
  sla: flights.sla,
}) as unknown as Pipeline;

export const benchPipelines = { csv: from('csv'), jsonl: from('jsonl'), parquet: from('parquet'), wide };
