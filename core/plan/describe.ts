/** A plan for people: the SQL as it will run, and which rule is checked where. */

import type { Column } from '../row.ts';
import type { Step } from '../transforms/step.ts';
import type { Planned, PlannedRound } from './plan.ts';
import { planOf } from './plan.ts';
import { measureSql } from './measure.ts';
import { splitSteps } from './unnested.ts';
import { stagedSql } from './write.ts';

export interface DescribedRule {
  /** Null for a rule on the row or the run as a whole. */
  readonly column: string | null;
  readonly code: string;
  readonly expects: string;
  readonly engine: 'sql' | 'zod';
}

export interface DescribedPlan {
  readonly sql: string;
  readonly rules: readonly DescribedRule[];
}

/** One description for each source. The text of the fields stands in a relation named `received`. */
export function describePlan(pipeline: Planned): readonly DescribedPlan[] {
  const plan = planOf(pipeline);
  const run = { startedAt: '2026-01-01T00:00:00.000Z' };
  const checks = pipeline.checks.map((check): DescribedRule => ({
    column: check.columns.join(', ') || null,
    code: `check.${check.name}`,
    expects: `${check.words} (${check.severity})`,
    engine: 'sql',
  }));
  const { ofRecords, ofRows } = splitSteps(pipeline, pipeline.name);
  const first = ofRecords.findIndex((step) => step.setwise);
  const [rowwise, rest] =
    first === -1 ? [ofRecords, []] : [ofRecords.slice(0, first), ofRecords.slice(first)];
  return pipeline.sources.map((_, i) => {
    const decode = plan.decode(i);
    const parts = [
      `-- each chunk${stepsSaid(rowwise)}\nCREATE TABLE rows AS ${plan.chunk(decode, 'received', run).sql};`,
    ];
    if (plan.setwise) {
      parts.push(
        `-- what a chunk leaves for the whole run\n${stagedSql(namesOf(plan.staged), 'rows', 'first_record + rowid')};`,
        `-- the whole run${roundsSaid(plan.rounds, rest)}\nCREATE TABLE rows AS ${plan.whole('staged', run).sql};`,
      );
    }
    if (plan.unnest !== null) {
      const { sql } = plan.unnest.rows('rows', plan.setwise ? '"_n"' : 'first_record + rowid', run);
      parts.push(
        `-- the rows of each record that is left; it is accepted, rejected or filtered with all of them${stepsSaid(ofRows)}\nCREATE TABLE elements AS ${sql};`,
      );
    }
    const measures = measureSql(pipeline.checks, 'accepted');
    if (measures !== null) parts.push(`-- the checks on the run\n${measures};`);
    return { sql: parts.join('\n\n'), rules: [...once(decode.rules), ...ofRow(pipeline), ...checks] };
  });
}

/** How the rows of a large object are parted for it, and what is done then. */
function roundsSaid(rounds: readonly PlannedRound[], steps: readonly Step[]): string {
  if (rounds.length === 1) {
    const { by } = rounds[0]!;
    const large = by === null ? '' : 'of a large object ';
    return `, ${large}${partedSaid(by)}${stepsSaid(steps)}`;
  }
  const each = rounds.map(({ by, deeds }, i) => {
    const said = deeds.flatMap(({ says }) => (says === '' ? [] : [`\n--     ${oneLine(says)}`]));
    return `\n--   round ${i + 1}, ${partedSaid(by)}${said.join('')}`;
  });
  return `, of a large object in ${rounds.length} rounds, one after another${each.join('')}`;
}

function partedSaid(by: readonly string[] | null): string {
  if (by === null) return 'in one piece: all of its rows meet';
  return `in buckets by ${by.length === 0 ? 'record' : by.join(', ')}`;
}

/** What each step does, a line each. */
const stepsSaid = (steps: readonly Step[]): string =>
  steps.map(({ says }) => `\n--   ${oneLine(says)}`).join('');

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ');

const namesOf = (columns: readonly Column[]): string[] => columns.map(({ name }) => name);

/** A column that zod judges has several outcomes there, and is one line here. */
function once(rules: readonly DescribedRule[]): DescribedRule[] {
  const seen = new Map(rules.map((rule) => [JSON.stringify(rule), rule]));
  return [...seen.values()];
}

function ofRow({ row }: Planned): DescribedRule[] {
  const checks = row._zod.def.checks?.length ?? 0;
  if (checks === 0) return [];
  const expects = checks === 1 ? 'the refinement of the row' : `the ${checks} refinements of the row`;
  return [{ column: null, code: 'zod', expects, engine: 'zod' }];
}
