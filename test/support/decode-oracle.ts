/** What a row must become: the reference reads its texts, zod judges the values. */

import { z } from 'zod';
import type { DecodeOptions } from '../../core/decode-rule.ts';
import type { Column } from '../../core/row.ts';
import { quote } from '../../core/sql.ts';
import { meaningOf, type Received } from './meaning.ts';

export type ReceivedRow = readonly Received[];

export interface Verdict {
  /** `column:code` of every reason. */
  readonly issues: readonly string[];
  /** What zod made of each column that it accepted. */
  readonly values: Readonly<Record<string, unknown>>;
}

export function judgeRow(
  row: z.ZodObject,
  columns: readonly Column[],
  rules: Readonly<Record<string, DecodeOptions>>,
  received: ReceivedRow,
): Verdict {
  const issues: string[] = [];
  const given: Record<string, unknown> = {};
  const readable: Record<string, z.ZodType> = {};
  for (const [i, column] of columns.entries()) {
    const meaning = meaningOf(column, rules[column.name] ?? {}, received[i]!);
    if (meaning.is === 'fault') {
      issues.push(`${column.name}:${meaning.code}`);
      continue;
    }
    readable[column.name] = column.schema;
    if (meaning.is === 'null') given[column.name] = null;
    if (meaning.is === 'value') given[column.name] = meaning.value;
  }
  // A row with a field that is of no type is none for zod: it would not look at the row as a whole.
  const schema = issues.length === 0 ? row : z.object(readable);
  const said = safely(schema, given);
  if (said.success) return { issues, values: said.data as Record<string, unknown> };
  const more = said.error.issues.map(
    (issue) => `${issue.path[0] === undefined ? 'null' : String(issue.path[0])}:${issue.code}`,
  );
  const values: Record<string, unknown> = {};
  for (const [name, one] of Object.entries(readable)) {
    const alone = safely(z.object({ [name]: one }), name in given ? { [name]: given[name] } : {});
    if (alone.success) values[name] = (alone.data as Record<string, unknown>)[name];
  }
  return { issues: [...issues, ...more], values };
}

/** A check that throws is an issue of its column; the other columns are judged alone. */
interface Issue {
  readonly path: readonly PropertyKey[];
  readonly code: string;
}
type Said = { success: true; data: unknown } | { success: false; error: { issues: readonly Issue[] } };

function safely(schema: z.ZodObject, given: Record<string, unknown>): Said {
  try {
    return schema.safeParse(given);
  } catch {
    const issues = Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(
      ([name, one]): Issue[] => {
        try {
          return (
            z.object({ [name]: one }).safeParse(name in given ? { [name]: given[name] } : {}).error?.issues ??
            []
          );
        } catch {
          return [{ path: [name], code: 'custom' }];
        }
      },
    );
    return { success: false, error: { issues } };
  }
}

/** A value of a column as text, in SQL: the same for equal values. */
export function shownSql({ name, type }: Column): string {
  const column = quote(name);
  if (type === 'list' || type === 'struct') return `to_json(${column})::VARCHAR`;
  if (type === 'datetime') return `replace(timezone('UTC', ${column})::VARCHAR, ' ', 'T') || 'Z'`;
  return `${column}::VARCHAR`;
}

/** The same of a value of zod; a number as JavaScript writes it. */
export function tableText({ type, sql }: Column, value: unknown): string | null {
  if (value === undefined || value === null) return null;
  switch (type) {
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'decimal':
      return decimalText(value as number, sql);
    case 'datetime':
      return (value as string)
        .replace(/T(\d\d:\d\d)Z$/, 'T$1:00Z')
        .replace(/\.0+Z$/, 'Z')
        .replace(/(\.\d*?)0+Z$/, '$1Z');
    case 'list':
    case 'struct':
      return JSON.stringify(value);
    default:
      return String(value);
  }
}

/** As the engine writes a decimal: no zero before the point if all digits are behind it. */
function decimalText(value: number, type: string): string {
  const [precision, scale] = /\((\d+),(\d+)\)/.exec(type)!.slice(1).map(Number) as [number, number];
  const text = value.toFixed(scale).replace(/^-(0(?:\.0*)?)$/, '$1');
  return precision === scale ? text.replace(/^(-?)0\./, '$1.') : text;
}
