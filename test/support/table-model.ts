/** A table as plain lists of rows, version by version: what it must hold after each thing that was done to it. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pipeline } from '../../core/pipeline.ts';
import { planOf } from '../../core/plan/plan.ts';
import type { DeltaField, DeltaType } from '../../core/row.ts';
import { decimal, definePipeline, format, sink, sql, z } from '../../core/vocabulary.ts';
import { runObject } from '../../runtime/local/run.ts';
import type { LocalWorld } from '../../runtime/local/world.ts';
import type { Snapshot } from '../../runtime/ports.ts';
import { below, chance, pick, type Random } from '../simulation/random.ts';
import type { Neighbour, Row } from './deltalake.ts';

export interface Version {
  /** Rows by the content that brought them; those of the neighbour are under a name of their own. */
  readonly rows: ReadonlyMap<string, readonly Row[]>;
  readonly columns: readonly DeltaField[];
  readonly partitionBy: readonly string[];
  /** Contents of whose rows the neighbour wrote the files anew: nobody knows any more which of them are whose. */
  readonly adrift: ReadonlySet<string>;
  /** Whether a vacuum came after it was the newest: it may be gone. */
  fragile: boolean;
}

/** What there is to play with. */
export interface Game {
  readonly world: LocalWorld;
  readonly uri: string;
  readonly folder: string;
  readonly random: Random;
  readonly neighbour: Neighbour;
  readonly versions: Version[];
  /** What each content holds, one row a line. */
  readonly contents: Map<string, readonly Row[]>;
  /** The content of each run. */
  readonly runs: Map<string, string>;
  /** Which columns and partitions the definition has now. */
  stage: number;
  partitionBy: readonly string[];
  nextId: number;
  pass(days: number): void;
}

/** The columns of the definition: from one stage to another some come, grow or go. */
export const stages: readonly Readonly<Record<string, z.ZodType>>[] = (() => {
  const first = {
    id: z.int(),
    name: z.string().describe('Its name'),
    kind: z.enum(['a', 'b']),
    price: decimal(12, 2).nullable(),
  };
  const { price: _gone, ...cheap } = first;
  const place = { city: z.string(), floor: z.int().nullable() };
  const note = z.string().optional();
  const wide = z.object({ ...place, zip: z.string().optional() }).optional();
  const more = { tags: z.array(z.string()).optional(), at: z.iso.datetime({ offset: true }).optional() };
  return [
    first,
    { ...first, note },
    { ...first, note, place: z.object(place).optional() },
    { ...first, note: note.meta({ pii: true }), place: wide },
    { ...cheap, note, place: wide },
    { ...more, ...cheap, place: wide },
  ];
})();

type Write = 'append' | 'replace' | 'upsert';

/** The name of a row that takes its key's row out of the table. */
export const GONE = 'gone';

function definition({ stage, partitionBy }: Game, write: Write): Pipeline {
  return definePipeline({
    name: 'things',
    owner: 'test',
    description: `Things, as in stage ${stage}.`,
    row: z.object(stages[stage]!),
    sources: (source) => [source.files({ prefix: 'things/', format: format.jsonl() })],
    gate: { rejected: { atMost: 0 } },
    sinks: (o) => {
      const column = (name: string) => (o as Record<string, never>)[name]!;
      const table = { table: 'things', partitionBy: partitionBy.map(column) };
      return write === 'upsert'
        ? [sink.lake({ ...table, write, key: [column('id')], deleteWhen: sql`${column('name')} = ${GONE}` })]
        : [sink.lake({ ...table, write })];
    },
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;
}

export const newest = ({ versions }: Game): Version => versions.at(-1)!;

/** Every row with every column of the table. */
export const rowsOf = ({ rows, columns }: Version): Row[] =>
  [...rows.values()].flat().map((row) => full(row, columns));

const full = (row: Row, columns: readonly DeltaField[]): Row =>
  Object.fromEntries(
    columns.map(({ name, type }) => {
      const value = row[name] ?? null;
      const isStruct = typeof type === 'object' && type.type === 'struct' && value !== null;
      return [name, isStruct ? full(value as Row, type.fields) : value];
    }),
  );

export function newContent(game: Game): string {
  const rows = Array.from({ length: 1 + below(game.random, 4) }, (): Row => {
    const id = game.nextId++;
    const all: Row = {
      id,
      name: `n${id}`,
      kind: pick(game.random, ['a', 'b']),
      price: chance(game.random, 0.3) ? null : id + 0.5,
      note: `it's ${id}`,
      place: { city: 'Köln', floor: id % 2 ? id : null, zip: String(id) },
      tags: ['x', `t${id}`],
      at: `2026-01-02T03:04:05.${String(id).padStart(6, '0')}Z`,
    };
    const left = new Set(['note', 'place', 'tags', 'at'].filter(() => chance(game.random, 0.3)));
    return Object.fromEntries(Object.entries(all).filter(([name]) => !left.has(name)));
  });
  const name = `things-${game.nextId}.jsonl`;
  game.contents.set(name, rows);
  return name;
}

/** The rows of a content as the definition of a stage takes them: it knows no other fields. */
export const taken = (game: Game, content: string): Row[] =>
  game.contents.get(content)!.map((row) => known(row, planOf(definition(game, 'append')).table));

const known = (row: Row, columns: readonly DeltaField[]): Row =>
  Object.fromEntries(
    columns.map(({ name, type }) => {
      const value = row[name] ?? null;
      const isStruct = typeof type === 'object' && type.type === 'struct' && value !== null;
      return [name, isStruct ? known(value as Row, type.fields) : value];
    }),
  );

export async function load(game: Game, content: string, write: Write, again = false) {
  const uri = join(game.folder, content);
  await writeFile(
    uri,
    game.contents
      .get(content)!
      .map((row) => `${JSON.stringify(row)}\n`)
      .join(''),
  );
  const record = await runObject(game.world, definition(game, write), { uri, again, retryDelays: 0 });
  game.runs.set(record.run, content);
  return record;
}

export const snapshotOf = async ({ world, uri }: Game): Promise<Snapshot> =>
  (await world.tables.snapshot(uri))!;

/** The columns after a commit of the definition: merged with those of the table, if that has files. */
export async function columnsAfter(game: Game, isWhole: boolean): Promise<readonly DeltaField[]> {
  const wanted = planOf(definition(game, 'append')).table;
  return isWhole ? wanted : merged(newest(game).columns, wanted);
}

const merged = (table: readonly DeltaField[], wanted: readonly DeltaField[]): readonly DeltaField[] => {
  const names = new Set(table.map(({ name }) => name));
  const kept = table.map((there) => {
    const field = wanted.find(({ name }) => name === there.name);
    return field === undefined
      ? there
      : { ...field, nullable: there.nullable || field.nullable, type: mergedType(there.type, field.type) };
  });
  return [...kept, ...wanted.filter(({ name }) => !names.has(name))];
};

const mergedType = (table: DeltaType, wanted: DeltaType): DeltaType =>
  typeof table === 'object' &&
  table.type === 'struct' &&
  typeof wanted === 'object' &&
  wanted.type === 'struct'
    ? { type: 'struct', fields: merged(table.fields, wanted.fields) }
    : wanted;

export const appends = async (game: Game, content: string, again: boolean): Promise<string | undefined> => {
  const { rows, partitionBy, adrift } = newest(game);
  const isEmpty = (await snapshotOf(game)).files.length === 0;
  const columns = await columnsAfter(game, isEmpty);
  const { status, error } = await load(game, content, 'append', again);
  if (status !== 'published') return error?.message ?? status;
  const others = [...rows].filter(([one]) => one !== content);
  game.versions.push({
    rows: new Map([...others, [content, taken(game, content)]]),
    columns,
    partitionBy: isEmpty ? game.partitionBy : partitionBy,
    adrift,
    fragile: false,
  });
  return undefined;
};
