/** The engine's own reading of SQL that a definition gives, as a tree of nodes. */

import { DefinitionError, EngineError } from '../core/errors.ts';
import { literal } from '../core/sql.ts';
import type { Engine } from './engine.ts';

export interface Parsed {
  readonly statements: readonly unknown[];
}

/** @param text what of it the definition gave, for a message. */
export async function parse(engine: Engine, query: string, text: string, where: string): Promise<Parsed> {
  const [tree] = await engine
    .rows(`SELECT json_serialize_sql(${literal(query)})::VARCHAR AS tree`)
    .catch(refuse(text, where));
  const parsed = JSON.parse(String(tree!['tree'])) as Parsed & { error?: boolean; error_message?: string };
  if (parsed.error === true) throw new DefinitionError(`${where}: ${parsed.error_message}. In: ${text}`);
  return parsed;
}

/** Tells an error of the engine as one of the definition. */
export const refuse = (text: string, where: string) => (cause: unknown) => {
  if (!(cause instanceof EngineError)) throw cause;
  const [says] = cause.message.split('\n');
  throw new DefinitionError(`${where}: ${says} In: ${text}`, { cause });
};

export function nodesOf(value: unknown): Record<string, unknown>[] {
  if (Array.isArray(value)) return value.flatMap(nodesOf);
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(nodesOf);
  return 'class' in value ? [value as Record<string, unknown>, ...below] : below;
}

/** Whether a part of a query looks at some of its rows by chance: `USING SAMPLE`, `TABLESAMPLE`. */
export const isSampled = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (('sample' in value && value.sample !== null) || Object.values(value).some(isSampled));

export const functionsIn = (nodes: readonly Record<string, unknown>[]): string[] =>
  nodes.flatMap((node) => ('function_name' in node ? [String(node['function_name']).toLowerCase()] : []));

/** The names by which nodes refer to columns, in small letters, with those before and after it; `*` where they mean all. */
export const columnsIn = (nodes: readonly Record<string, unknown>[]): string[][] =>
  nodes.flatMap((node) => {
    if (node['class'] === 'STAR') return [['*']];
    if (node['class'] !== 'COLUMN_REF') return [];
    return [(node['column_names'] as string[]).map((name) => name.toLowerCase())];
  });
