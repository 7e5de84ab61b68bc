/** Faults as bits: which column has which fault is an integer for each row; reasons are spelled out for bad rows alone. */

import { literal } from '../sql.ts';
import { reasonSql } from './reason.ts';

/** Something that can be wrong with a row. */
export interface Fault {
  readonly code: string;
  /** What the reason says, or for a function of zod what it is asked. */
  readonly expects: string;
  readonly engine: 'sql' | 'zod';
  /** zod does not run the checks of the object on a row with this fault. */
  readonly aborts: boolean;
  /** The list of reasons, as SQL over the row. */
  readonly reasons: string;
}

/** What one column adds to the mask: its faults, and an integer made of their bits. */
export interface Masked {
  readonly faults: readonly Fault[];
  mask(bits: readonly string[]): string;
}

export interface Placed {
  /** The columns of masks, `_m0`, `_m1`, … as SQL over the layer below. */
  readonly masks: readonly string[];
  /** TRUE for a row with a fault. */
  readonly bad: string;
  /** TRUE for a row with a fault after which zod does not look at the row as a whole. */
  readonly aborted: string;
  /** For each given column: TRUE where it has no fault, or null if it can have none. */
  readonly fine: readonly (string | null)[];
  /** For each fault the list of its reasons: where the row has it (else NULL), and where the row has no other. */
  readonly reasons: readonly { readonly ifSo: string; readonly alone: string; readonly list: string }[];
}

const SMALL = 31;
const LARGE = 62;

/** Gives every fault its bit: in one INTEGER if they fit, else in BIGINTs, the bits of a column side by side. */
export function place(columns: readonly Masked[]): Placed {
  const total = columns.reduce((sum, column) => sum + column.faults.length, 0);
  const width = total <= SMALL ? SMALL : LARGE;
  const terms: string[][] = [[]];
  const aborting: bigint[] = [0n];
  const fine: (string | null)[] = [];
  const placed: { readonly at: number; readonly bit: bigint; readonly list: string }[] = [];
  let used = 0;
  for (const { faults, mask } of columns) {
    if (faults.length === 0) {
      fine.push(null);
      continue;
    }
    if (used + faults.length > width) {
      terms.push([]);
      aborting.push(0n);
      used = 0;
    }
    const at = terms.length - 1;
    const bits = faults.map((_, i) => 1n << BigInt(used + i));
    used += faults.length;
    terms[at]!.push(`(${mask(bits.map(String))})`);
    fine.push(`("_m${at}" & ${bits.reduce((all, bit) => all | bit)}) = 0`);
    for (const [i, fault] of faults.entries()) {
      placed.push({ at, bit: bits[i]!, list: fault.reasons });
      if (fault.aborts) aborting[at]! |= bits[i]!;
    }
  }
  const any = (conditions: readonly string[]) =>
    conditions.length === 0 ? 'FALSE' : `(${conditions.join(' OR ')})`;
  const filled = terms.map((own, i) => ({ own, i })).filter(({ own }) => own.length > 0);
  const alone = (at: number, bit: bigint) =>
    filled.map(({ i }) => `"_m${i}" = ${i === at ? bit : 0}`).join(' AND ');
  return {
    masks: filled.map(({ own, i }) => `${own.join('\n    + ')} AS "_m${i}"`),
    bad: any(filled.map(({ i }) => `"_m${i}" <> 0`)),
    aborted: any(
      filled.filter(({ i }) => aborting[i] !== 0n).map(({ i }) => `("_m${i}" & ${aborting[i]}) <> 0`),
    ),
    fine,
    reasons: placed.map(({ at, bit, list }) => ({
      ifSo: `CASE WHEN ("_m${at}" & ${bit}) <> 0 THEN ${list} END`,
      alone: alone(at, bit),
      list,
    })),
  };
}

/** A list with one reason. */
export const reason = (column: string | null, code: string, message: string, value: string): string =>
  `[${reasonSql(column, code, message, value)}]`;

const FINDINGS = literal('[{"column":"VARCHAR","code":"VARCHAR","message":"VARCHAR"}]');

/** The list of reasons in what a function of zod gave; `valueOf` says which text a finding's column had. */
export const found = (given: string, valueOf: (column: string) => string): string =>
  `list_transform(from_json(substr(${given}, 2), ${FINDINGS}), lambda f: {"column": f."column", code: f.code, message: f.message, "value": ${valueOf('f."column"')}})`;
