/** What can be wrong with a value that an expression made, though the engine has it in the column's type. */

import type { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import { nullableOf } from '../row.ts';
import { partsOf, type Parts } from '../schema.ts';
import { literal } from '../sql.ts';
import { checksOf } from '../types/checks-of.ts';
import { typeOf } from '../types/index.ts';
import { heldInside } from '../types/nested.ts';
import type { ValueType } from '../types/type.ts';
import { sentence } from '../words.ts';

export interface ValueFault {
  /** SQL that is TRUE where a value is wrong so, and not for NULL. */
  readonly when: string;
  readonly code: string;
  readonly message: string;
}

/**
 * @param value SQL for the value, in the type of the table.
 * @throws DefinitionError for a rule of the schema that only zod can judge: it is asked of what is received.
 */
export function valueFaults(schema: z.ZodType, value: string, where: string): readonly ValueFault[] {
  const parts = partsOf(schema, where);
  const type = typeOf(parts, where);
  if (type.nested !== undefined) {
    const unfit = unfitInside(parts, value, where);
    const says = `expected ${type.noun(parts)} whose values are of the declared types, the expression gave another`;
    return unfit === undefined ? [] : [{ when: unfit, code: 'expression', message: says }];
  }
  const { unfit } = type;
  const message = `expected ${unfit?.expects}, the expression gave another`;
  return [
    ...(unfit === undefined ? [] : [{ when: unfit.when(value), code: 'expression', message }]),
    ...brokenOf(parts, type, value, where).map(({ broken, issue, words }) => ({
      when: broken,
      code: issue.code,
      message: words ?? sentence(issue) ?? issue.code,
    })),
  ];
}

function brokenOf(parts: Parts, type: ValueType, value: string, where: string) {
  const checks = checksOf(parts, type, value);
  if (checks === 'zod' || checks.some(({ unless }) => unless !== undefined)) throw onlyZod(where);
  return checks;
}

const onlyZod = (where: string): DefinitionError =>
  new DefinitionError(
    `${where}: the type of a column that SQL makes has a rule that only zod can judge, which is not asked here; ` +
      'leave it out, and put a check on the column.',
  );

/** What is wrong inside of a list or an object, one level after the other; undefined where nothing can be. */
function unfitInside(parts: Parts, value: string, where: string, depth = 0): string | undefined {
  if (parts.wrapperChecks || parts.checks.length > 0) throw onlyZod(where);
  const { element, shape } = parts.def as { readonly element?: z.ZodType; readonly shape?: z.core.$ZodShape };
  if (element !== undefined) {
    const each = `x${depth}`;
    const unfit = unfitValue(element, each, `${where}[]`, depth + 1);
    return unfit && `len(list_filter(${value}, lambda ${each}: ${unfit})) > 0`;
  }
  const unfit = Object.entries(shape!).flatMap(
    ([name, field]) =>
      unfitValue(
        field as z.ZodType,
        `struct_extract(${value}, ${literal(name)})`,
        `${where}.${name}`,
        depth,
      ) ?? [],
  );
  return unfit.length === 0 ? undefined : `(${value} IS NOT NULL AND (${unfit.join(' OR ')}))`;
}

function unfitValue(schema: z.ZodType, value: string, where: string, depth: number): string | undefined {
  const parts = partsOf(schema, where);
  const none = nullableOf(schema) ? [] : [`${value} IS NULL`];
  const unfit = [...none, ...unfitLeaf(parts, value, where, depth)];
  return unfit.length === 0 ? undefined : `coalesce(${unfit.join(' OR ')}, FALSE)`;
}

function unfitLeaf(parts: Parts, value: string, where: string, depth: number): readonly string[] {
  const type = typeOf(parts, where);
  if (type.nested !== undefined) return [unfitInside(parts, value, where, depth) ?? []].flat();
  // A date is a text there, and it would have to be read to be judged.
  if (type.held(parts, where).sql !== heldInside(parts, where).sql) throw onlyZod(where);
  const { unfit } = type;
  return [
    ...(unfit === undefined ? [] : [unfit.when(value)]),
    ...brokenOf(parts, type, value, where).map(({ broken }) => broken),
  ];
}
