/** The marks in a written number: groups of three digits, another decimal mark. */

import type { DecodeOptions } from '../decode-rule.ts';
import { DefinitionError } from '../errors.ts';
import { literal } from '../sql.ts';
import type { Stage } from './type.ts';

/** Stages that bring a number's text to plain digits with a point, NULL where its groups are not of three digits. */
export function plainNumber(rule: DecodeOptions, where: string, whole = false): readonly Stage[] {
  const { thousands, decimal = '.' } = rule;
  if (thousands === decimal && !whole) {
    throw new DefinitionError(
      `${where}: \`thousands\` and \`decimal\` are both ${JSON.stringify(thousands)}; they must differ.`,
    );
  }
  const stages: Stage[] = [];
  if (thousands !== undefined) {
    const mark = `\\x{${thousands.codePointAt(0)!.toString(16)}}`;
    const grouped = `[+-]?[0-9]{1,3}(?:${mark}[0-9]{3})+(?:[^0-9${mark}][^${mark}]*)?`;
    stages.push(
      (below) => `CASE WHEN NOT contains(${below}, ${literal(thousands)}) THEN ${below}
        WHEN regexp_full_match(${below}, ${literal(grouped)}) THEN replace(${below}, ${literal(thousands)}, '') END`,
    );
  }
  if (decimal === ',') {
    stages.push((below) => `CASE WHEN NOT contains(${below}, '.') THEN replace(${below}, ',', '.') END`);
  }
  return stages;
}

/**
 * Stages from a text to a BIGINT that is `within`. The engine's cast alone rounds, unpacks and trims; most numbers are
 * written as it would write them, which is cheaper to ask than whether there are digits only.
 */
export function wholeNumber(rule: DecodeOptions, where: string, within: string): readonly Stage[] {
  const exact = (value: string, text: string) =>
    `CASE WHEN ${value} ${within} THEN CASE WHEN ${value}::VARCHAR = ${text} THEN ${value}
        WHEN regexp_full_match(${text}, '[+-]?[0-9]+') THEN ${value} END END`;
  const cast: Stage = (text) => `TRY_CAST(${text} AS BIGINT)`;
  const marks = plainNumber(rule, where, true);
  return marks.length === 0 ? [cast, exact] : [...marks, (text) => exact(cast(text, text), text)];
}
