/** The kinds of value that a column can hold, one line each; the first that recognises a schema takes it. */

import { DefinitionError } from '../errors.ts';
import type { Parts } from '../schema.ts';
import { bigint } from './bigint.ts';
import { boolean } from './boolean.ts';
import { date } from './date.ts';
import { datetime } from './datetime.ts';
import { decimalType } from './decimal.ts';
import { int } from './int.ts';
import { list, struct } from './nested.ts';
import { number } from './number.ts';
import { text } from './text.ts';
import { time } from './time.ts';
import type { ValueType } from './type.ts';

/** Particular kinds stand before the general ones of the same zod type. */
const types: readonly ValueType[] = [
  decimalType,
  int,
  number,
  bigint,
  boolean,
  date,
  datetime,
  time,
  list,
  struct,
  text,
];

/** @throws DefinitionError for a schema that no kind takes. */
export function typeOf(parts: Parts, where: string): ValueType {
  const found = types.find((type) => type.matches(parts));
  if (found !== undefined) return found;
  const { type } = parts.def;
  const hint =
    type === 'enum' || type === 'literal'
      ? '; the values must be texts, for others write z.int().refine(…), z.boolean().refine(…)'
      : '';
  throw new DefinitionError(
    `${where}: no column can hold "${type}"${hint}. There are z.string(), z.enum(), z.literal(), z.int(), z.bigint(), ` +
      'z.number(), decimal(), z.boolean(), z.iso.date(), z.iso.datetime(), z.iso.time(), z.array() and z.object().',
  );
}
