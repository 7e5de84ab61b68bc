/** Flights within the United States in the first half of 2001, as airlines reported them. */

import { check, definePipeline, format, sink, sql, flag, z } from '../core/vocabulary.ts';

const airport = z.string().regex(/^[A-Z]{3}$/);

export const flights = definePipeline({
  name: 'flights',
  owner: 'operations@example.com',
  description: 'Domestic flights of the United States: one row per flight, with its delay.',

  row: z.object({
    date: z.iso.datetime().describe('Scheduled departure, read as UTC: the source says no zone'),
    delay: z.int().min(-1440).max(2880).describe('Minutes late; negative when early'),
    distance: z.int().min(1).max(10_000).describe('Miles'),
    origin: airport.describe('IATA code of the airport of departure'),
    destination: airport.describe('IATA code of the airport of arrival'),
  }),

  sources: (source) => [
    source.files({
      prefix: 'flights/',
      match: 'flights*.csv',
      format: format.csv(),
      decode: { date: { pattern: 'YYYY-MM-DD HH:mm:ss', zone: 'UTC' } },
    }),
  ],

  transform: (rows) => rows.derive((o) => ({ late: flag(sql`${o.delay} >= 15`) })),

  checks: (o) => [
    check.between(o.delay, { min: -120, max: 1440, severity: 'warn' }),
    check.rowCount({ min: 1 }),
  ],

  gate: { rejected: { atMost: 0.01 } },
  sinks: () => [sink.lake({ table: 'flights', write: 'append' })],
  sla: { latency: '10 minutes', freshness: '1 day', errorRate: 0.01 },
});
