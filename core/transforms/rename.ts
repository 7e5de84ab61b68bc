/** Step `rename`: gives columns other names; their values, types and marks stay. */

import type { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import { known } from '../layer.ts';
import type { Shape } from '../shape.ts';
import { quote } from '../sql.ts';
import { selected } from './selected.ts';
import type { Step } from './step.ts';

/** New names by the old ones. */
export type Names<S extends Shape> = { readonly [K in keyof S & string]?: string };
export type Renamed<S extends Shape, N> = {
  readonly [K in keyof S as K extends keyof N ? N[K] & string : K]: S[K];
};

/** @throws DefinitionError if two columns would have one name. */
export function rename(names: Readonly<Record<string, string | undefined>>): Step {
  const renamed = new Map(Object.entries(names).flatMap(([old, name]) => (name ? [[old, name]] : [])));
  const nameOf = (old: string): string => renamed.get(old) ?? old;
  return Object.freeze({
    word: 'rename',
    options: { names },
    says: `rename ${[...renamed].map(([old, name]) => `${old} to ${name}`).join(', ')}`,
    setwise: false,
    makes: [...renamed.values()],
    leaves(shape) {
      const left: Record<string, z.ZodType> = {};
      for (const [old, type] of Object.entries(shape)) {
        const name = nameOf(old);
        if (name in left)
          throw new DefinitionError(`rename(): two columns would be named ${name}; give each its own name.`);
        left[name] = type;
      }
      return left;
    },
    apply(below, where) {
      known({ columns: [...renamed.keys()] }, below.columns, `${where}, rename()`);
      const columns = below.columns.map((column) => ({ ...column, name: nameOf(column.name) }));
      return selected(
        below,
        columns.map((column, i) => ({ column, sql: quote(below.columns[i]!.name) })),
      );
    },
  } satisfies Step);
}
