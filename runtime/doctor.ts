/** Holds what an environment keeps against itself: ledger, tables, quarantine, reports and work must tell the same. */

import { checkAttempts } from './doctor/attempts.ts';
import type { Finding } from './doctor/finding.ts';
import { checkObjects, checkRecords } from './doctor/records.ts';
import { checkTables } from './doctor/tables.ts';
import type { IsGone, Leftover } from './leftovers.ts';
import { settledRuns, viewLedger } from './ledger-view.ts';
import type { World } from './world.ts';

export interface DoctorOptions {
  readonly isGone: IsGone;
  /** Everything that is left over now; it is told, and is no finding. */
  readonly leftovers: () => Promise<readonly Leftover[]>;
  /** A command line of Sluice for this environment, from the command and its arguments. */
  readonly call: (...words: readonly string[]) => string;
}

export interface Diagnosis {
  /** What does not agree, and is not merely under way. */
  readonly findings: readonly Finding[];
  /** What is as it should be, and worth knowing. */
  readonly notes: readonly string[];
  /** How many settled runs, tables of the lake and rows in them were looked at. */
  readonly runs: number;
  readonly tables: number;
  readonly rows: number;
  readonly leftovers: { readonly count: number; readonly bytes: number };
}

/**
 * Changes nothing, and never throws because of what it finds. Runs that go on meanwhile make things differ for a moment,
 * so it looks a second time where it finds something: a finding is what both looks found.
 */
export async function examine(world: World, options: DoctorOptions): Promise<Diagnosis> {
  const first = await look(world, options);
  const second = first.findings.length === 0 ? first : await look(world, options);
  const before = new Set(first.findings.map(keyOf));
  const left = await options.leftovers();
  return {
    ...second,
    findings: second.findings.filter((finding) => before.has(keyOf(finding))),
    leftovers: { count: left.length, bytes: left.reduce((sum, { bytes }) => sum + bytes, 0) },
  };
}

const keyOf = ({ check, what, where }: Finding): string => JSON.stringify([check, what, where]);

async function look(world: World, { isGone, call }: DoctorOptions): Promise<Omit<Diagnosis, 'leftovers'>> {
  // Before the tables: what the ledger says is settled, they must have by then.
  const ledger = await viewLedger(world);
  const attempts = await checkAttempts(world, ledger, isGone, call);
  const tables = await checkTables(world, ledger, call);
  const unreadable = ledger.unreadable.map(({ of, where, why }): Finding => {
    const next = 'Restore it from a backup, or do as the message says; until then its runs are not checked.';
    return { check: 'ledger', what: `The ${of} cannot be read: ${why}`, where, next };
  });
  return {
    findings: [
      ...unreadable,
      ...attempts.findings,
      ...tables.findings,
      ...(await checkRecords(world, ledger, call)),
      ...(await checkObjects(world, ledger)),
    ],
    notes: attempts.notes,
    runs: settledRuns(ledger).length,
    tables: tables.tables,
    rows: tables.rows,
  };
}
