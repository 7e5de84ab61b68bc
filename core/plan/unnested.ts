/** Records of which a step makes several rows: what stands where in the transform, and the rows that come of it. */

import type { Check } from '../checks/check.ts';
import { DefinitionError } from '../errors.ts';
import { LIVE, type Layer } from '../layer.ts';
import { REASONS_TYPE } from '../reasons.ts';
import { meetsTable, type Sink } from '../sinks/sink.ts';
import { quote } from '../sql.ts';
import type { Step, Unnesting } from '../transforms/step.ts';
import { reasonSql } from './reason.ts';
import { rowChecks } from './row-checks.ts';

/** The steps of a transform, up to the one that makes several rows of a record, and from there on. */
export interface SplitSteps {
  readonly ofRecords: readonly Step[];
  readonly ofRows: readonly Step[];
  readonly unnests: Unnesting | null;
}

/** Makes rows of records in the plan of a definition. */
export interface UnnestPlan {
  /** The columns of the records, and which of them is the list. */
  readonly columns: Layer['columns'];
  readonly list: string;
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

export interface MostElements {
  readonly elements: number;
  readonly unnestedBytes: number;
}

/**
 * The records of a relation, of which those are rejected that would become more than the limits let them: before a row is
 * made of them, so that their neighbours have the memory.
 */
export function withinLimits(
  records: string,
  { columns, list, size }: Pick<UnnestPlan, 'columns' | 'list' | 'size'>,
  most: MostElements,
): string {
  const repeated = columns.filter(({ name }) => name !== list).map(bytesOf);
  const bytes = `(${size})::DOUBLE * (${['0', ...repeated].join(' + ')})`;
  const says = (what: string, value: string): string => `[${reasonSql(list, 'too_long', what, value)}]`;
  const many = says(
    `expected a list that makes at most ${most.elements} rows (the limit elements), found a longer one; deliver the record in parts`,
    `(${size})::VARCHAR`,
  );
  const large = says(
    `expected rows of at most ${most.unnestedBytes} bytes together, with what is repeated for each (the limit unnestedBytes), found more; deliver the record in parts, or leave columns out`,
    `(${size})::VARCHAR`,
  );
  return `SELECT * REPLACE (CASE WHEN ${LIVE} AND ${size} > ${most.elements} THEN ${many}
  WHEN ${LIVE} AND ${size} > 1 AND ${bytes} > ${most.unnestedBytes} THEN ${large} ELSE "_reasons" END AS "_reasons")
FROM ${records}`;
}

/** About as many bytes as a value takes in memory. */
const bytesOf = ({ name, sql }: Layer['columns'][number]): string => {
  const value = quote(name);
  if (sql === 'VARCHAR') return `coalesce(strlen(${value}), 0)`;
  return /[()[\]]/.test(sql) && !sql.startsWith('DECIMAL') ? `coalesce(strlen(${value}::VARCHAR), 0)` : '8';
};

/** The live rows of a relation of records, as the layer that the steps on rows stand on. */
export function liveRecords({ columns }: Layer, records: string, n: string, runTime: string): Layer {
  const names = columns.map(({ name }) => quote(name)).join(', ');
  return {
    columns,
    sql: `SELECT ${names}, (${n})::BIGINT AS "_n", NULL::${REASONS_TYPE} AS "_reasons", FALSE AS "_filtered",
  FALSE AS "_deduplicated", ${runTime} FROM (SELECT * FROM ${records} WHERE ${LIVE})`,
  };
}
