/** Airports of the United States: a table that keeps one row for each, its latest state, across deliveries. */

import { check, definePipeline, format, sink, z } from '../core/vocabulary.ts';

export const airports = definePipeline({
  name: 'airports',
  owner: 'network@example.com',
  description: 'Airports: one row per IATA code, as it was delivered last.',

  row: z.object({
    iata: z
      .string()
      .regex(/^[0-9A-Z]{3,4}$/)
      .describe('Code of the International Air Transport Association'),
    name: z.string().min(1),
    city: z.string().nullable(),
    state: z.string().nullable(),
    country: z.string().min(1),
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
  }),

  sources: (source) => [
    source.files({
      prefix: 'airports/',
      match: 'airports*.csv',
      format: format.csv(),
      decode: { city: { nulls: ['NA'] }, state: { nulls: ['NA'] } },
    }),
  ],

  checks: () => [check.rowCount({ min: 1 })],
  gate: { rejected: { atMost: 0.01 } },

  sinks: (o) => [sink.lake({ table: 'airports', write: 'upsert', key: [o.iata] })],
  sla: { latency: '10 minutes', freshness: '30 days' },
});
