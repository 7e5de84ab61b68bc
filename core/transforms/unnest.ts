/** Step `unnest`: one row of each element of a list; the other columns of the record are repeated. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import { known, LIVE, type Layer } from '../layer.ts';
import { reasonSql } from '../plan/reason.ts';
import { columnsOf, nullableOf, type Column } from '../row.ts';
import { holdsPersonal, partsOf } from '../schema.ts';
import type { Shape } from '../shape.ts';
import { quote } from '../sql.ts';
import { elementValues } from './element-values.ts';
import { selected } from './selected.ts';
import type { Step } from './step.ts';

/** What becomes of a record whose list has no element, or is null. */
export type Empty = 'filter' | 'reject' | 'keep';

type Bare<Z> =
  Z extends z.ZodOptional<infer I>
    ? Bare<I>
    : Z extends z.ZodNullable<infer I>
      ? Bare<I>
      : Z extends z.ZodDefault<infer I>
        ? Bare<I>
        : Z extends z.ZodReadonly<infer I>
          ? Bare<I>
          : Z;
/** The type of a list's elements. */
export type Element<Z> = Bare<Z> extends z.ZodArray<infer E extends z.ZodType> ? E : never;
type Fields<E> = Bare<E> extends z.ZodObject<infer F> ? F : never;

/** The columns that hold a list. */
export type Lists<S extends Shape> = {
  [K in keyof S & string]: [Element<S[K]>] extends [never] ? never : K;
}[keyof S & string];

export type Unnested<E> = {
  /** The name of a column for the element's number in its list, from 1. */
  readonly position?: string;
  /** Default: `filter`. */
  readonly empty?: Empty;
} & (
  | {
      /** The name of the column that holds the element. */
      readonly as: string;
      readonly take?: never;
    }
  | {
      /** Fields of the elements, by the names that their columns get. */
      readonly take: Readonly<Record<string, [Fields<E>] extends [never] ? never : keyof Fields<E> & string>>;
      readonly as?: never;
    }
);

type Or<Z, N> = Z extends z.ZodType ? (N extends true ? z.ZodNullable<Z> : Z) : never;
type Kept<O> = O extends { readonly empty: infer M } ? ('keep' extends M ? true : false) : false;
type Nullish<Z> = null extends z.output<Z> ? true : undefined extends z.output<Z> ? true : false;
/** The columns that elements make. */
export type Made<E extends z.ZodType, O> = (O extends { readonly as: infer A extends string }
  ? { readonly [K in A]: Or<E, Kept<O>> }
  : unknown) &
  (O extends { readonly take: infer T }
    ? {
        readonly [K in keyof T]: T[K] extends keyof Fields<E>
          ? Or<Fields<E>[T[K]], Kept<O> extends true ? true : Nullish<E>>
          : never;
      }
    : unknown) &
  (O extends { readonly position: infer P extends string }
    ? { readonly [K in P]: Or<z.ZodInt, Kept<O>> }
    : unknown);

const optionsSchema = z.strictObject({
  as: z.string().optional(),
  take: z.record(z.string(), z.string()).optional(),
  position: z.string().optional(),
  empty: z.enum(['filter', 'reject', 'keep']).default('filter'),
});
type Options = z.output<typeof optionsSchema>;

/**
 * A record is accepted, rejected or filtered as a whole, whatever becomes of each of its rows.
 * @throws DefinitionError for an option that there is not, or names that are given twice.
 */
export function unnest(list: string, given: unknown): Step {
  const place = `unnest(${list})`;
  const parsed = optionsSchema.safeParse(given);
  if (!parsed.success) throw new DefinitionError(`${place}: ${z.prettifyError(parsed.error)}`);
  const options = parsed.data;
  const { as, take, position, empty } = options;
  const names = as === undefined ? Object.keys(take ?? {}) : [as];
  if (names.length === 0 || (as !== undefined && take !== undefined)) {
    throw new DefinitionError(
      `${place} needs \`as\`, the name of a column for its elements, or \`take\`, fields of them by their new names: { take: { sku: 'sku' } }.`,
    );
  }
  if (position !== undefined && names.includes(position))
    throw new DefinitionError(`${place}: two columns would be named ${position}; give each its own name.`);
  const makes = [...names, ...(position === undefined ? [] : [position])];
  const others = <T>(all: readonly T[], nameOf: (one: T) => string): T[] =>
    all.filter((one) => nameOf(one) !== list && !makes.includes(nameOf(one)));
  const value = quote(list);
  const hasNone = `coalesce(len(${value}), 0) = 0`;
  return Object.freeze({
    word: 'unnest',
    options: { list, ...options },
    says: `unnest ${list} to ${makes.join(', ')} (an empty one: ${empty})`,
    setwise: false,
    makes,
    unnests: {
      list,
      judge(below, where) {
        typesOf(schemaOf(below.columns, list, `${where}, ${place}`), options, `${where}, ${place}`);
        return judged(below, list, hasNone, empty);
      },
      size: empty === 'keep' ? `greatest(coalesce(len(${value}), 0), 1)` : `len(${value})`,
    },
    leaves(shape: Shape) {
      const columns = Object.entries(shape).map(([name, schema]) => ({ name, schema }));
      const types = typesOf(schemaOf(columns, list, place), options, place);
      const kept = others(Object.entries(shape), ([name]) => name);
      return { ...Object.fromEntries(kept), ...types };
    },
    apply(below, where) {
      const at = `${where}, ${place}`;
      const types = typesOf(schemaOf(below.columns, list, at), options, at);
      const isPersonal = personal(
        below.columns.find(({ name }) => name === list)!,
        at,
      );
      const columns = columnsOf(types, at).map((column) => ({
        ...column,
        pii: column.name !== position && (column.pii || isPersonal),
      }));
      const values = elementValues(
        exploded(below, value, hasNone, options),
        columns.map((column) => ({ column, sql: sourceOf(column.name, options) })),
        at,
      );
      const kept = others(below.columns, ({ name }) => name);
      const layer = selected(
        { columns: below.columns, sql: values.sql },
        [...kept.map((column) => ({ column, sql: quote(column.name) })), ...values.made],
        values.replace,
      );
      return {
        columns: layer.columns,
        sql: `SELECT * EXCLUDE (${['"_element"', ...values.hidden, ...(position === undefined ? [] : ['"_place"'])].join(', ')})\nFROM (${layer.sql})`,
      };
    },
  } satisfies Step);
}

/** @throws DefinitionError for a column that is not there. */
function schemaOf(columns: readonly Pick<Column, 'name' | 'schema'>[], list: string, where: string) {
  known({ columns: [list] }, columns, where);
  return columns.find(({ name }) => name === list)!.schema;
}

/** @throws DefinitionError for a column that holds no list. */
function elementOf(schema: z.ZodType, where: string): z.ZodType {
  const { def } = partsOf(schema, where);
  if (def.type === 'array') return def['element'] as z.ZodType;
  throw new DefinitionError(`${where}: the column holds no list; only a z.array() has elements.`);
}

/** The types of the columns that elements make. @throws DefinitionError for a field that they do not have. */
function typesOf(schema: z.ZodType, { as, take, position, empty }: Options, where: string): Shape {
  const element = elementOf(schema, where);
  const keeps = empty === 'keep';
  const number = position === undefined ? {} : { [position]: keeps ? z.int().nullable() : z.int() };
  if (as !== undefined) return { [as]: keeps ? element.nullable() : element, ...number };
  const { def } = partsOf(element, `${where}[]`);
  if (def.type !== 'object')
    throw new DefinitionError(
      `${where}: its elements are no objects with fields to take; write \`as\` with a name.`,
    );
  const fields = def['shape'] as Shape;
  known(
    { columns: Object.values(take!) },
    Object.keys(fields).map((name) => ({ name })),
    `${where}, take`,
  );
  const isNullable = keeps || nullableOf(element);
  const taken = Object.entries(take!).map(([name, field]) => {
    const type = fields[field]!;
    return [name, isNullable ? type.nullable() : type];
  });
  return { ...Object.fromEntries(taken), ...number };
}

function personal(list: Column, where: string): boolean {
  const isSaid = [list.schema, elementOf(list.schema, where)].some((schema) => partsOf(schema, where).pii);
  // Else it is because of fields, which say so themselves, or because of what the list was made of.
  return isSaid || (list.pii && !holdsPersonal(list.schema, where));
}

/** Where the value of a column is found, once the list is taken apart. */
function sourceOf(name: string, { take, position }: Options): string {
  if (name === position) return '"_place"';
  const field = take?.[name];
  return field === undefined ? '"_element"' : `"_element".${quote(field)}`;
}

function judged(below: Layer, list: string, hasNone: string, empty: Empty): Layer {
  if (empty === 'keep') return below;
  const none = reasonSql(list, 'too_small', 'expected a list with at least 1 item, found none');
  const mark =
    empty === 'filter'
      ? `"_filtered" OR (${LIVE} AND ${hasNone}) AS "_filtered"`
      : `CASE WHEN ${LIVE} AND ${hasNone} THEN [${none}] ELSE "_reasons" END AS "_reasons"`;
  return { columns: below.columns, sql: `SELECT * REPLACE (${mark})\nFROM (${below.sql})` };
}

/** Each element beside what its record has, with its number if that is asked for. */
function exploded(
  { sql }: Layer,
  list: string,
  hasNone: string,
  { empty, position }: Pick<Options, 'empty' | 'position'>,
): string {
  const each = (made: string): string =>
    empty === 'keep' ? `unnest(CASE WHEN ${hasNone} THEN [NULL] ELSE ${made} END)` : `unnest(${made})`;
  const number = position === undefined ? '' : `, ${each(`range(1, len(${list}) + 1)`)} AS "_place"`;
  return `SELECT *, ${each(list)} AS "_element"${number}\nFROM (SELECT * FROM (${sql}) WHERE ${LIVE})`;
}
