/** Fifty things done to one table by runs, commands and another writer: after each, all readers see what the model has. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { localWorld } from '../../../runtime/local/world.ts';
import { below, randomOf, type Random } from '../../simulation/random.ts';
import { queriedRows, sortedRows } from '../../support/comparable-rows.ts';
import { independentReader, type IndependentReader, type Neighbour } from '../../support/deltalake.ts';
import { sparkReader, type SparkReader } from '../../support/spark.ts';
import { newest, rowsOf, snapshotOf, type Game } from '../../support/table-model.ts';
import { operations } from '../../support/table-operations.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const SEED = 20261121;
const DAY = 24 * 60 * 60 * 1000;

let reader: IndependentReader;
let neighbour: Neighbour | undefined;
let spark: Promise<SparkReader | string> | undefined;
beforeAll(async () => {
  reader = await independentReader();
  if (reader.missing === undefined) neighbour = reader.open();
}, 300_000);
afterAll(async () => {
  neighbour?.close();
  const started = await spark;
  if (typeof started === 'object') started.close();
}, 300_000);

test(`fifty operations, seed ${SEED}`, { timeout: 300_000 }, async (context) => {
  if (neighbour === undefined) return context.skip(reader.missing ?? '');
  const folder = await temporaryFolder();
  // It starts slowly, so it does that while the operations are played.
  spark = sparkReader(folder);
  await mkdir(join(folder, 'in'));
  let now = Date.parse('2026-11-21T10:00:00Z');
  const world = localWorld({
    out: join(folder, 'out'),
    now: () => new Date((now += 1000)),
    threads: 2,
    memoryMb: 512,
  });
  const game: Game = {
    world,
    uri: world.layout.table('things'),
    folder: join(folder, 'in'),
    random: randomOf(SEED),
    neighbour,
    versions: [],
    contents: new Map(),
    runs: new Map(),
    stage: 0,
    partitionBy: ['kind'],
    nextId: 1,
    pass: (days) => void (now += days * DAY),
  };
  await operations['replace']!.play(game);
  const played: string[] = [];
  context.onTestFailed(() => console.error(`What was played:\n${played.join('\n')}`));
  for (const play of deckOf(game.random)) {
    played.push(await play(game));
    const version = newest(game);
    const snapshot = await snapshotOf(game);
    const theirs = await neighbour.ask(game.uri);
    const wanted = sortedRows(rowsOf(version));
    expect({
      versions: [snapshot.version, theirs.version],
      rows: [sortedRows(theirs.rows), await queriedRows(world, 'FROM things')],
      columns: [theirs.schema.fields, snapshot.schema.fields],
      partitions: [theirs.partitionColumns, snapshot.schema.partitionBy],
    }).toEqual({
      versions: [game.versions.length - 1, game.versions.length - 1],
      rows: [wanted, wanted],
      columns: [version.columns, version.columns],
      partitions: [version.partitionBy, version.partitionBy],
    });
  }
  // Each version that no vacuum touched is still to be had.
  const whole = game.versions.flatMap(({ fragile }, version) => (fragile ? [] : [version]));
  const { versions } = await neighbour.ask(game.uri, { versions: whole, rows: false });
  for (const version of whole) {
    expect(sortedRows(versions[version]!)).toEqual(sortedRows(rowsOf(game.versions[version]!)));
  }
  const second = await spark!;
  // Why it cannot be had stands in a line of its own; where it can, it must see the same.
  if (typeof second === 'string') return;
  const some = whole.filter((_, i) => i % Math.ceil(whole.length / 4) === 0 || i === whole.length - 1);
  const seen = await second.read(game.uri, some);
  for (const version of some) {
    const { rows, schema } = seen[version]!;
    const wanted = game.versions[version]!;
    expect({ version, rows: sortedRows(rows), types: typesOf(schema) }).toEqual({
      version,
      rows: sortedRows(rowsOf(wanted)),
      types: typesOf(wanted.columns),
    });
  }
});

/** Names and types of columns; whoever reads takes every column for one that may be null. */
const typesOf = (fields: unknown): unknown =>
  JSON.parse(
    JSON.stringify(fields, (name, value: unknown) =>
      ['nullable', 'containsNull', 'metadata'].includes(name) ? undefined : value,
    ),
  );

/** Every operation as often as it should be, in an order that the seed tells. */
function deckOf(random: Random): readonly (typeof operations)[string]['play'][] {
  const deck = Object.values(operations).flatMap(({ weight, play }) =>
    Array.from({ length: 2 * weight }, () => play),
  );
  expect(deck.length).toBeGreaterThanOrEqual(50);
  for (let i = deck.length - 1; i > 0; i--) {
    const j = below(random, i + 1);
    [deck[i], deck[j]] = [deck[j]!, deck[i]!];
  }
  return deck;
}
