/** Whether a decode rule fits the column that it is given for. */

import { decodeRuleSchema, type DecodeOptions } from '../decode-rule.ts';
import { DefinitionError } from '../errors.ts';
import type { ValueType } from '../types/type.ts';

/** Rules that every kind knows which is read from text. */
const common: ReadonlySet<string> = new Set(['from', 'nulls', 'trim']);

/** @throws DefinitionError for a rule that says nothing about values of this kind, or is not one. */
export function checkRule(rule: DecodeOptions, type: ValueType, tagged: boolean, where: string): void {
  const parsed = decodeRuleSchema.safeParse(rule);
  if (!parsed.success)
    throw new DefinitionError(`${where}: its decode rule is not one: ${parsed.error.message}`);
  const nested = type.nested !== undefined;
  if (nested && !tagged) {
    throw new DefinitionError(
      `${where}: a ${type.name} can be read from JSON, and from no other text format; leave the column out.`,
    );
  }
  for (const [name, given] of Object.entries(rule)) {
    if (given === undefined || (type.rules as readonly string[]).includes(name)) continue;
    if (common.has(name) && !(nested && name !== 'from')) continue;
    const fitting = nested ? ['from'] : [...common, ...type.rules];
    throw new DefinitionError(
      `${where}: the decode rule \`${name}\` does not fit its type, ${type.name}; there are ${fitting.join(', ')}.`,
    );
  }
}
