/** True and false: `z.boolean()`. */

import { DefinitionError } from '../errors.ts';
import { literals } from '../sql.ts';
import type { Reading, ValueType } from './type.ts';

export const boolean: ValueType = Object.freeze({
  name: 'boolean',
  noun: () => 'true or false',
  matches: ({ def }) => def.type === 'boolean',
  held: () => ({ sql: 'BOOLEAN', delta: 'boolean' }),
  rules: ['true', 'false'],
  tags: (_rule, textRule) => (textRule ? ['b', 's'] : ['b']),
  emptyIsValue: false,
  decode(reading) {
    const { yes, no } = textsOf(reading);
    return [
      // Only ASCII letters have two cases here; elsewhere lowering could make two different texts equal.
      (text) => `CASE WHEN strlen(${text}) = length(${text}) THEN lower(${text}) ELSE ${text} END`,
      (text) =>
        `CASE WHEN ${text} IN ${literals(yes)} THEN TRUE WHEN ${text} IN ${literals(no)} THEN FALSE END`,
    ];
  },
  typed: (value, engineType) => (engineType === 'BOOLEAN' ? value : undefined),
  expects(reading) {
    const { yes, no } = textsOf(reading);
    return `expected one of ${[...yes, ...no].map((text) => JSON.stringify(text)).join(', ')}, found another text`;
  },
  own: () => [],
  check: () => 'zod',
  shown: (value) => `${value}::VARCHAR`,
  seen: (shown) => shown === 'true',
  literal(value, _parts, where) {
    if (typeof value === 'boolean') return String(value);
    throw new DefinitionError(`${where}: the default ${String(value)} is not true or false.`);
  },
} satisfies ValueType);

/** A text of ASCII characters counts in any case, another exactly as it is written. */
function textsOf({ rule, where }: Reading): {
  readonly yes: readonly string[];
  readonly no: readonly string[];
} {
  const folded = (texts: readonly string[]) =>
    texts.map((text) => (isAscii(text) ? text.toLowerCase() : text));
  const yes = ['true', ...folded(rule.true ?? [])];
  const no = ['false', ...folded(rule.false ?? [])];
  const both = yes.find((text) => no.includes(text));
  if (both === undefined) return { yes, no };
  throw new DefinitionError(
    `${where}: ${JSON.stringify(both)} means both true and false; leave it out of one.`,
  );
}

const isAscii = (text: string): boolean => [...text].every((c) => c.codePointAt(0)! < 128);
