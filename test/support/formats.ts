/** Helpers for tests of formats: an object told into records in blocks, and prepared chunks read by the engine. */

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { MISSING } from '../../core/formats/canonical.ts';
import type { Format, Header, Prepared } from '../../core/formats/format.ts';
import { defaultLimits, type Limits } from '../../core/limits.ts';
import { readCsv } from '../../core/plan/read.ts';
import type { Reason } from '../../core/reasons.ts';
import type { Engine } from '../../runtime/engine.ts';

export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The seed of all property tests: a failure prints it with the path to the counterexample. */
export const SEED = 20_261_121;

export interface Scanned {
  readonly header: Header;
  readonly body: Uint8Array;
  readonly records: number;
  readonly boundary: number;
  readonly notes: number;
  readonly torn: readonly number[];
}

/** Reads the header and counts the records, pushing blocks of the sizes given, in turn. */
export function scanned(
  format: Format,
  object: Uint8Array,
  blocks: readonly number[] = [Infinity],
  limits: Limits = defaultLimits,
): Scanned {
  const header = format.header(object, true, limits)!;
  const body = object.subarray(header.bytes);
  const scanner = format.scanner(header, limits);
  for (let at = 0, turn = 0; at < body.length; turn++) {
    const end = Math.min(body.length, at + blocks[turn % blocks.length]!);
    const block = Uint8Array.from(body.subarray(at, end));
    scanner.push(block);
    // Its memory is used again: a scanner that kept it would read line ends there.
    block.fill(10);
    at = end;
  }
  scanner.end();
  return {
    header,
    body,
    records: scanner.records,
    boundary: scanner.boundary,
    notes: scanner.takeNotes(),
    torn: scanner.takeTorn?.(Infinity) ?? [],
  };
}

/** The whole object as one prepared chunk. */
export function prepared(
  format: Format,
  object: Uint8Array,
  {
    fields,
    exact = false,
    limits = defaultLimits,
  }: { fields?: readonly string[]; exact?: boolean; limits?: Limits } = {},
): Prepared {
  const { header, body, boundary, notes, torn } = scanned(format, object, undefined, limits);
  const layout = { fields: fields ?? header.fields!, notes, torn, limits };
  return format.prepare(body.subarray(0, boundary), layout, exact);
}

/** A row of canonical CSV: the texts of its fields, or the reasons of its fault. */
export type CanonicalRow = { readonly fields: string[] } | { readonly faults: Reason[] };

/** Canonical CSV, or the text of records that are alike, as an independent parser reads it. */
export function canonicalRows({ bytes, columns, told, dialect }: Prepared): CanonicalRow[] {
  if (told !== undefined) return toldRows(Buffer.from(bytes).toString(), columns, told, dialect.delimiter);
  if (columns[0] !== '_fault') throw new Error('The chunk was not prepared in canonical form.');
  const rows: string[][] = parse(Buffer.from(bytes), { recordDelimiter: '\n', relaxColumnCount: false });
  const isTagged = columns.at(-1) === '_tags';
  return rows.map(([fault, ...rest]) => {
    if (fault !== '') return { faults: JSON.parse(fault!) };
    return { fields: isTagged ? withTags(rest.slice(0, -1), rest.at(-1)!) : rest };
  });
}

function toldRows(
  text: string,
  columns: readonly string[],
  told: NonNullable<Prepared['told']>,
  delimiter: string,
): CanonicalRow[] {
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const parts = line.split(delimiter);
      if (parts.length !== columns.length) throw new Error(`${parts.length} parts in ${line}`);
      const row = Object.fromEntries(columns.map((column, i) => [column, parts[i]!]));
      const tags = told.map((one, f) => one?.tag ?? row['_tags']![f]!);
      return { fields: withTags(tags.map((_, f) => row[`f${f}`] ?? ''), tags.join('')) }; // prettier-ignore
    });
}

/** Each field behind its tag; one that is missing is the empty text. */
function withTags(fields: readonly string[], tags: string): string[] {
  if (tags.length !== fields.length) throw new Error(`${fields.length} fields have the tags ${tags}.`);
  return fields.map((text, i) => (tags[i] === MISSING && text === '' ? '' : `${tags[i]}${text}`));
}

let files = 0;

/** What the engine reads from a prepared chunk, in the order of the file. */
export async function engineRows(engine: Engine, { bytes, dialect, columns }: Prepared): Promise<string[][]> {
  const path = join(engine.folder, `prepared-${files++}.csv`);
  await writeFile(path, bytes);
  // As hexadecimal, because the client's own decoding of texts drops a byte order mark at their start.
  const hex = columns.map((column) => `hex(encode(${column})) AS ${column}`).join(', ');
  const rows = await engine.rows(`SELECT ${hex} FROM ${readCsv(path, dialect, columns)}`);
  await rm(path);
  return rows.map((row) => columns.map((column) => Buffer.from(row[column] as string, 'hex').toString()));
}
