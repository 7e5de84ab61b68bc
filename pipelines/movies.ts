/** Movies, their box office and ratings, as collected in 2010 from several places: known to be dirty. */

import { check, definePipeline, format, sink, z } from '../core/vocabulary.ts';

const dollars = z.int().min(0).nullable();

export const movies = definePipeline({
  name: 'movies',
  owner: 'catalogue@example.com',
  description: 'Movies with what they cost, earned and were thought of: one row per movie.',

  row: z.object({
    title: z.string().min(1),
    us_gross: dollars.describe('US dollars'),
    worldwide_gross: dollars.describe('US dollars'),
    us_dvd_sales: dollars.describe('US dollars'),
    production_budget: dollars.describe('US dollars'),
    // Years were written with two digits once: Gone with the Wind came out in 1939, not in 2039.
    release_date: z.iso.date().refine((day) => day < '2012-01-01', { error: 'expected a day before 2012' }),
    rating: z.enum(['G', 'PG', 'PG-13', 'R', 'NC-17', 'Not Rated', 'Open']).nullable(),
    minutes: z.int().min(1).max(600).nullable(),
    distributor: z.string().min(1).nullable(),
    source: z.string().min(1).nullable(),
    genre: z.string().min(1).nullable(),
    creative_type: z.string().min(1).nullable(),
    director: z.string().min(1).nullable(),
    rotten_tomatoes: z.int().min(0).max(100).nullable().describe('Per cent of reviews that are positive'),
    imdb_rating: z.number().min(0).max(10).nullable(),
    imdb_votes: z.int().min(0).nullable(),
  }),

  sources: (source) => [
    source.files({
      prefix: 'movies/',
      match: 'movies*.json',
      format: format.json(),
      decode: {
        title: 'Title',
        us_gross: 'US Gross',
        worldwide_gross: 'Worldwide Gross',
        us_dvd_sales: 'US DVD Sales',
        production_budget: 'Production Budget',
        release_date: { from: 'Release Date', pattern: 'MMM DD YYYY' },
        rating: 'MPAA Rating',
        minutes: 'Running Time min',
        distributor: 'Distributor',
        source: 'Source',
        genre: 'Major Genre',
        creative_type: 'Creative Type',
        director: 'Director',
        rotten_tomatoes: 'Rotten Tomatoes Rating',
        imdb_rating: 'IMDB Rating',
        imdb_votes: 'IMDB Votes',
      },
    }),
  ],

  checks: (o) => [
    check.unique(o.title, o.release_date),
    check.completeness(o.imdb_rating, { atLeast: 0.9 }),
    check.rowCount({ min: 1000 }),
  ],

  gate: { rejected: { atMost: 0.05 } },
  sinks: () => [sink.lake({ table: 'movies', write: 'append', metadata: ['_file', '_record'] })],
  sla: { latency: '10 minutes', freshness: '30 days', errorRate: 0.05 },
});
