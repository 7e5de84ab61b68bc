/** A zod schema taken apart: what it wraps, its checks, what it says of itself; refuses what cannot be run in a scan. */

import { z } from 'zod';
import { DefinitionError } from './errors.ts';

/** The part of a check's definition that is looked at here. */
export interface CheckDef {
  readonly check: string;
  readonly abort?: boolean;
  readonly when?: unknown;
  readonly error?: (issue: unknown) => unknown;
  readonly format?: string;
  readonly pattern?: RegExp;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly [key: string]: unknown;
}

/** The part of a schema's definition that is looked at here. */
export interface SchemaDef extends Partial<CheckDef> {
  readonly type: string;
  readonly coerce?: boolean;
  readonly innerType?: z.ZodType;
  readonly checks?: readonly {
    readonly _zod: { readonly def: CheckDef; check(payload: unknown): unknown };
  }[];
}

/** A schema without its wrappers. */
export interface Parts {
  /** The whole, as the definition gave it. */
  readonly schema: z.ZodType;
  /** What is left inside `.optional()`, `.nullable()`, `.default()` and `.readonly()`. */
  readonly base: z.ZodType;
  readonly def: SchemaDef;
  /** Checks of the base, in order; without `describe` and `meta`. */
  readonly checks: readonly CheckDef[];
  /** Whether a wrapper has checks of its own (`.nullable().refine(…)`), which see null and undefined too. */
  readonly wrapperChecks: boolean;
  /** Whether a null in a format that has no "missing" counts as undefined: `.optional()` or `.default()`. */
  readonly undefinable: boolean;
  readonly description: string | undefined;
  readonly pii: boolean;
}

export const defOf = (schema: z.ZodType): SchemaDef => schema._zod.def as unknown as SchemaDef;

/** @throws DefinitionError for every feature of zod that does not work on a column, saying what to write instead. */
export function partsOf(schema: z.ZodType, where: string): Parts {
  let base = schema;
  let description: string | undefined;
  let pii = false;
  let undefinable = false;
  let wrapperChecks = false;
  for (;;) {
    const def = defOf(base);
    const meta = z.globalRegistry.get(base) as { description?: string; pii?: boolean } | undefined;
    description ??= meta?.description;
    pii ||= meta?.pii === true;
    refuse(base, where);
    if (!wrappers.has(def.type)) break;
    undefinable ||= def.type === 'optional' || def.type === 'default';
    wrapperChecks ||= ownChecks(def).length > 0;
    base = def.innerType!;
  }
  const def = defOf(base);
  return { schema, base, def, checks: ownChecks(def), wrapperChecks, undefinable, description, pii };
}

/** Whether the values of a schema are personal, or some inside of them. */
export function holdsPersonal(schema: z.ZodType, where: string): boolean {
  const { def, pii } = partsOf(schema, where);
  if (pii) return true;
  if (def.type === 'array') return holdsPersonal(def['element'] as z.ZodType, where);
  if (def.type !== 'object') return false;
  return Object.values(def['shape'] as z.core.$ZodShape).some((field) =>
    holdsPersonal(field as z.ZodType, where),
  );
}

const wrappers: ReadonlySet<string> = new Set(['optional', 'nullable', 'default', 'readonly']);

const ownChecks = (def: SchemaDef): readonly CheckDef[] =>
  (def.checks ?? [])
    .map((check) => check._zod.def)
    .filter(({ check }) => check !== 'describe' && check !== 'meta');

/** Kinds of schema that no column can have, and what to write instead. */
const instead: Readonly<Record<string, string>> = {
  any: 'give the type: z.string(), z.int(), …',
  catch:
    'leave .catch() out: a wrong value is rejected with its reason; for a missing one there is .default()',
  custom: 'start from a type and refine it: z.string().refine(…)',
  date: 'write z.iso.datetime() or z.iso.date()',
  intersection: 'write one z.object({ … })',
  lazy: 'a column has one fixed shape; write it out',
  map: 'write z.array(z.object({ key: …, value: … }))',
  nonoptional: 'leave .optional() out instead',
  pipe: 'a row says what values are: use `decode` for how text is read, and derive() for a value made of others',
  prefault: 'write .default()',
  record: 'write z.array(z.object({ key: …, value: … }))',
  set: 'write z.array(…)',
  transform: 'use derive() for a value made of others',
  tuple: 'write z.object({ … })',
  union: 'give the column one type (z.enum() for one of several texts, .nullable() for a null)',
  unknown: 'give the type: z.string(), z.int(), …',
};

function refuse(schema: z.ZodType, where: string): void {
  const def = defOf(schema);
  if (def.coerce === true) {
    throw new DefinitionError(
      `${where}: z.coerce does not work on a column; leave it out, and use \`decode\` for how text is read.`,
    );
  }
  if (schema._zod.traits.has('$ZodExactOptional')) {
    throw new DefinitionError(`${where}: .exactOptional() does not work on a column; write .optional().`);
  }
  refuseStateful(def, where);
  if (def.type in instead) {
    throw new DefinitionError(`${where}: "${def.type}" does not work on a column; ${instead[def.type]}.`);
  }
  refuseChecks(def.checks ?? [], where);
}

/** @throws DefinitionError for a check that changes the value or is asynchronous. */
export function refuseChecks(checks: NonNullable<SchemaDef['checks']>, where: string): void {
  for (const { _zod } of checks) {
    refuseStateful(_zod.def, where);
    if (_zod.def.check === 'overwrite') {
      throw new DefinitionError(
        `${where}: .trim(), .toLowerCase() and other overwrites change the value; use \`decode\` with \`trim\`, ` +
          'or derive() for a changed copy.',
      );
    }
    if (_zod.def.check === 'custom' && isAsync(_zod)) {
      throw new DefinitionError(
        `${where}: an async refinement cannot run inside a scan; make it synchronous.`,
      );
    }
  }
}

/** Of these flags zod resets the state in `.regex()`, and not in `z.stringFormat()`: its verdict hangs on the record before. */
function refuseStateful({ fn, pattern }: Partial<CheckDef>, where: string): void {
  if (fn === undefined || pattern === undefined || !/[gy]/.test(pattern.flags)) return;
  throw new DefinitionError(
    `${where}: ${String(pattern)} goes on where it stopped at the value before; leave the flags g and y out.`,
  );
}

/** An async function gives a promise whatever it is called with; another may throw here, which says nothing. */
function isAsync(check: { check(payload: unknown): unknown }): boolean {
  try {
    const given = check.check({ value: undefined, issues: [] });
    if (given instanceof Promise) {
      given.catch(() => undefined);
      return true;
    }
  } catch {
    // Said above.
  }
  return false;
}
