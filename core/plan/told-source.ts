/** Fields of which it is known what they are in all records of a chunk: they are read without asking each for its tag. */

import type { Prepared, Tag, Told } from '../formats/format.ts';
import type { TypedField } from './typed-source.ts';

export interface ToldSource {
  /** The engine's column of each column of the row; null where no record has the field. */
  readonly fields: Readonly<Record<string, string | null>>;
  /** By column of the row: how the values of its field are told. Absent where `_tags` says it of each. */
  readonly typed: Readonly<Record<string, TypedField>> | undefined;
  /** The engine's columns that hold whole numbers, with their types; the others are texts. */
  readonly types: Readonly<Record<string, string>>;
}

/** @param bound the engine's column of each column of the row. */
export function toldSource(
  { told }: Pick<Prepared, 'told'>,
  bound: Readonly<Record<string, string | null>>,
): ToldSource {
  if (told === undefined) return { fields: bound, typed: undefined, types: {} };
  const fields: Record<string, string | null> = {};
  const typed: Record<string, TypedField> = {};
  const types: Record<string, string> = {};
  for (const [name, column] of Object.entries(bound)) {
    const fact = column === null ? null : told[Number(column.slice(1))]!;
    const isThere = column !== null && fact?.tag !== '-';
    fields[name] = isThere ? column : null;
    if (!isThere || fact === null) continue;
    typed[name] = fieldOf(fact.tag as Tag, typeOf(fact));
    if (typed[name].type !== 'VARCHAR') types[column] = typed[name].type;
  }
  return { fields, typed, types };
}

/** Digits that 32 and 64 bits hold in any case, a sign among them. */
const SMALL = 9;
const LARGE = 18;

function typeOf({ digits }: Told): string {
  if (digits === null || digits > LARGE) return 'VARCHAR';
  return digits > SMALL ? 'BIGINT' : 'INTEGER';
}

const fieldOf = (tag: Tag, type: string): TypedField => ({
  type,
  tags: [tag],
  tag: () => `'${tag}'`,
  text: (value) => (type === 'VARCHAR' ? value : `${value}::VARCHAR`),
  nullIs: 'never',
});
