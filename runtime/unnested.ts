/**
 * Records of which a step makes several rows: their rows, what becomes of each record by what became of its rows, and the
 * proof that no row is lost. A record is accepted, rejected or filtered as a whole.
 */

import { ReconciliationError } from '../core/errors.ts';
import { agree } from '../core/gate/reconcile.ts';
import { LIVE } from '../core/layer.ts';
import type { Plan, RunFacts } from '../core/plan/plan.ts';
import { withinLimits, type MostElements, type UnnestPlan } from '../core/plan/unnested.ts';
import type { Engine } from './engine.ts';
import { holdRows, NUMBER } from './hold-rows.ts';
import type { Elements } from './values.ts';

/** The relation of judged records, which `unnestRecords` makes the relation `rows` of. */
export const RECORDS = 'records';
/** The same, without the life of those that would become too much. */
const BOUNDED = 'bounded_records';
/** The relation of the rows of accepted records, with their marks and the number of each one's record, `_n`. */
export const ACCEPTED = 'accepted_elements';

export interface OfRecords {
  /** What a message names first. */
  readonly what: string;
  /** The SQL of a record's number in the run, from 0. */
  readonly n: string;
  readonly run: RunFacts;
  readonly limits: MostElements;
}

/**
 * Makes the rows of the relation `records`, judges them, and makes the relation `rows`: the records again, with marks that
 * hold what became of their rows.
 * @throws ReconciliationError unless each live record has just the rows that its list says.
 */
export async function unnestRecords(
  engine: Engine,
  { output }: Pick<Plan, 'output'>,
  unnest: UnnestPlan,
  { what, n, run, limits }: OfRecords,
): Promise<Elements> {
  const bounded = withinLimits(RECORDS, unnest, limits);
  await engine.run(`CREATE VIEW ${BOUNDED} AS ${bounded}`);
  await holdRows(engine, {
    as: 'elements',
    select: unnest.rows(BOUNDED, n, run).sql,
    names: output.map(({ name }) => name),
    inMemory: false,
  });
  await engine.run(`CREATE TABLE fates AS SELECT * FROM (
  SELECT "_n" AS "_of", count(*) AS "_made", count(*) FILTER (${LIVE}) AS "_left", bool_or("_reasons" IS NOT NULL) AS "_bad"
  FROM elements GROUP BY "_n") LEFT JOIN (${FAULTS}) ON "_of" = "_of_fault"`);
  await allThere(engine, unnest.size, what, n);
  await engine.run(`CREATE VIEW rows AS SELECT r.* REPLACE (CASE WHEN "_bad" THEN "_faults" ELSE r."_reasons" END AS "_reasons",
  r."_filtered" OR coalesce("_left" = 0 AND NOT "_bad", FALSE) AS "_filtered")
FROM ${BOUNDED} r LEFT JOIN fates ON "_of" = ${n}`);
  await engine.run(
    `CREATE VIEW ${ACCEPTED} AS SELECT * FROM elements WHERE "_n" NOT IN (SELECT "_of" FROM fates WHERE "_bad")`,
  );
  const [counted] = await engine.rows(
    `SELECT coalesce(sum(${unnest.size}), 0)::BIGINT AS "_all", coalesce(sum("_made" - "_left"), 0)::BIGINT AS "_out"
FROM rows JOIN fates ON "_of" = ${n} WHERE ${LIVE}`,
  );
  return { made: counted!['_all'] as number, leftOut: counted!['_out'] as number };
}

/** The reasons of each record's rows: equal ones once, in the order of the rows. */
const FAULTS = `SELECT "_of_fault", list(reason ORDER BY place) AS "_faults"
FROM (SELECT "_of_fault", reason, min({row_at: row_at, nth: nth}) AS place
  FROM (SELECT "_n" AS "_of_fault", unnest("_reasons") AS reason, ${NUMBER} AS row_at, unnest(range(len("_reasons"))) AS nth
    FROM elements WHERE "_reasons" IS NOT NULL)
  GROUP BY "_of_fault", reason)
GROUP BY "_of_fault"`;

async function allThere(engine: Engine, size: string, what: string, n: string): Promise<void> {
  const [records] = await engine.rows(
    `SELECT coalesce(sum(${size}), 0)::BIGINT AS "_all", count(*) FILTER ("_made" IS DISTINCT FROM ${size}) AS "_wrong"
FROM (SELECT * FROM ${BOUNDED} WHERE ${LIVE}) LEFT JOIN fates ON "_of" = ${n}`,
  );
  const [rows] = await engine.rows('SELECT count(*) AS n FROM elements');
  agree(
    what,
    { of: 'the lists of the records', count: records!['_all'] as number },
    { of: 'the rows that were made of them', count: rows!['n'] as number },
  );
  if (records!['_wrong'] === 0) return;
  throw new ReconciliationError(
    `${what}: ${String(records!['_wrong'])} records have other rows than their lists say. Nothing was committed.`,
  );
}

/** Rows that are to be written: one of each accepted record, or what a step made of them. */
export const tableRows = (accepted: number, elements: Elements | undefined): number =>
  elements === undefined ? accepted : elements.made - elements.leftOut;
