/** One case of `bench:memory`, in a process of its own: called with the case, a file, a folder and the engine's megabytes. */

import { definePipeline, format, sink, type Pipeline } from '../core/vocabulary.ts';
import { flights } from '../pipelines/flights.ts';
import { runObject } from '../runtime/local/run.ts';
import { localWorld } from '../runtime/local/world.ts';

export interface Spent {
  readonly records: number;
  readonly loaded: number;
  /** The work alone. */
  readonly seconds: number;
  /** The most memory that the process held. */
  readonly peakMb: number;
}

const made = (bucketMb: number | null): Pipeline =>
  definePipeline({
    name: 'bounded',
    owner: flights.owner,
    description: flights.description,
    row: flights.row,
    sources: (source) => [
      source.files({
        prefix: 'bench/',
        format: format.csv(),
        decode: { date: { pattern: 'YYYY-MM-DD HH:mm:ss', zone: 'UTC' } },
      }),
    ],
    transform: (rows) =>
      bucketMb === null
        ? rows
        : rows.latest((o) => ({
            per: [o['date']!, o['origin']!, o['destination']!, o['distance']!],
            by: o['delay']!,
          })),
    gate: { rejected: { atMost: 1 } },
    sinks: () => [sink.lake({ table: 'bounded', write: 'append' })],
    scale: { chunkMb: 32, ...(bucketMb === null ? {} : { bucketMb }) },
    sla: flights.sla,
  }) as unknown as Pipeline;

const cases = { plain: () => made(null), onePiece: () => made(10_240), buckets: () => made(64) };

export type MemoryCase = keyof typeof cases;

const [name, input, out, memoryMb] = process.argv.slice(2) as [MemoryCase, string, string, string];
const began = performance.now();
const world = localWorld({ out, memoryMb: Number(memoryMb) });
const { status, records, error } = await runObject(world, cases[name](), { uri: input });
if (status !== 'published') throw new Error(`The run ended as ${status}: ${error?.message}`);
const spent: Spent = {
  records: records.read ?? 0,
  loaded: records.loaded,
  seconds: (performance.now() - began) / 1000,
  peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
};
process.stdout.write(JSON.stringify(spent));
