/** Checks on the row as a whole (`z.object({ … }).refine(…)`): zod, inside the scan, on rows whose columns let it. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import type { Column } from '../row.ts';
import { defOf, partsOf, refuseChecks } from '../schema.ts';
import { literal, quote } from '../sql.ts';
import { typeOf } from '../types/index.ts';
import { zodCall } from '../zod-call.ts';
import { inField } from './decode-checks.ts';
import type { Field } from './decode-field.ts';
import { found } from './faults.ts';

export interface RowJudging {
  /** Calls the function: NULL for a row that is fine. */
  readonly sql: string;
  /** The list of reasons in its answer, "_row". */
  readonly reasons: string;
  readonly call: { readonly name: string; call(text: string): string | null };
}

/** No column's function has this name: theirs go on with an underscore. */
const NAME = 'zodrow';

/** @throws DefinitionError for a check that cannot run inside a scan. */
export function rowJudging(
  row: z.ZodObject,
  columns: readonly Column[],
  fields: readonly Field[],
): RowJudging | null {
  const def = defOf(row);
  if (def['catchall'] !== undefined) {
    throw new DefinitionError(
      'The row is z.strictObject(), z.looseObject() or has a .catchall(); write z.object(): other fields are ignored and reported.',
    );
  }
  const checks = (def.checks ?? []).filter(({ _zod }) => !['describe', 'meta'].includes(_zod.def.check));
  if (checks.length === 0) return null;
  refuseChecks(checks, 'The row');
  if (checks.some(({ _zod }) => _zod.def.when !== undefined)) {
    throw new DefinitionError(
      'A check of the row has `when`; leave it out: it runs on rows whose columns have values.',
    );
  }
  const inexact = columns.find(({ name, schema }) => {
    const parts = partsOf(schema, name);
    return typeOf(parts, name).inexact?.(parts) === true;
  });
  if (inexact !== undefined) {
    throw new DefinitionError(
      `The row has a refinement, and ${inexact.name} has more digits than JavaScript holds; write the rule as a check.`,
    );
  }
  const names = new Set(columns.map(({ name }) => name));
  const call = zodCall({
    schema: z.any().check(...(checks as unknown as z.core.$ZodCheck<unknown>[])),
    read: (text) => ({ value: valueOf(text, columns, fields) }),
    write: undefined,
    finding(finding) {
      const [column = '', ...path] = finding.path;
      if (!names.has(column)) return { column: null, code: finding.code, message: inField(finding) };
      return { column, code: finding.code, message: inField({ ...finding, path }) };
    },
    remembered: 0,
  });
  const received = columns.map(({ name }, at) => `WHEN ${literal(name)} THEN ${fields[at]!.received}`);
  return {
    sql: `${quote(NAME)}(to_json([${fields.map((field) => `(${field.asText})::VARCHAR`).join(', ')}])::VARCHAR)`,
    reasons: `CASE WHEN "_row" IS NOT NULL THEN ${found('"_row"', (column) => `CASE ${column} ${received.join(' ')} END`)} END`,
    call: { name: NAME, call },
  };
}

/** The row as zod would have it after its columns. */
function valueOf(
  text: string,
  columns: readonly Column[],
  fields: readonly Field[],
): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [at, shown] of (JSON.parse(text) as string[]).entries()) {
    const value = fields[at]!.seen(shown);
    if (value !== undefined) row[columns[at]!.name] = value;
  }
  return row;
}
