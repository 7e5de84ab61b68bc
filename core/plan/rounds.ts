/** The work on rows that meet each other, cut into rounds: in each of them the rows can be parted by the same columns. */

import type { Layer } from '../layer.ts';
import type { Column } from '../row.ts';
import type { Step } from '../transforms/step.ts';

/** One piece of the work on the rows of a run: a step, or a part of how they are judged. */
export interface Deed {
  /** The columns in which rows differ that do not meet in it; `record` where no row meets another, `run` where all meet. */
  readonly meets: readonly string[] | 'record' | 'run';
  /** The columns that it leaves with other values than it finds under their names; null for all of them. */
  readonly makes: readonly string[] | null;
  /** What it does, as a person says it. */
  readonly says: string;
  /** Columns of its own that deeds after it look at, and no row of the table has. */
  readonly marks?: readonly string[];
  readonly step?: Step;
  apply(below: Layer): Layer;
}

/** Deeds one after another, between which rows need not be parted anew. */
export interface Round {
  /** By which columns its rows are parted: none where no row meets another, null where all of them meet. */
  readonly by: readonly string[] | null;
  /** The columns of the rows that come to it. */
  readonly columns: readonly Column[];
  /** The marks that come with them. */
  readonly marks: readonly string[];
  readonly deeds: readonly Deed[];
}

/**
 * A round goes on for as long as rows that meet in a deed are equal in a column that they came with, and in which rows are
 * equal that met before. Where nobody meets anybody, a deed goes with the ones before it.
 */
export function roundsOf(columns: readonly Column[], deeds: readonly Deed[]): readonly Round[] {
  const rounds: Round[] = [];
  let layer: Layer = { sql: 'staged', columns };
  let begun = begin(layer);
  const marks: string[] = [];
  for (const deed of deeds) {
    let by = partedBy(begun, deed);
    if (by === undefined) {
      if (begun.deeds.length > 0) rounds.push(ended(begun));
      begun = begin(layer, marks);
      by = partedBy(begun, deed) ?? 'run';
    }
    layer = deed.apply(layer);
    marks.push(...(deed.marks ?? []));
    const { makes } = deed;
    const asCame = makes === null ? [] : begun.asCame.filter((name) => !makes.includes(name));
    begun = { ...begun, by, asCame, deeds: [...begun.deeds, deed] };
  }
  return Object.freeze([...rounds, ended(begun)]);
}

interface Begun extends Omit<Round, 'by'> {
  /** Everything is still possible, all rows meet, or the columns that are left. */
  readonly by: 'any' | 'run' | readonly string[];
  /** The columns that have the values with which rows came. */
  readonly asCame: readonly string[];
}

const begin = ({ columns }: Layer, marks: readonly string[] = []): Begun => ({
  by: 'any',
  columns,
  marks: [...marks],
  deeds: [],
  asCame: columns.map(({ name }) => name),
});

/** What parts the rows of a round with one deed more; undefined where it needs a round of its own. */
function partedBy({ by, asCame, deeds }: Begun, { meets }: Deed): Begun['by'] | undefined {
  if (meets === 'record') return by;
  if (meets === 'run') return by === 'run' || deeds.length === 0 ? 'run' : undefined;
  if (by === 'run') return undefined;
  const shared = meets.filter((name) => asCame.includes(name) && (by === 'any' || by.includes(name)));
  return shared.length > 0 ? shared : undefined;
}

const ended = ({ by, columns, marks, deeds }: Begun): Round =>
  Object.freeze({ by: by === 'run' ? null : by === 'any' ? [] : by, columns, marks, deeds });
