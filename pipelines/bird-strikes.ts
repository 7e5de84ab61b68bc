/** Collisions of aircraft with wildlife, as reported to the Federal Aviation Administration. */

import { check, definePipeline, format, sink, z } from '../core/vocabulary.ts';

const dollars = z.int().min(0);

export const birdStrikes = definePipeline({
  name: 'bird-strikes',
  owner: 'safety@example.com',
  description: 'Bird strikes on aircraft: one row per report, with the damage and what it cost.',

  row: z.object({
    airport: z.string().min(1),
    aircraft: z.string().min(1).describe('Make and model'),
    damage: z.enum(['None', 'Minor', 'Medium', 'Substantial', 'B', 'C']).describe('Effect: amount of damage'),
    flight_date: z.iso.date(),
    operator: z.string().min(1).describe('Airline or other operator'),
    origin_state: z.string().min(1),
    phase_of_flight: z.enum([
      'Parked',
      'Taxi',
      'Take-off run',
      'Climb',
      'Descent',
      'Approach',
      'Landing Roll',
    ]),
    wildlife_size: z.enum(['Small', 'Medium', 'Large']),
    wildlife_species: z.string().min(1),
    time_of_day: z.enum(['Dawn', 'Day', 'Dusk', 'Night']),
    cost_other: dollars,
    cost_repair: dollars,
    cost_total: dollars,
    speed: z.int().min(0).max(1000).nullable().describe('Indicated air speed in knots'),
  }),

  sources: (source) => [
    source.files({
      prefix: 'bird-strikes/',
      match: 'birdstrikes*.csv',
      format: format.csv(),
      decode: {
        airport: 'Airport Name',
        aircraft: 'Aircraft Make Model',
        damage: 'Effect Amount of damage',
        flight_date: 'Flight Date',
        operator: 'Aircraft Airline Operator',
        origin_state: 'Origin State',
        phase_of_flight: 'Phase of flight',
        wildlife_size: 'Wildlife Size',
        wildlife_species: 'Wildlife Species',
        time_of_day: 'Time of day',
        cost_other: 'Cost Other',
        cost_repair: 'Cost Repair',
        cost_total: 'Cost Total $',
        speed: 'Speed IAS in knots',
      },
    }),
  ],

  checks: (o) => [
    check.completeness(o.speed, { atLeast: 0.7, severity: 'warn' }),
    check.rowCount({ sigmas: 3, severity: 'warn' }),
  ],

  gate: { rejected: { atMost: 0.01 } },
  sinks: (o) => [sink.lake({ table: 'bird_strikes', write: 'append', partitionBy: [o.wildlife_size] })],
  sla: { latency: '10 minutes', freshness: '7 days' },
});
