/** Real files of each format, cut to a few KB, with the pipelines that read them. */

import { readFile } from 'node:fs/promises';
import { decimal, definePipeline, format, sink, z, type Pipeline } from '../../core/vocabulary.ts';
import type { DecodeOptions } from '../../core/decode-rule.ts';

export type Text = 'csv' | 'jsonl' | 'json';

export interface FuzzFile {
  readonly name: string;
  readonly text: Text;
  /** For CSV. */
  readonly delimiter: string;
  readonly pipeline: Pipeline;
  readonly row: z.ZodObject;
  readonly rules: Readonly<Record<string, DecodeOptions>>;
  readonly content: Buffer;
}

const airport = z.object({
  iata: z.string().min(3).max(4),
  name: z.string().min(1),
  city: z.string(),
  state: z.string().regex(/^[A-Z]{2}$/),
  latitude: z.number().min(-90).max(90),
  longitude: z.number().nullable(),
});

const weather = z.object({
  date: z.iso.date(),
  precipitation: decimal(5, 1).min(0),
  temp_max: z.number(),
  temp_min: z.number().optional(),
  weather: z.enum(['drizzle', 'rain', 'sun', 'snow', 'fog']),
});

const rate = z.object({ id: z.int().min(1000), rate: z.number().nullable() });

const movie = z.object({
  title: z.string().min(1),
  us_gross: z.int().min(0).nullable(),
  day: z.iso.date(),
  rating: z.enum(['G', 'PG', 'PG-13', 'R', 'NC-17', 'Not Rated', 'Open']).nullable(),
  imdb: z.number().min(0).max(10).nullable(),
});

const car = z.object({
  Name: z.string().refine((name) => !name.includes('\ufffd')),
  Miles_per_Gallon: z.number().nullable(),
  Cylinders: z.int(),
  Weight_in_lbs: z.int().optional(),
  Year: z.iso.date(),
  Origin: z.enum(['USA', 'Europe', 'Japan']),
});

const push = z.object({ time: z.iso.datetime(), count: z.bigint().default(0n) });

const film = z.object({
  title: z.string(),
  money: z.object({ us: z.int().nullable(), worldwide: z.number().nullable() }),
  people: z.array(z.string()).min(1).optional(),
  score: decimal(4, 2).nullable(),
});

type Rules = Readonly<Record<string, DecodeOptions>>;

function fileOf(
  name: string,
  text: Text,
  row: z.ZodObject,
  content: string,
  { delimiter = ',', rules = {} }: { delimiter?: string; rules?: Rules } = {},
): FuzzFile {
  const formats = { csv: () => format.csv({ delimiter }), jsonl: format.jsonl, json: format.json };
  const pipeline = definePipeline({
    name: `fuzz-${name}`,
    owner: 'test',
    description: 'A real file that was damaged.',
    row,
    sources: (source) => [
      source.files({ prefix: 'x/', format: formats[text](), decode: rules as Record<string, never> }),
    ],
    gate: { rejected: { atMost: 1 } },
    sinks: () => [sink.lake({ table: 'fuzz', write: 'replace', metadata: ['_record'] })],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;
  return { name, text, delimiter, pipeline, row, rules, content: Buffer.from(content) };
}

export async function fuzzFiles(): Promise<readonly FuzzFile[]> {
  const read = (name: string) =>
    readFile(new URL(`../../node_modules/vega-datasets/data/${name}`, import.meta.url), 'utf8');
  const list = async (name: string, from: number, to: number) =>
    (JSON.parse(await read(name)) as object[]).slice(from, to);
  const [header, ...airports] = (await read('airports.csv')).split('\n');
  const quoted = airports.filter((line) => line.includes('"'));
  const lines = (text: string, count: number) => text.split('\n').slice(0, count).join('\n');
  const cars = (await list('cars.json', 0, 25)).map((one) => JSON.stringify(one));
  const movies = await list('movies.json', 100, 112);
  const films = (await list('movies.json', 200, 215)).map((one) => {
    const movie = one as Record<string, unknown>;
    return JSON.stringify({
      title: String(movie['Title']),
      money: { us: movie['US Gross'], worldwide: movie['Worldwide Gross'] },
      people: [movie['Director'], movie['Distributor']].filter((name) => name !== null),
      score: movie['IMDB Rating'],
    });
  });
  const decode = {
    title: { from: 'Title' },
    us_gross: { from: 'US Gross' },
    day: { from: 'Release Date', pattern: 'MMM DD YYYY' },
    rating: { from: 'MPAA Rating' },
    imdb: { from: 'IMDB Rating' },
  };
  return [
    fileOf('airports', 'csv', airport, [header, ...airports.slice(0, 25), ...quoted, ''].join('\n')),
    fileOf('weather', 'csv', weather, lines(await read('seattle-weather.csv'), 40).replaceAll('\n', '\r\n')),
    fileOf('rates', 'csv', rate, lines(await read('unemployment.tsv'), 80), { delimiter: '\t' }),
    fileOf('cars', 'jsonl', car, cars.join('\n')),
    fileOf('pushes', 'csv', push, lines(await read('github.csv'), 50), {
      rules: {
        time: { pattern: 'YYYY/MM/DD HH:mm:ss', zone: 'Europe/Berlin', trim: true },
        count: { thousands: '.', nulls: ['-', 'NaN'] },
      },
    }),
    fileOf('films', 'jsonl', film, films.join('\r\n')),
    fileOf('movies', 'json', movie, JSON.stringify(movies, null, 1), { rules: decode }),
  ];
}
