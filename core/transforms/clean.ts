/** Step `clean`: brings texts to one way of writing: white space, case, Unicode form, texts that mean null. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import { known } from '../layer.ts';
import { nullableOf, type Column } from '../row.ts';
import { defOf, partsOf } from '../schema.ts';
import type { Shape } from '../shape.ts';
import { literal, literals, quote } from '../sql.ts';
import { WHITE_SPACE } from '../white-space.ts';
import { retyped } from './retyped.ts';
import { selected } from './selected.ts';
import type { Step } from './step.ts';

const cleaningSchema = z.strictObject({
  /** Each run of white space becomes one space. */
  collapse: z.boolean().optional(),
  /** White space at both ends goes. */
  trim: z.boolean().optional(),
  /** The case of its letters, letter by letter. */
  case: z.enum(['lower', 'upper']).optional(),
  /** Characters that are written in several ways become one: the composed form, NFC. */
  compose: z.boolean().optional(),
  /** Texts that mean null, looked for last. */
  nulls: z.array(z.string()).min(1).readonly().optional(),
});

export type Cleaning = Readonly<z.input<typeof cleaningSchema>>;

/** Columns that hold any text: a list of texts or a date would no longer be what its type says. */
type TextColumns<S extends Shape> = {
  [K in keyof S & string]: S[K] extends z.ZodISODate | z.ZodISODateTime | z.ZodISOTime
    ? never
    : string extends NonNullable<z.output<S[K]>>
      ? K
      : never;
}[keyof S & string];

export type Cleanings<S extends Shape> = { readonly [K in TextColumns<S>]?: Cleaning };

type CleanText<Z extends z.ZodType, C> = C extends { readonly nulls: readonly string[] }
  ? z.ZodNullable<z.ZodString>
  : null extends z.output<Z>
    ? z.ZodNullable<z.ZodString>
    : undefined extends z.output<Z>
      ? z.ZodNullable<z.ZodString>
      : z.ZodString;
export type Cleaned<S extends Shape, C> = {
  readonly [K in keyof S]: K extends keyof C ? CleanText<S[K], C[K]> : S[K];
};

/** @throws DefinitionError for an option that there is not, or a column that holds something else than any text. */
export function clean(given: Readonly<Record<string, Cleaning | undefined>>): Step {
  const cleanings = new Map(
    Object.entries(given).flatMap(([name, cleaning]) => {
      if (cleaning === undefined) return [];
      const parsed = cleaningSchema.safeParse(cleaning);
      if (parsed.success) return [[name, parsed.data] as const];
      throw new DefinitionError(`clean(), ${name}: ${z.prettifyError(parsed.error)}`);
    }),
  );
  const typeOf = (name: string, schema: z.ZodType): z.ZodType => {
    const cleaning = cleanings.get(name);
    if (cleaning === undefined) return schema;
    const { type, format } = defOf(partsOf(schema, `clean(), ${name}`).base);
    if (type !== 'string' || ['date', 'datetime', 'time'].includes(format ?? '')) {
      throw new DefinitionError(
        `clean(): ${name} does not hold any text; its values would no longer be of their type.`,
      );
    }
    return cleaning.nulls !== undefined || nullableOf(schema) ? z.string().nullable() : z.string();
  };
  return Object.freeze({
    word: 'clean',
    options: { columns: given },
    says: `clean ${[...cleanings.keys()].join(', ')}`,
    setwise: false,
    makes: [...cleanings.keys()],
    leaves: (shape) =>
      Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, typeOf(name, schema)])),
    apply(below, where) {
      known({ columns: [...cleanings.keys()] }, below.columns, `${where}, clean()`);
      return selected(
        below,
        below.columns.map((column: Column) => {
          const cleaning = cleanings.get(column.name);
          const value = quote(column.name);
          if (cleaning === undefined) return { column, sql: value };
          const made = retyped(column, typeOf(column.name, column.schema), `${where}, clean()`);
          return { column: made, sql: cleaned(value, cleaning) };
        }),
      );
    },
  } satisfies Step);
}

const ANY_WHITE = literal(
  `[${[...WHITE_SPACE].map((c) => `\\x{${c.codePointAt(0)!.toString(16)}}`).join('')}]+`,
);

function cleaned(value: string, { compose, collapse, trim, case: to, nulls }: Cleaning): string {
  let made = value;
  if (compose === true) made = `nfc_normalize(${made})`;
  if (collapse === true) made = `regexp_replace(${made}, ${ANY_WHITE}, ' ', 'g')`;
  if (trim === true) made = `trim(${made}, ${literal(WHITE_SPACE)})`;
  if (to !== undefined) made = `${to}(${made})`;
  return nulls === undefined ? made : `CASE WHEN ${made} NOT IN ${literals(nulls)} THEN ${made} END`;
}
