/** The function of a `map` as the engine calls it: a JSON list of texts in, a list of texts or of findings out. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import type { Column } from '../row.ts';
import { partsOf } from '../schema.ts';
import type { Shape } from '../shape.ts';
import { nameOfThrown, saidBy } from '../said-by.ts';
import { quote } from '../sql.ts';
import { typeOf } from '../types/index.ts';
import type { ZodFinding } from '../types/type.ts';
import { judge, marks } from '../zod-call.ts';

/** A function of a definition, from the columns that it reads to those that it adds. */
export type Work = (row: Readonly<Record<string, unknown>>) => unknown;

/** The text of a value that the function sees, as SQL. */
export function shownSql({ name, schema }: Column): string {
  const type = typeOf(partsOf(schema, name), name);
  const value = quote(name);
  if (type.nested !== undefined) return `to_json(${value})::VARCHAR`;
  return `(${type.shown(type.internal === undefined ? value : `CAST(${value} AS ${type.internal})`)})::VARCHAR`;
}

/** @throws DefinitionError for a column whose values JavaScript cannot hold. */
export function calling(reads: readonly Column[], adds: Shape, work: Work): (text: string) => string {
  const readers = reads.map(readerOf);
  const schema = z.object(adds);
  const names = Object.keys(adds);
  const writers = names.map((name) => writerOf(adds[name]!, name));
  const whose = `the function of map(${names.join(', ')})`;
  return (text) => {
    let value: unknown;
    try {
      const texts = JSON.parse(text) as (string | null)[];
      value = work(Object.fromEntries(readers.map(({ name, read }, i) => [name, read(texts[i]!)])));
      if (isPromise(value)) return failed(`${whose} to be synchronous`, 'gave a promise');
    } catch (error) {
      const what = `${whose} to work on this row`;
      return failed(what, `threw: ${saidBy(error)}`, `threw ${nameOfThrown(error)}`);
    }
    const judged = judge(schema, value);
    if (!judged.ok) return refused(judged.findings.map((finding) => inColumn(finding, names)));
    const row = judged.value as Readonly<Record<string, unknown>>;
    const written = names.map((name, i) => writers[i]!(row[name]));
    const bad = written.flatMap((one, i) =>
      typeof one === 'string' || one === null
        ? []
        : one.map((finding) => ({ column: names[i]!, code: finding.code, message: finding.message })),
    );
    return bad.length > 0 ? refused(bad) : `=${JSON.stringify(written)}`;
  };
}

function readerOf({ name, schema, sql }: Column): { name: string; read(text: string | null): unknown } {
  const parts = partsOf(schema, name);
  const type = typeOf(parts, name);
  if (type.inexact?.(parts) === true) {
    throw new DefinitionError(
      `map(): ${name} has more digits than JavaScript holds; derive a text or a smaller number of it for the function.`,
    );
  }
  const none = schema.safeParse(null).success ? null : undefined;
  return {
    name,
    read(text) {
      if (text === null) return none;
      const value = type.seen(text, parts);
      const isPast =
        type.nested === undefined
          ? sql === 'BIGINT' && typeof value === 'number' && !Number.isSafeInteger(value)
          : sql.includes('BIGINT') && hasPast(text);
      if (isPast) throw new RangeError(`${name} is past the whole numbers that JavaScript holds`);
      return value;
    },
  };
}

/** In the engine's JSON whole numbers alone have neither a point nor an exponent. */
function hasPast(json: string): boolean {
  if (!/\d{16}/.test(json)) return false;
  let found = false;
  JSON.parse(json, (_key, part: unknown, context?: { readonly source?: string }) => {
    if (typeof part === 'number') found ||= !Number.isSafeInteger(part) && /^-?\d+$/.test(context!.source!);
    return part;
  });
  return found;
}

/** A number in a decimal column is written without an exponent, with all its decimals. */
function writerOf(schema: z.ZodType, name: string) {
  const parts = partsOf(schema, name);
  const type = typeOf(parts, name);
  const [, scale] = /^DECIMAL\(\d+,(\d+)\)$/.exec(type.held(parts, name).sql) ?? [];
  return (value: unknown): string | null | readonly ZodFinding[] => {
    if (value === null || value === undefined) return null;
    if (type.write !== undefined) return type.write(value);
    if (scale !== undefined) return (value as number).toFixed(Number(scale));
    return Object.is(value, -0) ? '-0' : String(value);
  };
}

interface Finding {
  readonly column: string | null;
  readonly code: string;
  readonly message: string;
  /** The message without words that may hold values. */
  readonly bare?: string;
}

const refused = (found: readonly Finding[]): string =>
  marks.aborted +
  JSON.stringify(
    found.map((one) => ({ ...one, bare: one.bare ?? one.message })),
    (_key, part: unknown) => (typeof part === 'string' ? part.toWellFormed() : part),
  );

function inColumn(
  { path: [first = '', ...rest], code, message }: ZodFinding,
  names: readonly string[],
): Finding {
  const column = names.includes(first) ? first : null;
  return { column, code, message: rest.length === 0 ? message : `at ${rest.join('.')}: ${message}` };
}

/**
 * Whether a value is a promise. What one comes to is lost, here and inside of the value; if it fails, nobody must be told of
 * it: that would end the process.
 */
function isPromise(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const part of [value, ...Object.values(value)])
    if (part instanceof Promise) part.catch(() => undefined);
  return value instanceof Promise;
}

function failed(expected: string, found: string, bare = found): string {
  const says = (it: string): string => `expected ${expected}, it ${it}`;
  return refused([{ column: null, code: 'expression', message: says(found), bare: says(bare) }]);
}
