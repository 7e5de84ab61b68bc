/** The columns of a Parquet file held against the row: what fits is told as JSON without changing a value. */

import { ObjectRejectedError } from '../../core/errors.ts';
import { keysTo } from '../../core/formats/json-member.ts';
import { bindFields } from '../../core/header.ts';
import { literal, quote } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import type { Asked, Conversion } from './converter.ts';
import { telling, type FileColumn } from './parquet-types.ts';

interface Node {
  readonly name: string;
  readonly facts: string;
  readonly children: readonly Node[];
}

/**
 * One row as a JSON object, as SQL over the file: the fields that are asked for, and as text those that are not.
 * @throws ObjectRejectedError `object.header` for a needed column that is missing or there twice, `object.format` for
 * one of a type that is not the row's.
 */
export async function lineOf(
  engine: Engine,
  path: string,
  { columns, options }: Pick<Conversion, 'columns' | 'options'>,
): Promise<string> {
  const file = literal(path);
  const schema = await engine.rows(
    `SELECT name, type, converted_type, logical_type, coalesce(num_children, 0) AS children FROM parquet_schema(${file})`,
  );
  const top = treeOf(schema).children;
  const named = await engine.rows(`DESCRIBE SELECT * FROM read_parquet(${file})`);
  const found = new Map<string, FileColumn>();
  for (const { from } of columns) {
    const place = placeOf(
      top,
      named.map((row) => String(row['column_name'])),
      from,
    );
    if (place === undefined || found.has(from)) continue;
    const [described] = await engine.rows(`DESCRIBE SELECT ${place.sql} AS made FROM read_parquet(${file})`);
    found.set(from, { ...place, type: String(described!['column_type']) });
  }
  const names = top.map(({ name }) => name);
  bindFields(columns, {
    fields: [...found.keys(), ...names.filter((name, i) => !found.has(name) || names.indexOf(name) !== i)],
    bytes: 0,
  });
  const parts = new Map<string, string>();
  for (const column of columns) {
    const place = found.get(column.from);
    if (place === undefined) continue;
    const part = partOf(column, place, options['nanoseconds'] === 'cut');
    if ((parts.get(column.from) ?? part) !== part) {
      throw new ObjectRejectedError(
        'object.format',
        `The columns of the row that ask for ${JSON.stringify(column.from)} are of different types, and it has one.`,
      );
    }
    parts.set(column.from, part);
  }
  const asked = new Set(columns.flatMap(({ from }) => [from, ...keysTo(from)]));
  const others = named.flatMap((row, i) => {
    const name = names[i]!;
    if (asked.has(name) || names.indexOf(name) !== i) return [];
    return [
      `${literal(`${JSON.stringify(name)}:`)} || coalesce(to_json(${quote(String(row['column_name']))}::VARCHAR)::VARCHAR, 'null')`,
    ];
  });
  return `'{' || concat_ws(',', NULL, ${[...parts.values(), ...others].join(',\n  ')}) || '}' AS line`;
}

function partOf(column: Asked, place: FileColumn, cuts: boolean): string {
  const told = telling(place, column, cuts);
  if ('refused' in told) {
    throw new ObjectRejectedError(
      'object.format',
      `The column ${JSON.stringify(column.from)} of the file is ${place.type}, and ${column.name} is of the kind ${column.type}: ${told.refused}.`,
    );
  }
  const key = literal(`${JSON.stringify(column.from)}:`);
  const given = `${key} || ${told.json}`;
  return column.omitsNull ? given : `coalesce(${given}, ${key} || 'null')`;
}

/** The schema's lines, each followed by its children, as a tree. */
function treeOf(lines: readonly Record<string, unknown>[]): Node {
  let at = 0;
  const next = (): Node => {
    const { name, type, converted_type, logical_type, children } = lines[at++]!;
    const facts = [type, converted_type, logical_type].join(' ');
    return { name: String(name), facts, children: Array.from({ length: Number(children) }, next) };
  };
  return next();
}

/**
 * Where a field stands: the column of this very name, or what its path leads to. The engine takes names in any case, so
 * that of two that differ in case only it might take the wrong one.
 */
function placeOf(
  nodes: readonly Node[],
  columns: readonly string[],
  path: string,
): Omit<FileColumn, 'type'> | undefined {
  const whole = nodes.findIndex(({ name }) => name === path);
  if (whole !== -1) return { sql: quote(columns[whole]!), facts: nodes[whole]!.facts };
  for (const key of keysTo(path)) {
    const at = nodes.findIndex(({ name }) => name === key);
    if (at === -1) continue;
    const inside = insideOf(nodes[at]!, path.slice(key.length + 1));
    if (inside !== undefined) return { sql: `${quote(columns[at]!)}${inside.sql}`, facts: inside.facts };
  }
  return undefined;
}

function insideOf({ children, facts }: Node, path: string): { sql: string; facts: string } | undefined {
  if (/LIST|MAP/.test(facts)) return undefined;
  for (const key of [path, ...keysTo(path)]) {
    const [node, other] = children.filter(({ name }) => name.toLowerCase() === key.toLowerCase());
    if (node?.name !== key || other !== undefined) continue;
    const sql = `[${literal(key)}]`;
    if (key === path) return { sql, facts: node.facts };
    const inside = insideOf(node, path.slice(key.length + 1));
    if (inside !== undefined) return { sql: sql + inside.sql, facts: inside.facts };
  }
  return undefined;
}
