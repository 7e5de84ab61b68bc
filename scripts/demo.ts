/**
 * The demonstration: real data sets through the whole way on this machine, a duplicate, a file that the quality gate
 * holds, a table that is updated and set back, and at the end a count made without Sluice. Ends with exit code 1 if any of it is not as it should be.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { styleText } from 'node:util';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { literal } from '../core/sql.ts';
import { dataSets, writeFlights } from './flights-data.ts';
import { liveFiles } from './live-files.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, 'out', 'demo');
const data = join(out, 'data');
const files = {
  flights: join(data, 'flights.csv'),
  birdStrikes: join(data, 'birdstrikes.csv'),
  movies: join(data, 'movies.json'),
  brokenMovies: join(data, 'movies-broken.json'),
  airports: join(data, 'airports.csv'),
  newerAirports: join(data, 'airports-newer.csv'),
};
const PUBLISHED = 0;
const HELD = 2;

const began = performance.now();
const wrong: string[] = [];
const count = (n: number): string => n.toLocaleString('en-US');
const shown = (path: string): string => relative(root, path);

title(
  'The data: flights (3 million records, CSV), bird strikes (CSV), movies (JSON, known to be dirty),\n   airports (CSV)',
);
for (const folder of ['lake', 'quarantine', 'reports', 'ledger', 'work']) {
  rmSync(join(out, folder), { recursive: true, force: true });
}
mkdirSync(data, { recursive: true });
await writeFlights(files.flights);
copyFileSync(`${dataSets}birdstrikes.csv`, files.birdStrikes);
copyFileSync(`${dataSets}movies.json`, files.movies);
copyFileSync(`${dataSets}airports.csv`, files.airports);
say(`in ${shown(data)}/`);

title('1. Each through its pipeline: trusted rows to the table, bad records to quarantine with every reason');
sluice(['run', 'flights', files.flights], PUBLISHED);
sluice(['run', 'bird-strikes', files.birdStrikes], PUBLISHED);
sluice(['run', 'movies', files.movies], PUBLISHED);

const instance = await DuckDBInstance.create(':memory:');
const engine = await instance.connect();
const before = await stateOf('movies');

title('2. The same file once more: its content is known, nothing is loaded twice');
sluice(['run', 'movies', files.movies], PUBLISHED);

title('3. Upstream changes its export: every third title becomes {"en": "…"}. The gate holds the run');
breakTitles();
sluice(['run', 'movies', files.brokenMovies], HELD);
const after = await stateOf('movies');
say(`table movies before: version ${before.version}, ${count(before.rows)} rows`);
say(`table movies now:    version ${after.version}, ${count(after.rows)} rows`);
expect(
  before.version === after.version && before.rows === after.rows && before.content === after.content,
  'the table is as it was',
);

title('4. A table that keeps one row per airport. The next delivery brings changes, and one too many');
sluice(['run', 'airports', files.airports], PUBLISHED);
const airports = await stateOf('airports');
const changed = renameAirports();
sluice(['run', 'airports', files.newerAirports], PUBLISHED);
const newer = await stateOf('airports');
const { n: renamed } = await one(
  `SELECT count(*) AS n FROM ${parquet(liveFiles(join(out, 'lake', 'airports')).files)} WHERE name LIKE '% (renamed)'`,
);
expect(
  Number(renamed) === changed,
  `${count(changed)} airports have their new names, counted in the table's files`,
);
expect(newer.rows === airports.rows + 1, `${count(airports.rows)} airports are ${count(newer.rows)} now`);
say('It was a mistake? The version before is still there:');
sluice(['table', 'restore', '0', 'airports'], PUBLISHED);
const restored = await stateOf('airports');
expect(restored.content === airports.content, 'every row is as it was');

title('5. A count that does not trust any of it: DuckDB over the files, the tables and the quarantine');
await accountFor('flights', 'flights', files.flights);
await accountFor('bird-strikes', 'bird_strikes', files.birdStrikes);
await accountFor('movies', 'movies', files.movies);
const sums = 'sum(distance)::BIGINT AS distance, sum(delay)::BIGINT AS delay';
const source = await one(`SELECT ${sums} FROM read_csv(${literal(files.flights)})`);
const table = await one(`SELECT ${sums} FROM ${parquet(liveFiles(join(out, 'lake', 'flights')).files)}`);
expect(
  source.distance === table.distance && source.delay === table.delay,
  `flights: the sums of distance (${count(Number(table.distance))}) and delay (${count(Number(table.delay))}) agree too`,
);
engine.closeSync();
instance.closeSync();

title('Now you');
say('npx sluice help                                        a first pipeline in twenty lines');
say(
  'npx sluice plan movies                                 what the definition becomes, and which rule is checked where',
);
say(
  `npx sluice doctor --out ${shown(out)}                      do ledger, tables and quarantine tell the same?`,
);
say(`npx sluice run movies ${shown(files.brokenMovies)} --out ${shown(out)}   the held run again`);
say(
  `ls ${shown(out)}/lake/movies ${shown(out)}/reports/movies      Delta Lake, for any reader; a report for each run`,
);
process.stdout.write(`\n${((performance.now() - began) / 1000).toFixed(1)} s in all\n`);
if (wrong.length > 0) {
  process.stderr.write(`\nNot as it should be:\n${wrong.map((what) => `  ${what}\n`).join('')}`);
  process.exitCode = 1;
}

/** One call of the command line, as a person makes it. */
function sluice(args: readonly string[], expected: number): void {
  const spoken = args.map((arg) => (arg.startsWith(root) ? shown(arg) : arg)).join(' ');
  process.stdout.write(
    `\n${styleText('dim', `$ npx sluice ${spoken} --out ${shown(out)}`, { stream: process.stdout })}\n`,
  );
  const { status } = spawnSync(process.execPath, [join(root, 'bin', 'sluice.ts'), ...args, '--out', out], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== expected) wrong.push(`sluice ${spoken} ended with ${status}, expected ${expected}`);
}

/** The movies with the titles as an upstream that began to translate them would send them. */
function breakTitles(): void {
  const movies = JSON.parse(readFileSync(files.movies, 'utf8')) as Record<string, unknown>[];
  movies.forEach((movie, i) => {
    if (i % 3 === 0) movie.Title = { en: movie.Title };
  });
  writeFileSync(files.brokenMovies, JSON.stringify(movies));
}

/** A delivery in which every hundredth airport has a new name, one is new, and the others are as they were. */
function renameAirports(): number {
  const [header, ...lines] = readFileSync(files.airports, 'utf8').trimEnd().split('\n') as [
    string,
    ...string[],
  ];
  let changed = 0;
  const renamed = lines.map((line, i) => {
    const [code, name, ...rest] = line.split(',') as [string, string, ...string[]];
    // A name in quotes may hold a comma: those stay as they are.
    if (i % 100 !== 0 || name.startsWith('"')) return line;
    changed++;
    return [code, `${name} (renamed)`, ...rest].join(',');
  });
  const added = 'ZZZ,Cloud Nine,Nowhere,KS,USA,38.5,-98.5';
  writeFileSync(files.newerAirports, [header, ...renamed, added, ''].join('\n'));
  return changed;
}

async function stateOf(name: string): Promise<{ version: number | null; rows: number; content: string }> {
  const { version, files: live } = liveFiles(join(out, 'lake', name));
  if (live.length === 0) return { version, rows: 0, content: '' };
  const { n, content } = await one(
    `SELECT count(*) AS n, bit_xor(hash(t)) AS content FROM ${parquet(live)} t`,
  );
  return { version, rows: Number(n), content: String(content) };
}

/** Every record of a file is in the table or in quarantine: counted in the files themselves, not in any log or report. */
async function accountFor(pipeline: string, tableName: string, file: string): Promise<void> {
  const read = file.endsWith('.csv') ? 'read_csv' : 'read_json';
  const { n: received } = await one(`SELECT count(*) AS n FROM ${read}(${literal(file)})`);
  const { rows } = await stateOf(tableName);
  const rejects = liveFiles(join(out, 'quarantine', 'records')).files;
  const { n: rejected } =
    rejects.length === 0
      ? { n: 0 }
      : await one(
          `SELECT count(DISTINCT record) AS n FROM ${parquet(rejects)} WHERE object = ${literal(file)}`,
        );
  expect(
    Number(received) === rows + Number(rejected),
    `${pipeline}: ${count(Number(received))} records in ${shown(file)} = ${count(rows)} rows in the table + ` +
      `${count(Number(rejected))} records in quarantine`,
  );
}

async function one(sql: string, on: DuckDBConnection = engine): Promise<Record<string, unknown>> {
  return (await on.runAndReadAll(sql)).getRowObjectsJS()[0]!;
}

function parquet(paths: readonly string[]): string {
  return `read_parquet([${paths.map(literal).join(', ')}], union_by_name = true)`;
}

function expect(holds: boolean, what: string): void {
  say(
    `${holds ? styleText('green', '✓', { stream: process.stdout }) : styleText('red', '✗', { stream: process.stdout })} ${what}`,
  );
  if (!holds) wrong.push(what);
}

function title(text: string): void {
  process.stdout.write(`\n${styleText('bold', text, { stream: process.stdout })}\n`);
}

function say(text: string): void {
  process.stdout.write(`  ${text}\n`);
}
