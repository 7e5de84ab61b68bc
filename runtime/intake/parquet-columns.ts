/** The columns of a Parquet file held against the row: what fits is told without changing a value. */

import { ObjectRejectedError } from '../../core/errors.ts';
import { keysTo } from '../../core/formats/json-member.ts';
import { bindFields } from '../../core/header.ts';
import type { TypedField } from '../../core/plan/typed-source.ts';
import { literal, quote } from '../../core/sql.ts';
import type { Engine } from '../engine.ts';
import type { Asked, Conversion } from './converter.ts';
import { jsonOf, telling, WIDE, type FileColumn, type Told } from './parquet-types.ts';

interface Node {
  readonly name: string;
  readonly facts: string;
  /** The facts of all below. */
  readonly inside: string;
  readonly children: readonly Node[];
}

export interface ParquetColumns {
  /** The fields that are asked for and there, by their names, as SQL over the file. */
  readonly values: ReadonlyMap<string, string>;
  /** How each column of the row is told; those whose field is not there are not in it. */
  readonly told: Readonly<Record<string, Told>>;
  readonly typed: Readonly<Record<string, TypedField>>;
  /** One row as a JSON object, as SQL over the file: the fields that are asked for, and as text those that are not. */
  readonly line: string;
  /** Bytes that each line has at least. */
  readonly leastLine: number;
  /** Names of columns that no column of the row asks for. */
  readonly extra: readonly string[];
  /** Whether every column has a name; the engine gives one to those that have none. */
  readonly isNamed: boolean;
  /** Every column of the file as the engine calls it. */
  readonly all: readonly { readonly sql: string; readonly type: string }[];
  /** The fields that are asked for, as they are in the file. */
  readonly asked: readonly { readonly sql: string; readonly type: string }[];
}

/**
 * @throws ObjectRejectedError `object.header` for a needed column that is missing or there twice, `object.format` for
 * one of a type that is not the row's.
 */
export async function columnsOf(
  engine: Engine,
  path: string,
  { columns, options }: Pick<Conversion, 'columns' | 'options'>,
): Promise<ParquetColumns> {
  const file = `read_parquet(${literal(path)})`;
  const schema = await engine.rows(
    `SELECT name, type, converted_type, logical_type, CASE WHEN precision > 38 THEN '${WIDE}' END AS wide,
  coalesce(num_children, 0) AS children FROM parquet_schema(${literal(path)})`,
  );
  const top = treeOf(schema).children;
  if (schema.some(({ name }) => String(name).includes('\0'))) {
    throw new ObjectRejectedError(
      'object.header',
      'A column of the file has a name with the character U+0000 in it, which the engine cannot ask for. Give it another name.',
    );
  }
  const all = (await engine.rows(`DESCRIBE SELECT * FROM ${file}`)).map((row) => ({
    sql: quote(String(row['column_name'])),
    type: String(row['column_type']),
  }));
  const names = top.map(({ name }) => name);
  const found = await fieldsIn(engine, file, columns, top, all);
  const { extra } = bindFields(columns, {
    fields: [...found.keys(), ...names.filter((name, i) => !found.has(name) || names.indexOf(name) !== i)],
    bytes: 0,
  });
  const told = toldOf(columns, found, options['nanoseconds'] === 'cut');
  const parts = partsOf(columns, told);
  const asked = new Set(columns.flatMap(({ from }) => [from, ...keysTo(from)]));
  const isOther = (name: string, i: number): boolean => !asked.has(name) && names.indexOf(name) === i;
  const others = all.flatMap(({ sql }, i) =>
    isOther(names[i]!, i)
      ? [`${keyOf(names[i]!)} || coalesce(to_json(${sql}::VARCHAR)::VARCHAR, 'null')`]
      : [],
  );
  const written = columns.filter(({ name, omitsNull }) => name in told && !omitsNull).map(({ from }) => from);
  const always = [...new Set(written), ...names.filter(isOther)];
  return Object.freeze({
    values: new Map(columns.flatMap(({ name, from }) => (name in told ? [[from, told[name]!.sql]] : []))),
    told,
    typed: Object.fromEntries(Object.entries(told).map(([name, { field }]) => [name, field])),
    line: `'{' || concat_ws(',', NULL, ${[...parts.values(), ...others].join(',\n  ')}) || '}'`,
    leastLine: 2 + always.reduce((sum, name) => sum + Buffer.byteLength(JSON.stringify(name)) + 3, 0),
    extra: extra.filter((name) => !asked.has(name)),
    isNamed: !names.includes(''),
    all,
    asked: [...found.values()],
  });
}

/** Where the fields stand that are asked for, and as which type the engine reads them. */
async function fieldsIn(
  engine: Engine,
  file: string,
  columns: readonly Asked[],
  top: readonly Node[],
  all: ParquetColumns['all'],
): Promise<Map<string, FileColumn>> {
  const places = new Map<string, Omit<FileColumn, 'type'>>();
  for (const { from } of columns) {
    const place = placeOf(top, all, from);
    if (place !== undefined) places.set(from, place);
  }
  if (places.size === 0) return new Map();
  const list = [...places.values()].map(({ sql }, i) => `${sql} AS made${i}`);
  const described = await engine.rows(`DESCRIBE SELECT ${list.join(', ')} FROM ${file}`);
  return new Map(
    [...places].map(([from, place], i) => [from, { ...place, type: String(described[i]!['column_type']) }]),
  );
}

function toldOf(
  columns: readonly Asked[],
  found: ReadonlyMap<string, FileColumn>,
  cuts: boolean,
): Record<string, Told> {
  const told: Record<string, Told> = {};
  for (const column of columns) {
    const place = found.get(column.from);
    if (place === undefined) continue;
    const telt = telling(place, column, cuts);
    if ('refused' in telt) {
      throw new ObjectRejectedError(
        'object.format',
        `The column ${JSON.stringify(column.from)} of the file is ${place.type}, and ${column.name} is of the kind ${column.type}: ${telt.refused}.`,
      );
    }
    told[column.name] = telt;
  }
  return told;
}

/** The members of a line that are asked for, each once. */
function partsOf(columns: readonly Asked[], told: Readonly<Record<string, Told>>): Map<string, string> {
  const parts = new Map<string, string>();
  for (const { name, from, omitsNull } of columns) {
    const own = told[name];
    if (own === undefined) continue;
    const given = `${keyOf(from)} || ${own.json ?? jsonOf(own.sql, own.field)}`;
    const part = omitsNull ? given : `coalesce(${given}, ${keyOf(from)} || 'null')`;
    if ((parts.get(from) ?? part) !== part) {
      throw new ObjectRejectedError(
        'object.format',
        `The columns of the row that ask for ${JSON.stringify(from)} take it in different ways: as other types, or its nulls as nothing in ` +
          'one and as null in another. Let them be alike.',
      );
    }
    parts.set(from, part);
  }
  return parts;
}

const keyOf = (name: string): string => literal(`${JSON.stringify(name)}:`);

/** The schema's lines, each followed by its children, as a tree. */
function treeOf(lines: readonly Record<string, unknown>[]): Node {
  let at = 0;
  const next = (): Node => {
    const { name, type, converted_type, logical_type, wide, children } = lines[at++]!;
    const facts = [type, converted_type, logical_type, wide].join(' ');
    const below = Array.from({ length: Number(children) }, next);
    const inside = below.map((node) => `${node.facts} ${node.inside}`).join(' ');
    return { name: String(name), facts, inside, children: below };
  };
  return next();
}

/**
 * Where a field stands: the column of this very name, or what its path leads to. The engine takes names in any case, so
 * that of two that differ in case only it might take the wrong one.
 */
function placeOf(
  nodes: readonly Node[],
  columns: ParquetColumns['all'],
  path: string,
): Omit<FileColumn, 'type'> | undefined {
  const whole = nodes.findIndex(({ name }) => name === path);
  if (whole !== -1) return { ...factsOf(nodes[whole]!), sql: columns[whole]!.sql };
  for (const key of keysTo(path)) {
    const at = nodes.findIndex(({ name }) => name === key);
    if (at === -1) continue;
    const inside = insideOf(nodes[at]!, path.slice(key.length + 1));
    if (inside !== undefined) return { ...inside, sql: `${columns[at]!.sql}${inside.sql}` };
  }
  return undefined;
}

const factsOf = ({ facts, inside }: Node) => ({ facts, inside });

function insideOf({ children, facts }: Node, path: string): Omit<FileColumn, 'type'> | undefined {
  if (/LIST|MAP/.test(facts)) return undefined;
  for (const key of [path, ...keysTo(path)]) {
    const [node, other] = children.filter(({ name }) => name.toLowerCase() === key.toLowerCase());
    if (node?.name !== key || other !== undefined) continue;
    const sql = `[${literal(key)}]`;
    if (key === path) return { ...factsOf(node), sql };
    const inside = insideOf(node, path.slice(key.length + 1));
    if (inside !== undefined) return { ...inside, sql: sql + inside.sql };
  }
  return undefined;
}
