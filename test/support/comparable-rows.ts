/** Rows as texts that are the same whoever read them: our query, and an independent reader. */

import { withQuery } from '../../runtime/query/query.ts';
import type { World } from '../../runtime/world.ts';
import type { Row } from './deltalake.ts';

/** What our query answers, each row as a text; the order of rows and columns tells nothing. */
export async function queriedRows(world: World, sql: string, asOf?: number): Promise<string[]> {
  let lines = '';
  await withQuery(world, sql, asOf === undefined ? {} : { asOf }, async (result) => {
    for await (const block of result.json()) lines += block;
  });
  const rows = lines.split('\n').filter((line) => line !== '');
  return sortedRows(rows.map((line) => JSON.parse(line, withAllDigits) as Row));
}

/** Rows of the independent reader in the same form. */
export const sortedRows = (rows: readonly Row[]): string[] =>
  rows.map((row) => JSON.stringify(plain(row))).sort();

/** Numbers stay the texts that they were: JavaScript would round them. */
const withAllDigits = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  typeof value === 'number' && context?.source !== undefined ? context.source : value;

const INSTANT = /^(\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+?)0*)?Z$/;
const NUMBER = /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i;

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null) {
    const inside = Object.entries(value).map(([name, one]) => [name, plain(one)] as const);
    return Object.fromEntries(inside.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  const text = String(value);
  if (NUMBER.test(text)) return number(text);
  const [, seconds, fraction = ''] = INSTANT.exec(text) ?? [];
  if (seconds !== undefined) return `${seconds}${/^0*$/.test(fraction) ? '' : `.${fraction}`}Z`;
  return value;
}

/** Zeros at the end say nothing, nor does the way in which a double is written. */
function number(text: string): string {
  if (/e/i.test(text)) return String(Number(text));
  const [whole = '', fraction = ''] = text.split('.');
  const rest = fraction.replace(/0+$/, '');
  return rest === '' ? whole.replace(/^-0$/, '0') : `${whole}.${rest}`;
}
