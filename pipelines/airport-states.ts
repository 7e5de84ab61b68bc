/** States with their airports: made anew of the whole table of airports whenever that has a new version. */

import { check, definePipeline, int, sink, sql, z } from '../core/vocabulary.ts';
import { airports } from './airports.ts';

export const airportStates = definePipeline({
  name: 'airport-states',
  owner: 'network@example.com',
  description: 'States of the United States: one row per state, with the number of its airports.',

  row: z.object({ iata: z.string(), state: z.string().min(2).nullable() }),
  sources: (source) => [source.table(airports, { read: 'whole' })],

  transform: (rows) =>
    rows
      .where((o) => sql`${o.state} IS NOT NULL`)
      .aggregate((o) => ({ per: [o.state], columns: { airports: int(sql`count(*)`) } })),

  checks: () => [check.rowCount({ min: 1 })],
  gate: { rejected: { atMost: 0 } },

  sinks: () => [sink.lake({ table: 'airport_states', write: 'replace' })],
  sla: { latency: '10 minutes' },
});
