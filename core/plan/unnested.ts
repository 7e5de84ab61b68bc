/** Records of which a step makes several rows: what stands where in the transform, and the rows that come of it. */

import type { Check } from '../checks/check.ts';
import { DefinitionError } from '../errors.ts';
import { LIVE, type Layer } from '../layer.ts';
import { REASONS_TYPE } from '../reasons.ts';
import { meetsTable, type Sink } from '../sinks/sink.ts';
import { quote } from '../sql.ts';
import type { Step, Unnesting } from '../transforms/step.ts';
import { rowChecks } from './row-checks.ts';

/** The steps of a transform, up to the one that makes several rows of a record, and from there on. */
export interface SplitSteps {
  readonly ofRecords: readonly Step[];
  readonly ofRows: readonly Step[];
  readonly unnests: Unnesting | null;
}

/** Makes rows of records in the plan of a definition. */
export interface UnnestPlan {
  /** How many rows a live record becomes, as SQL over the judged records. */
  readonly size: string;
  /**
   * The rows of the live records of a relation, with the number of each one's record, `_n`, and with marks.
   * @param n the SQL of a record's number in the run, from 0.
   */
  rows(records: string, n: string, run: { readonly startedAt: string }): Layer;
}

interface Planned {
  readonly rows: { readonly steps: readonly Step[] };
  readonly checks: readonly Check[];
  readonly sinks: readonly Sink[];
}

/** @throws DefinitionError for what compares rows, or takes each for a record, where records have several. */
export function splitSteps({ rows: { steps }, checks, sinks }: Planned, where: string): SplitSteps {
  const at = steps.findIndex((step) => step.unnests !== undefined);
  if (at === -1) return { ofRecords: steps, ofRows: [], unnests: null };
  const refuse = (what: string, instead = ''): never => {
    throw new DefinitionError(
      `${where}: ${what} cannot stand where unnest() made several rows of a record. ${instead}Append or replace, and go on in ` +
        'a pipeline that reads this table with source.table(): there each row is a record.',
    );
  };
  for (const { unnests, setwise, word } of steps.slice(at + 1)) {
    if (unnests !== undefined) refuse('a second unnest()');
    if (setwise) refuse(`${word}(), which works on all rows of a run,`, 'Put it before unnest(). Or: ');
  }
  const compared = rowChecks(checks).find((check) => check.setwise);
  if (compared !== undefined) refuse(`check.${compared.name}, which holds rows against each other,`);
  const meeting = sinks.find(meetsTable);
  if (meeting !== undefined) refuse(`a key of table ${meeting.table} (write: 'upsert', dedupe: 'table')`);
  return { ofRecords: steps.slice(0, at), ofRows: steps.slice(at), unnests: steps[at]!.unnests! };
}

/** The live rows of a relation of records, as the layer that the steps on rows stand on. */
export function liveRecords({ columns }: Layer, records: string, n: string, runTime: string): Layer {
  const names = columns.map(({ name }) => quote(name)).join(', ');
  return {
    columns,
    sql: `SELECT ${names}, (${n})::BIGINT AS "_n", NULL::${REASONS_TYPE} AS "_reasons", FALSE AS "_filtered",
  FALSE AS "_deduplicated", ${runTime} FROM (SELECT * FROM ${records} WHERE ${LIVE})`,
  };
}
