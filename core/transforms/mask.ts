/** Step `mask`: puts a text in the place of personal values, from which they cannot be told, or only in part. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import { known, LIVE } from '../layer.ts';
import { nullableOf, type Column } from '../row.ts';
import type { Shape } from '../shape.ts';
import { literal, quote } from '../sql.ts';
import { retyped } from './retyped.ts';
import { selected } from './selected.ts';
import type { Step, StepFunction } from './step.ts';

const maskingSchema = z.discriminatedUnion('by', [
  /** HMAC-SHA-256 of the value's text, in 64 hexadecimal digits: equal for equal values, so that it can be joined. */
  z.strictObject({
    by: z.literal('hmac'),
    /** The name of the secret that holds the key. On a laptop: an environment variable. */
    secret: z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/, 'a name has letters, digits and underscores'),
  }),
  /** The same word for every value. */
  z.strictObject({ by: z.literal('redact') }),
  /** The first and last characters; a text that has fewer than twice as many is masked whole. */
  z.strictObject({
    by: z.literal('partial'),
    first: z.int().min(0).max(100).default(0),
    last: z.int().min(0).max(100).default(0),
  }),
]);

export type Masking = Readonly<z.input<typeof maskingSchema>>;
export type Maskings<S extends Shape> = { readonly [K in keyof S & string]?: Masking };
export type Masked<S extends Shape, M> = {
  readonly [K in keyof S]: K extends keyof M
    ? null extends z.output<S[K]>
      ? z.ZodNullable<z.ZodString>
      : undefined extends z.output<S[K]>
        ? z.ZodNullable<z.ZodString>
        : z.ZodString
    : S[K];
};

const REDACTED = '(redacted)';
const HIDDEN = '***';
const asWritten: ReadonlySet<string> = new Set(['VARCHAR', 'BIGINT', 'DATE']);

/** @throws DefinitionError for a way to mask that there is not, or that does not fit the column. */
export function mask(given: Readonly<Record<string, Masking | undefined>>): Step {
  const maskings = new Map(
    Object.entries(given).flatMap(([name, masking]) => {
      if (masking === undefined) return [];
      const parsed = maskingSchema.safeParse(masking);
      if (parsed.success) return [[name, parsed.data] as const];
      throw new DefinitionError(`mask(), ${name}: ${z.prettifyError(parsed.error)}`);
    }),
  );
  const secrets = new Set([...maskings.values()].flatMap((one) => (one.by === 'hmac' ? [one.secret] : [])));
  const typeOf = (name: string, schema: z.ZodType): z.ZodType =>
    !maskings.has(name) ? schema : nullableOf(schema) ? z.string().nullable() : z.string();
  return Object.freeze({
    word: 'mask',
    options: { columns: given },
    says: `mask ${[...maskings].map(([name, { by }]) => `${name} (${by})`).join(', ')}`,
    setwise: false,
    makes: [...maskings.keys()],
    functions: [...secrets].map(hmacFunction),
    leaves: (shape) =>
      Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, typeOf(name, schema)])),
    apply(below, where) {
      known({ columns: [...maskings.keys()] }, below.columns, `${where}, mask()`);
      return selected(
        below,
        below.columns.map((column) => {
          const masking = maskings.get(column.name);
          if (masking === undefined) return { column, sql: quote(column.name) };
          const made = retyped(column, typeOf(column.name, column.schema), `${where}, mask()`);
          return {
            column: { ...made, pii: column.pii && masking.by === 'partial' },
            sql: `CASE WHEN ${LIVE} THEN ${masked(column, masking, `${where}, mask()`)} END`,
          };
        }),
      );
    },
  } satisfies Step);
}

const functionName = (secret: string): string => `hmac_${secret}`;

const hmacFunction = (secret: string): StepFunction => ({
  name: functionName(secret),
  secrets: [secret],
  make(tools) {
    const key = tools.secret(secret);
    return (text) => tools.hmac(key, text);
  },
});

function masked(column: Column, masking: z.output<typeof maskingSchema>, where: string): string {
  const value = quote(column.name);
  if (masking.by === 'redact') return `CASE WHEN ${value} IS NOT NULL THEN ${literal(REDACTED)} END`;
  if (!asWritten.has(column.sql)) {
    throw new DefinitionError(
      `${where}: ${column.name} is masked as it is written, which only texts, whole numbers and dates are in one way; ` +
        'derive a text of it, or mask it by redact.',
    );
  }
  const text = `${value}::VARCHAR`;
  if (masking.by === 'hmac') return `${quote(functionName(masking.secret))}(${text})`;
  const { first, last } = masking;
  const shown = `left(${text}, ${first}) || ${literal(HIDDEN)} || right(${text}, ${last})`;
  return `CASE WHEN length(${text}) < ${2 * (first + last)} THEN ${literal(HIDDEN)} ELSE ${shown} END`;
}
