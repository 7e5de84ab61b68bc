/** Step `over`: adds columns made by functions over other rows: sums so far, the row before, ranks. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import { known } from '../layer.ts';
import type { Derived } from '../shape.ts';
import { quote } from '../sql.ts';
import { someColumns } from './some-columns.ts';
import type { Step } from './step.ts';
import { typesOf, windowExpressions, withWindows } from './windows.ts';

const rows = z.int().min(0);
const frameSchema = z.union([
  /** All rows of the group up to this one. */
  z.literal('running'),
  /** All rows of the group. */
  z.literal('all'),
  /** So many rows before this one and after it. */
  z.strictObject({ before: rows, after: rows }),
]);
export type Frame = z.input<typeof frameSchema>;

export interface Over {
  readonly per: readonly string[];
  /** What the rows of a group are sorted by, nulls last, equal ones in record order. Default: record order. */
  readonly by: string | undefined;
  readonly descending: boolean;
  readonly frame: Frame;
  readonly columns: Readonly<Record<string, Derived>>;
}

/** @throws DefinitionError for a frame that there is not. */
export function over({ per, by, descending, frame, columns }: Over): Step {
  if (!frameSchema.safeParse(frame).success) {
    throw new DefinitionError(
      `over(): the frame ${JSON.stringify(frame)} is none; write "running", "all" or { before: 6, after: 0 }.`,
    );
  }
  someColumns(columns, 'over');
  const sorted = by === undefined ? [] : [`${quote(by)}${descending ? ' DESC' : ''} NULLS LAST`];
  const windows = {
    per,
    columns,
    order: (text: string) => (RANKS.test(text) ? sorted : [...sorted, '"_n"']),
    frame: (text: string) => (RANKS.test(text) ? '' : frameSql(frame)),
  };
  return Object.freeze({
    word: 'over',
    options: { per, by: by ?? null, descending, frame, columns },
    says: `over ${per.join(', ') || 'all rows'} by ${by ?? 'record'}: ${Object.keys(columns).join(', ')}`,
    setwise: true,
    ...(per.length > 0 ? { meets: per } : {}),
    makes: Object.keys(columns),
    leaves: (shape) => ({ ...shape, ...typesOf(columns) }),
    apply(below, where) {
      known({ columns: by === undefined ? per : [...per, by] }, below.columns, `${where}, over()`);
      return withWindows(below, windows, `${where}, over()`);
    },
    expressions: (before) => windowExpressions('over', columns, before),
  } satisfies Step);
}

/** Functions that ask which rows are equal: record order would leave none equal, and they look at whole groups. */
const RANKS = /^\s*(rank|dense_rank|rank_dense|percent_rank|cume_dist)\s*\(/i;

function frameSql(frame: Frame): string {
  if (frame === 'running') return 'ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW';
  if (frame === 'all') return 'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING';
  return `ROWS BETWEEN ${frame.before} PRECEDING AND ${frame.after} FOLLOWING`;
}
