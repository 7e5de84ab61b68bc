/**
 * Decode as SQL: from the received text of each field to the values of a row and every reason against it, in one scan.
 * Layers of subqueries, bottom up: text, values, masks of faults, the row as a whole, and reasons for bad rows only.
 */

import { z } from 'zod';
import type { DecodeOptions } from '../decode-rule.ts';
import { DefinitionError } from '../errors.ts';
import { REASONS_TYPE } from '../reasons.ts';
import type { Column } from '../row.ts';
import { literal, quote, type Sql } from '../sql.ts';
import { fieldOf, type Field } from './decode-field.ts';
import { rowJudging, type RowJudging } from './decode-row.ts';
import { receivedText, USUAL, type Made, type TextSource } from './decode-text.ts';
import { place, type Placed } from './faults.ts';
import { typedSource, type TypedField } from './typed-source.ts';

export interface ReceivedField {
  /** Engine column holding the received text (`f3`), or null where the object has no such field. */
  readonly text: string | null;
}

export interface DecodeInput {
  readonly row: z.ZodObject;
  readonly columns: readonly Column[];
  readonly rules: Readonly<Record<string, DecodeOptions>>;
  /** By column. */
  readonly fields: Readonly<Record<string, ReceivedField>>;
  /** The relation has `_tags`: for each field in its place what it was in JSON. */
  readonly tagged: boolean;
  /** The relation has `_fault`: an empty text, or a JSON list of reasons against the record. */
  readonly faulty: boolean;
  /** By column: fields whose values have types of the engine, or one tag. Of these `_tags` need not tell. */
  readonly typed?: Readonly<Record<string, TypedField>> | undefined;
  /** Conditions over the received text, named by column: a record for which one is TRUE is filtered. */
  readonly skip: readonly Sql[];
}

export interface Decode {
  /**
   * A SELECT over a relation that keeps its order and gives: every row column by its name with its final value (NULL
   * where at fault), "_reasons" (NULL for an accepted or filtered row, else every reason) and "_filtered".
   * @param spells whether reasons are spelled out; where not, "_reasons" is an empty list in place of any. Default: true.
   */
  select(from: string, spells?: boolean): string;
  /** To be registered on the engine before the SELECT runs. */
  readonly functions: readonly { readonly name: string; call(text: string): string | null }[];
  /** What is asked of each column, for people and for the definition's hash. */
  readonly rules: readonly {
    readonly column: string;
    readonly code: string;
    readonly expects: string;
    readonly engine: 'sql' | 'zod';
  }[];
}

/** @throws DefinitionError if a decode rule does not fit its column, or the row has a check that cannot run. */
export function compileDecode(input: DecodeInput): Decode {
  const { columns, rules, tagged, faulty } = input;
  const names = new Set(columns.map((column) => column.name));
  const lost = Object.keys(rules).find((name) => !names.has(name));
  if (lost !== undefined)
    throw new DefinitionError(`A decode rule is given for ${quote(lost)}, which the row does not have.`);

  const sources = columns.map(({ name }, at): TextSource | null => {
    const column = input.fields[name]?.text ?? null;
    if (column === null) return null;
    const field = input.typed?.[name];
    if (field !== undefined) return typedSource(quote(`_f${at}`), field);
    return { text: quote(`_f${at}`), tag: tagged ? `"_tags"[${placeOf(column) + 1}]` : null };
  });
  const fields = columns.map((column, at) =>
    fieldOf({
      column,
      at,
      rule: rules[column.name] ?? {},
      source: sources[at]!,
      tagged,
    }),
  );
  const placed = place(fields);
  const whole = rowJudging(input.row, columns, fields);

  const received = sources.flatMap((source, at) =>
    source === null ? [] : [`${quote(input.fields[columns[at]!.name]!.text!)} AS ${quote(`_f${at}`)}`],
  );
  const hasTags =
    tagged &&
    columns.some(({ name }) => input.fields[name]?.text != null && input.typed?.[name] === undefined);
  const marks = [
    ...(faulty ? [`coalesce("_fault", '') AS "_fault"`] : []),
    ...(hasTags
      ? [`"_tags"`, `"_tags" = ${literal(usualTags(input, fields))} AS ${USUAL}`]
      : tagged
        ? [`FALSE AS ${USUAL}`]
        : []),
  ];
  const bottom = [...received, ...marks].join(', ') || '1 AS "_none"';
  const depth = Math.max(0, ...fields.map(({ layers }) => layers.length));
  const layers = Array.from({ length: depth }, (_, i) => fields.flatMap((field) => field.layers[i] ?? []));
  const bad = whole === null ? placed.bad : `(${placed.bad} OR "_row" IS NOT NULL)`;
  const spelt = placed.reasons.length === 0 && whole === null ? 'NULL' : spell(placed, whole, bad);
  const unread = `from_json("_fault", ${literal(FAULT_JSON)})`;
  const values = columns.map(({ name, sql }, at) => {
    const value = fields[at]!.value(placed.fine[at]!);
    return `${faulty ? `CASE WHEN "_fault" = '' THEN ${value} END` : value}::${sql} AS ${quote(name)}`;
  });

  return Object.freeze({
    functions: [...fields.flatMap(({ call }) => call ?? []), ...(whole === null ? [] : [whole.call])],
    rules: fields.flatMap(({ faults }, at) =>
      faults.map(({ code, expects, engine }) => ({ column: columns[at]!.name, code, expects, engine })),
    ),
    select(from: string, spells = true) {
      let sql = `SELECT ${bottom} FROM ${from}`;
      sql = skipping(sql, input, sources);
      for (const layer of layers) sql = over(sql, layer);
      if (placed.masks.length > 0) sql = `SELECT *, ${placed.masks.join(',\n  ')}\nFROM (${sql})`;
      const judged = ['NOT "_filtered"', ...(faulty ? [`"_fault" = ''`] : []), `NOT ${placed.aborted}`].join(
        ' AND ',
      );
      if (whole !== null) sql = over(sql, [['"_row"', `CASE WHEN ${judged} THEN ${whole.sql} END`]]);
      return `SELECT ${values.join(',\n  ')},
  (CASE ${faulty ? `WHEN "_fault" <> '' THEN ${spells ? unread : '[]'} ` : ''}WHEN "_filtered" THEN NULL ELSE ${spells ? spelt : `CASE WHEN ${bad} THEN [] END`} END)::${REASONS_TYPE} AS "_reasons",
  "_filtered"
FROM (${sql})`;
    },
  });
}

/** Which of the engine's columns it is, from 0. */
const placeOf = (column: string): number => Number(column.slice(1));

/** No row has this in its tags. */
const UNUSUAL = '?';

const FAULT_JSON = '[{"column":"VARCHAR","code":"VARCHAR","message":"VARCHAR","value":"VARCHAR"}]';

const over = (below: string, layer: readonly Made[]): string =>
  `SELECT *, ${layer.map(([name, sql]) => `${sql} AS ${name}`).join(',\n  ')}\nFROM (${below})`;

/** Most bad rows have one fault; to put lists together for each of them would cost more than all the rest. */
function spell(placed: Placed, whole: RowJudging | null, bad: string): string {
  const fine = whole === null ? '' : ' AND "_row" IS NULL';
  const single = placed.reasons.map(({ alone, list }) => `WHEN ${alone}${fine} THEN ${list}`);
  if (single.length === 0) single.push('WHEN FALSE THEN NULL');
  const lists = [...placed.reasons.map(({ ifSo }) => ifSo), ...(whole === null ? [] : [whole.reasons])];
  const all = `flatten(list_filter([${lists.join(',\n    ')}], lambda r: r IS NOT NULL))`;
  return `CASE WHEN ${bad} THEN CASE ${single.join('\n    ')} ELSE ${all} END END`;
}

/**
 * The tags of a row whose every field has the tag that its column takes mostly. Of a field of two columns that differ in
 * this no tag is usual, and neither is one of a field that no column reads: then each tag is looked at.
 */
function usualTags({ columns, fields: received, typed }: DecodeInput, fields: readonly Field[]): string {
  const usual: string[] = [];
  for (const [at, field] of fields.entries()) {
    const { name } = columns[at]!;
    const usualTag = field.usualTag ?? typed?.[name]?.tags[0] ?? null;
    if (usualTag === null) continue;
    const place = placeOf(received[name]!.text!);
    usual[place] = (usual[place] ?? usualTag) === usualTag ? usualTag : UNUSUAL;
  }
  return Array.from(usual, (tag) => tag ?? UNUSUAL).join('');
}

/** A condition that fails on a record does not say that it is to be left out. */
function skipping(
  below: string,
  { skip, columns, faulty }: DecodeInput,
  sources: readonly (TextSource | null)[],
): string {
  if (skip.length === 0) return `SELECT *, FALSE AS "_filtered" FROM (${below})`;
  const asked = new Set(skip.flatMap((that) => that.columns));
  const named = columns.flatMap(({ name }, at) => {
    if (!asked.has(name)) return [];
    const source = sources[at]!;
    return [`${source === null ? 'NULL::VARCHAR' : receivedText(source)} AS ${quote(name)}`];
  });
  const unknown = [...asked].find((name) => columns.every((column) => column.name !== name));
  if (unknown !== undefined)
    throw new DefinitionError(`skip() names ${quote(unknown)}, which the row does not have.`);
  const said = skip.map((that) => `coalesce(TRY((${that.text})::BOOLEAN), FALSE)`).join(' OR ');
  const live = faulty ? `"_fault" = '' AND (${said})` : said;
  const hidden = [...asked].map(quote);
  return `SELECT *${hidden.length === 0 ? '' : ` EXCLUDE (${hidden.join(', ')})`}, ${live} AS "_filtered"
FROM (SELECT ${['*', ...named].join(', ')} FROM (${below}))`;
}
