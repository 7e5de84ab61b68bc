/** What can be done to the table of a game, and what the model has then. Whatever commits to a table can be added. */

import { UsageError } from '../../core/errors.ts';
import { decodePath } from '../../runtime/delta/paths.ts';
import { ANY_RUN, runsOfFile } from '../../runtime/layout.ts';
import { compactTable } from '../../runtime/table/compact.ts';
import { restoreTable } from '../../runtime/table/restore.ts';
import { vacuumTable } from '../../runtime/table/vacuum.ts';
import { below, chance, pick } from '../simulation/random.ts';
import type { Row } from './deltalake.ts';
import {
  appends,
  columnsAfter,
  GONE,
  load,
  newContent,
  newest,
  rowsOf,
  snapshotOf,
  stages,
  taken,
  type Game,
  type Version,
} from './table-model.ts';

/** Does something to the table, and says what. */
type Operation = (game: Game) => Promise<string>;

/** Each is played twice as often as its weight says. */
export const operations: Readonly<Record<string, { readonly weight: number; readonly play: Operation }>> = {
  append: {
    weight: 7,
    async play(game) {
      const content = newContent(game);
      const refused = await appends(game, content, false);
      if (refused !== undefined) throw new Error(`An append of ${content} ended with: ${refused}`);
      return `append ${content} in stage ${game.stage}`;
    },
  },
  evolve: {
    weight: 3,
    async play(game) {
      game.stage = below(game.random, stages.length);
      return `evolve: ${await operations['append']!.play(game)}`;
    },
  },
  replace: {
    weight: 1,
    async play(game) {
      const content = newContent(game);
      game.stage = below(game.random, stages.length);
      game.partitionBy = chance(game.random, 0.5) ? ['kind'] : [];
      const { status, error } = await load(game, content, 'replace');
      if (status !== 'published') throw new Error(`A replace ended with: ${error?.message ?? status}`);
      game.versions.push({
        rows: new Map([[content, taken(game, content)]]),
        columns: await columnsAfter(game, true),
        partitionBy: game.partitionBy,
        adrift: new Set(),
        fragile: false,
      });
      return `replace by ${content}, partitioned by ${game.partitionBy.join()}`;
    },
  },
  supersede: {
    weight: 3,
    async play(game) {
      const { adrift } = newest(game);
      const some = [...game.contents.keys()].filter((content) => !adrift.has(content));
      if (some.length === 0) return 'supersede nothing';
      const content = pick(game.random, some);
      const refused = await appends(game, content, true);
      const mayBe = /a compaction put them into|an upsert put rows of many runs/;
      if (refused !== undefined && !mayBe.test(refused)) throw new Error(refused);
      return `supersede ${content}${refused === undefined ? '' : ', refused'}`;
    },
  },
  upsert: {
    weight: 5,
    async play(game) {
      const { rows, partitionBy, adrift } = newest(game);
      const isEmpty = (await snapshotOf(game)).files.length === 0;
      const content = newContent(game);
      const known = rowsOf(newest(game)).filter(() => chance(game.random, 0.3));
      const changed = known.map((row): Row => ({
        ...row,
        name: pick(game.random, [GONE, 'changed', String(row['name'])]),
        kind: pick(game.random, ['a', 'b']),
      }));
      game.contents.set(content, [...game.contents.get(content)!, ...changed.map(asReceived)]);
      const columns = await columnsAfter(game, isEmpty);
      const { status, error } = await load(game, content, 'upsert');
      if (status !== 'published')
        throw new Error(`An upsert of ${content} ended with: ${error?.message ?? status}`);
      const arrived = new Map(taken(game, content).map((row) => [row['id'], row]));
      // Columns that the definition does not know stay as they are.
      const met = [...rows].map(([name, some]) => {
        const left = some.filter((row) => arrived.get(row['id'])?.['name'] !== GONE);
        return [name, left.map((row) => ({ ...row, ...arrived.get(row['id']) }))] as const;
      });
      const there = new Set([...rows.values()].flat().map((row) => row['id']));
      const fresh = [...arrived.values()].filter((row) => !there.has(row['id']) && row['name'] !== GONE);
      // It meets its own rows: whoever took it anew as an append would not find them.
      game.contents.delete(content);
      game.versions.push({
        rows: new Map([...met, [content, fresh]]),
        columns,
        partitionBy: isEmpty ? game.partitionBy : partitionBy,
        adrift,
        fragile: false,
      });
      return `upsert ${content}: ${fresh.length} new, ${changed.length} known`;
    },
  },
  compact: {
    weight: 3,
    async play(game) {
      const { after } = await compactTable(game.world, game.uri);
      if (after.length > 0) game.versions.push({ ...newest(game), fragile: false });
      return `compact into ${after.length}`;
    },
  },
  restore: {
    weight: 2,
    async play(game) {
      const to = below(game.random, game.versions.length);
      const then = game.versions[to]!;
      try {
        const { isNew } = await restoreTable(game.world, game.uri, to);
        if (isNew) game.versions.push({ ...then, fragile: false });
        game.partitionBy = then.partitionBy;
        return `restore ${to}`;
      } catch (error) {
        if (!(error instanceof UsageError) || !then.fragile || !error.message.includes('is gone'))
          throw error;
        return `restore ${to}, which is gone`;
      }
    },
  },
  vacuum: {
    weight: 1,
    async play(game) {
      game.pass(8);
      const removed = await Array.fromAsync(
        vacuumTable(game.world, game.uri, { retainMs: 0, dryRun: false }),
      );
      for (const version of game.versions.slice(0, -1)) version.fragile = true;
      return `vacuum of ${removed.length}`;
    },
  },
  'append of the neighbour': {
    weight: 2,
    async play(game) {
      const row = { id: game.nextId++, name: 'theirs', kind: pick(game.random, ['a', 'b']) };
      await neighbourDoes(
        game,
        { append: [row] },
        new Map([...newest(game).rows, [`theirs ${row.id}`, [row]]]),
      );
      return `append of the neighbour: ${row.id}`;
    },
  },
  'delete of the neighbour': {
    weight: 2,
    async play(game) {
      const all = rowsOf(newest(game)).map((row) => Number(row['id']));
      if (all.length === 0) return 'delete of the neighbour: nothing';
      const id = pick(game.random, all);
      const rows = [...newest(game).rows].map(
        ([name, some]) => [name, some.filter((row) => row['id'] !== id)] as const,
      );
      await neighbourDoes(game, { delete: `id = ${id}` }, new Map(rows));
      return `delete of the neighbour: ${id}`;
    },
  },
  'optimize of the neighbour': {
    weight: 1,
    async play(game) {
      await neighbourDoes(game, { optimize: true }, newest(game).rows);
      return 'optimize of the neighbour';
    },
  },
};

/** As a definition takes it: of what may be missing no nulls, and what may be null never missing. */
const asReceived = (row: Row): Row => {
  const entries = Object.entries({ price: null, ...row }).map(([name, value]) => [
    name,
    name === 'place' && value !== null ? asReceived(value as Row) : value,
  ]);
  const mayBeNull = new Set(['price', 'floor']);
  return Object.fromEntries(entries.filter(([name, value]) => value !== null || mayBeNull.has(String(name))));
};

/** What the neighbour does; the version is new if it made one. */
async function neighbourDoes(game: Game, request: object, rows: Version['rows']): Promise<void> {
  const before = await snapshotOf(game);
  await game.neighbour.ask(game.uri, { ...request, rows: false });
  const after = await snapshotOf(game);
  if (after.version === before.version) return;
  const left = new Set(after.files.map(({ path }) => decodePath(path)));
  const runs = before.files
    .filter(({ path }) => !left.has(decodePath(path)))
    .flatMap(({ path, tags }) => runsOfFile(decodePath(path), tags));
  // A file that an upsert wrote may have had rows of every content.
  const touched = runs.includes(ANY_RUN)
    ? game.contents.keys()
    : runs.flatMap((run) => game.runs.get(run) ?? []);
  const { columns, partitionBy, adrift } = newest(game);
  game.versions.push({
    rows,
    columns,
    partitionBy,
    adrift: new Set([...adrift, ...touched]),
    fragile: false,
  });
}
