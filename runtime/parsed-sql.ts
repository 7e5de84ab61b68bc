/** What the SQL of a definition is made of, as the engine's own parser tells it. */

import { DefinitionError, EngineError } from '../core/errors.ts';
import { literal, type Sql } from '../core/sql.ts';
import type { Engine } from './engine.ts';

export interface Parsed {
  readonly statements: readonly unknown[];
}

type Node = Readonly<Record<string, unknown>>;
type Named = { readonly name: string };

/** @throws DefinitionError for what is no SQL, or none that only reads. */
export async function parse(engine: Engine, query: string, text: string, where: string): Promise<Parsed> {
  const [tree] = await engine
    .rows(`SELECT json_serialize_sql(${literal(query)})::VARCHAR AS tree`)
    .catch(refuse(text, where));
  const parsed = JSON.parse(String(tree!['tree'])) as Parsed & { error?: boolean; error_message?: string };
  if (parsed.error === true) throw new DefinitionError(`${where}: ${parsed.error_message}. In: ${text}`);
  return parsed;
}

/** What the engine says against a text of the definition, as the definition's fault. */
export const refuse = (text: string, where: string) => (cause: unknown) => {
  if (!(cause instanceof EngineError)) throw cause;
  const [says] = cause.message.split('\n');
  throw new DefinitionError(`${where}: ${says} In: ${text}`, { cause });
};

/** What SQL calls without parentheses: no column, and another value at each try. */
export const WORDS: ReadonlySet<string> = new Set([
  'current_date',
  'current_time',
  'current_timestamp',
  'localtime',
  'localtimestamp',
]);

/** All expressions, from the outermost on. */
export const nodesOf = (value: unknown): Node[] => objectsIn(value).filter((node) => 'class' in node);

function objectsIn(value: unknown): Node[] {
  if (typeof value !== 'object' || value === null) return [];
  const below = Object.values(value).flatMap(objectsIn);
  return Array.isArray(value) ? below : [value as Node, ...below];
}

/** The functions that are called, in small letters; also by a word alone, if no column has that name. */
export function functionsIn(nodes: readonly Node[], columns: readonly Named[]): string[] {
  const own = new Set(columns.map(({ name }) => name.toLowerCase()));
  return nodes.flatMap((node) => {
    const [word, ...more] = namesOf(node);
    if (word !== undefined) return more.length === 0 && WORDS.has(word) && !own.has(word) ? [word] : [];
    if (!('function_name' in node)) return [];
    const name = String(node['function_name']).toLowerCase();
    // Of one moment alone it is the time until today.
    return name === 'age' && (node['children'] as unknown[]).length === 1 ? [name, 'current_date'] : [name];
  });
}

/** Whether a part of a query looks at some of its rows by chance: `USING SAMPLE`, `TABLESAMPLE`. */
export const isSampled = (parsed: Parsed): boolean =>
  objectsIn(parsed).some((node) => (node['sample'] ?? null) !== null);

/** The first personal column of which an expression takes something without being given it as a column. */
export function personalBesides(
  nodes: readonly Node[],
  sql: Sql,
  columns: readonly (Named & { readonly pii: boolean })[],
): string | undefined {
  const own = new Set(columns.map(({ name }) => name.toLowerCase()));
  const parameters = nodes.flatMap(({ class: of, lhs }) => (of === 'LAMBDA' ? nodesOf(lhs).flatMap(namesOf) : [])); // prettier-ignore
  const others = new Set([...parameters, ...WORDS, '_run_time']);
  const taken = new Set(nodes.flatMap((node) => takenBy(node, own, others)));
  return columns.find(
    ({ name, pii }) =>
      pii && !sql.columns.includes(name) && (taken.has(EVERY) || taken.has(name.toLowerCase())),
  )?.name;
}

const EVERY = '*';

/** `a.upper()` is `upper(a)` where `a` is no schema; `#1` is whatever stands there; the name of the relation is all of the row. */
function takenBy(node: Node, own: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  if (node['class'] === 'STAR' || node['class'] === 'POSITIONAL_REFERENCE') return [EVERY];
  if (node['class'] === 'FUNCTION')
    return [node['catalog'], node['schema']].map((name) => String(name ?? '').toLowerCase());
  const [first, second] = namesOf(node);
  if (first === undefined || (others.has(first) && !own.has(first))) return [];
  // What comes after a column is a field of it.
  return [own.has(first) ? first : (second ?? EVERY)];
}

const namesOf = (node: Node): string[] =>
  node['class'] === 'COLUMN_REF'
    ? (node['column_names'] as readonly string[]).map((name) => name.toLowerCase())
    : [];

/** A table that a query reads beside this one and those that it makes itself: of the engine, or a file. */
export function tableBesides(parsed: Parsed, rows: string): string | undefined {
  const objects = objectsIn(parsed);
  const made = objects.flatMap(({ cte_map: all }) =>
    ((all as { map?: readonly { key: string }[] } | undefined)?.map ?? []).map(({ key }) =>
      key.toLowerCase(),
    ),
  );
  const own = new Set([rows, ...made]);
  const other = objects.find(
    (node) =>
      node['type'] === 'SHOW_REF' ||
      (node['type'] === 'BASE_TABLE' &&
        (!own.has(String(node['table_name']).toLowerCase()) || Boolean(node['schema_name']))),
  );
  return other === undefined ? undefined : String(other['table_name'] ?? 'SHOW');
}
