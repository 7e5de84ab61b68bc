/** A field without a value: what zod says of a null or a missing field, and the faults of a text that is not one. */

import { absent, type Column } from '../row.ts';
import type { Parts } from '../schema.ts';
import type { Reading, ValueType } from '../types/type.ts';
import { inField } from './decode-checks.ts';
import type { Absence, Text } from './decode-text.ts';
import { reason, type Fault, type Masked } from './faults.ts';

export interface Lacking extends Masked {
  /** For each absence: when, and the value that zod puts there. */
  readonly said: readonly { readonly when: string; readonly value: unknown }[];
  /** Branches of a CASE that fill in defaults, as SQL. */
  readonly fills: readonly string[];
}

/** The mask is asked only of rows whose value is NULL. */
export function lackOf(
  column: Column,
  type: ValueType,
  reading: Reading,
  text: Text,
  canFail: boolean,
): Lacking {
  const { name, schema } = column;
  const { parts, where } = reading;
  const faults: Fault[] = [];
  const add = (code: string, expects: string, aborts: boolean, reasons: string) =>
    faults.push({ code, expects, engine: 'sql', aborts, reasons }) - 1;

  const absences = text.absences.map((absence) => {
    const judged = absent(schema, absence.as);
    if (judged.ok) return { when: absence.when, value: judged.value, fault: null };
    const findings = judged.findings.map((finding) => ({
      code: finding.code,
      message: inField(finding, words(absence, finding.code, parts, type)),
    }));
    const reasons = findings
      .map(({ code, message }) => reason(name, code, message, text.received))
      .join(' || ');
    const [first] = findings;
    return {
      when: absence.when,
      value: undefined,
      fault: add(first!.code, first!.message, judged.aborted, reasons),
    };
  });
  const { mismatch } = text;
  const noun = type.noun(parts);
  const other = mismatch && add('invalid_type', `expected ${noun}`, true, mismatch.reasons(name, noun));
  const expects = type.expects(reading);
  const undecodable = canFail
    ? add('decode', expects, true, reason(name, 'decode', expects, text.received))
    : null;

  const filled = (value: unknown): string => {
    const sql = type.literal(value, parts, where);
    return type.nested === undefined ? sql : type.nested.read(sql, parts, where);
  };

  return {
    faults,
    said: absences,
    fills: absences.flatMap(({ when, value }) =>
      value === undefined || value === null ? [] : [`WHEN ${when} THEN ${filled(value)}`],
    ),
    mask(bits) {
      const bit = (fault: number | null) => (fault === null ? '0' : bits[fault]!);
      const whens = absences.map(({ when, fault }) => `WHEN ${when} THEN ${bit(fault)} `);
      if (mismatch !== null) whens.push(`WHEN ${mismatch.when} THEN ${bit(other)} `);
      return whens.length === 0 ? bit(undecodable) : `CASE ${whens.join('')}ELSE ${bit(undecodable)} END`;
    },
  };
}

/** zod's words name types of JavaScript; ours name what was found. The definition's own words stay. */
function words(absence: Absence, code: string, parts: Parts, type: ValueType): string | undefined {
  if (parts.def.error !== undefined) return undefined;
  if (code === 'invalid_type') return `expected ${type.noun(parts)}, found ${absence.found}`;
  return code === 'invalid_value' ? `expected one of the declared values, found ${absence.found}` : undefined;
}
