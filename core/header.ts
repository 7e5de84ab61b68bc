/** Binds the columns of a row to the fields of an object: by name, never by position. */

import { ObjectRejectedError } from './errors.ts';
import type { Header } from './formats/format.ts';

/** A column as the binding sees it. */
export interface BindColumn {
  readonly name: string;
  /** Whether an object may come without the field. */
  readonly optional: boolean;
  /** The field's name in the object. */
  readonly from: string;
  /** Whether it holds personal data. Default: false. */
  readonly pii?: boolean;
}

export interface BoundFields {
  /** The fields that the engine gets, in the order of `f0`, `f1`, …: of a header all, otherwise the asked ones. */
  readonly fields: readonly string[];
  /** Names in the header that no column asks for, each once. */
  readonly extra: readonly string[];
  /** For each column, in order, the place of its field in `fields`; null where the object does not have it. */
  readonly positions: readonly (number | null)[];
}

/**
 * Finds the field of each column. Objects whose records name their own fields (JSON) have no header to hold against.
 * @throws ObjectRejectedError `object.header` if a needed field is missing, repeated or without a name.
 */
export function bindFields(columns: readonly BindColumn[], header: Header): BoundFields {
  const asked = [...new Set(columns.map((column) => column.from))];
  if (header.fields === null) return bound(columns, asked, []);
  const fields = header.fields;
  const counts = new Map<string, number>();
  for (const name of fields) counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const { from, name, optional } of columns) {
    const times = counts.get(from) ?? 0;
    if (times > 1) {
      throw rejected(
        `The header has the field ${show(from)} ${times} times, and the column ${name} asks for it. ` +
          'Give each field that is needed a name of its own.',
      );
    }
    if (times === 0 && !optional) throw rejected(missing(from, name, fields, mayBeData(columns, fields)));
  }
  const wanted = new Set(asked);
  return bound(columns, fields, [...new Set(fields.filter((name) => !wanted.has(name)))]);
}

function bound(columns: readonly BindColumn[], fields: readonly string[], extra: string[]): BoundFields {
  const positions = columns.map(({ from }) => {
    const at = fields.indexOf(from);
    return at === -1 ? null : at;
  });
  return Object.freeze({
    fields: Object.freeze([...fields]),
    extra: Object.freeze(extra),
    positions: Object.freeze(positions),
  });
}

const rejected = (message: string): ObjectRejectedError => new ObjectRejectedError('object.header', message);

/** A header of which nothing is expected may be a record, whose values are not to be told where some are personal. */
const mayBeData = (columns: readonly BindColumn[], fields: readonly string[]): boolean =>
  columns.some(({ pii }) => pii) && !columns.some(({ from }) => fields.includes(from));

function missing(from: string, column: string, fields: readonly string[], isSecret: boolean): string {
  const has = isSecret
    ? `${fields.length} of other names, not shown: it may be a record, and hold personal data`
    : showAll(fields);
  return `The header has no field ${show(from)}, which the column ${column} needs; it has: ${has}.${hint(from, fields)}`;
}

function hint(from: string, fields: readonly string[]): string {
  const [only] = fields;
  if (fields.length === 1 && only !== undefined) {
    const drift = [';', '\t', '|', ','].find((mark) => only.includes(mark));
    if (drift !== undefined) {
      return ` Its one field contains ${JSON.stringify(drift)}: is that the delimiter of this object?`;
    }
  }
  const near = fields.find((name) => plain(name) === plain(from)) ?? closest(from, fields);
  if (near !== undefined) {
    return ` Did you mean ${show(near)}?${difference(from, near)}`;
  }
  const unnamed = fields.filter((name) => name.trim() === '').length;
  if (unnamed === 0) return '';
  return ` ${unnamed === 1 ? 'One field has' : `${unnamed} fields have`} no name.`;
}

/** A name without what is easily overlooked: case, white space, quotes, marks that do not show, the form of accents. */
const plain = (name: string): string =>
  name
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\s\p{Cf}_"'-]/gu, '');

function difference(from: string, near: string): string {
  if (plain(from) !== plain(near)) return '';
  if (near.includes('\ufeff')) return ' It holds a byte order mark.';
  if (/^\s+["']/.test(near)) {
    return ' White space stands before its quote, which then is part of the name: format.csv({ blanks: "ignored" }).';
  }
  if (from.trim() === near.trim()) return ' They differ in white space around the name.';
  if (from.toLowerCase() === near.toLowerCase()) return ' They differ in upper and lower case.';
  return ' They differ in white space, dashes or characters that do not show.';
}

/** The name that takes the fewest changes, if these are few for its length. */
function closest(from: string, fields: readonly string[]): string | undefined {
  const most = Math.floor(Math.min(from.length, 40) / 4);
  const ranked = fields
    .filter((name) => name.length <= 80 && Math.abs(name.length - from.length) <= most)
    .map((name) => ({ name, changes: changes(from.toLowerCase(), name.toLowerCase()) }))
    .filter(({ changes: count }) => count <= most);
  return ranked.toSorted((a, b) => a.changes - b.changes)[0]?.name;
}

/** The edit distance of two short texts. */
function changes(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

const MOST_SHOWN = 30;
const show = (name: string): string =>
  JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name).replaceAll(
    /[\p{Cf}\u0080-\u00a0\u2000-\u200a\u2028\u2029\u3000]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

function showAll(fields: readonly string[]): string {
  if (fields.length === 0) return 'nothing';
  const shown = fields.slice(0, MOST_SHOWN).map(show).join(', ');
  return fields.length > MOST_SHOWN ? `${shown} and ${fields.length - MOST_SHOWN} more` : shown;
}
