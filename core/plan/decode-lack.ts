/** A field without a value: what zod says of a null or a missing field, and the faults of a text that is not one. */

import { DefinitionError } from '../errors.ts';
import { absent, type Column } from '../row.ts';
import type { Parts } from '../schema.ts';
import type { Reading, ValueType } from '../types/type.ts';
import { judge } from '../zod-call.ts';
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

  return {
    faults,
    said: absences,
    fills: absences.flatMap(({ when, value }) =>
      value === undefined || value === null
        ? []
        : [`WHEN ${when} THEN ${defaultSql(value, column, type, parts, where)}`],
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

/** zod does not judge a default; what it fills in would then be a row that breaks its own schema. */
function defaultSql(value: unknown, column: Column, type: ValueType, parts: Parts, where: string): string {
  const judged = judge(parts.base, value);
  if (!judged.ok) {
    throw new DefinitionError(
      `${where}: its default does not pass its own schema: ${judged.findings[0]!.message}.`,
    );
  }
  if (JSON.stringify(plainly(value)) !== JSON.stringify(plainly(valueAgain(column, value)))) {
    throw new DefinitionError(
      `${where}: its default is not the same each time; give a value that never changes.`,
    );
  }
  const sql = type.literal(value, parts, where);
  return type.nested === undefined ? sql : type.nested.read(sql, parts, where);
}

function valueAgain(column: Column, before: unknown): unknown {
  const again = [absent(column.schema, 'missing'), absent(column.schema, 'null')].map((judged) =>
    judged.ok ? judged.value : undefined,
  );
  return again.find((value) => typeof value === typeof before && value !== null);
}

const plainly = (value: unknown): unknown => (typeof value === 'bigint' ? String(value) : value);
