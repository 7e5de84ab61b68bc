/** A zod object read as columns: what each holds, in zod, in the engine and in a table. */

import { z } from 'zod';
import type { DeltaField, DeltaType } from './delta-type.ts';
import { DefinitionError } from './errors.ts';
import { holdsPersonal, partsOf, type Parts } from './schema.ts';
import { typeOf } from './types/index.ts';
import type { ValueType } from './types/type.ts';
import { judge, type Judged } from './zod-call.ts';

export type { DeltaField, DeltaType };

/** One column of a row. */
export interface Column {
  readonly name: string;
  /** The kind of value, a name in the registry of types: `int`, `decimal`, … */
  readonly type: string;
  /** The engine's type, such as `DECIMAL(12,2)`. */
  readonly sql: string;
  readonly delta: DeltaType;
  /** Whether an accepted row may hold NULL here. */
  readonly nullable: boolean;
  readonly description: string | undefined;
  /** Personal data: masked in logs and reports. */
  readonly pii: boolean;
  /** The column's schema as the definition gave it. */
  readonly schema: z.ZodType;
}

/**
 * The columns of a row, in the order of its shape.
 * @param where what a message names first, such as `Pipeline "orders", row`.
 * @throws DefinitionError for whatever zod offers that no column can have; the message says what to write instead.
 */
export function columnsOf(shape: Readonly<Record<string, z.ZodType>>, where: string): readonly Column[] {
  const names = new Map<string, string>();
  return Object.freeze(
    Object.entries(shape).map(([name, schema]) => {
      const other = names.get(name.toLowerCase());
      if (other !== undefined) {
        throw new DefinitionError(
          `${where}: ${other} and ${name} differ in case only, which a table cannot tell; rename one.`,
        );
      }
      names.set(name.toLowerCase(), name);
      return columnOf(name, schema, `${where}, ${name}`);
    }),
  );
}

function columnOf(name: string, schema: z.ZodType, where: string): Column {
  const parts = partsOf(schema, where);
  const type = typeOf(parts, where);
  const { description } = parts;
  const held = type.held(parts, where);
  checkDefaults(parts, type, where);
  return Object.freeze({
    name,
    type: type.name,
    ...sqlAndDelta(held),
    nullable: nullableOf(schema),
    description,
    // The reasons of a list or an object show what is inside of it.
    pii: holdsPersonal(schema, where),
    schema,
  });
}

/** zod does not judge a default; what it fills in would be a row that breaks its own schema. */
function checkDefaults(parts: Parts, type: ValueType, where: string): void {
  for (const how of ['missing', 'null'] as const) {
    const [once, again] = [absent(parts.schema, how), absent(parts.schema, how)];
    if (!once.ok || once.value === undefined || once.value === null) continue;
    const judged = judge(parts.base, once.value);
    if (!judged.ok) {
      throw new DefinitionError(
        `${where}: its default does not pass its own schema: ${judged.findings[0]!.message}.`,
      );
    }
    const sql = type.literal(once.value, parts, where);
    if (again.ok && type.literal(again.value, parts, where) === sql) continue;
    throw new DefinitionError(
      `${where}: its default is not the same each time; give a value that never changes.`,
    );
  }
}

const sqlAndDelta = ({ sql, delta }: { sql: string; delta: DeltaType }) => ({ sql, delta });

/** Whether a value that passes the schema may be null or undefined. */
export const nullableOf = (schema: z.ZodType): boolean =>
  [absent(schema, 'missing'), absent(schema, 'null')].some(({ ok, value }) => ok && (value ?? null) === null);

/** Whether a record may lack the field. */
export const acceptsMissing = (column: Column): boolean => absent(column.schema, 'missing').ok;

/** What zod says of a field that is not there, or is null; the same for every record. */
export function absent(schema: z.ZodType, how: 'missing' | 'null'): Judged {
  const judged = judge(z.object({ field: schema }), how === 'missing' ? {} : { field: null }, true);
  if (judged.ok) return { ok: true, value: (judged.value as { field?: unknown }).field };
  return {
    ...judged,
    findings: judged.findings.map((finding) => ({ ...finding, path: finding.path.slice(1) })),
  };
}
