/** Checks on rows as layers: rows that break a rule of severity `reject` get a reason, the others are counted. */

import type { Check, RowCheck } from '../checks/check.ts';
import { known, LIVE, type Layer } from '../layer.ts';
import { DELETE_COLUMN, meetsTable, type Sink } from '../sinks/sink.ts';
import { quote } from '../sql.ts';
import { markDeletes } from './mark-deletes.ts';
import { onePerKey } from './one-per-key.ts';
import { reasonSql } from './reason.ts';
import type { Deed } from './rounds.ts';

export const rowChecks = (checks: readonly Check[]): readonly RowCheck[] =>
  checks.filter((check): check is RowCheck => check.scope === 'row');

/** The column that marks the rows which break a check that does not reject them. */
export const violationColumn = (checks: readonly Check[], check: Check): string =>
  `_v${checks.indexOf(check)}`;

/**
 * Judges rows: first by the checks that look at one row alone; then, among the rows that pass these, one row stands for
 * each key that the table has once; then by the checks that compare rows. So a rejected row never takes the place of a
 * good one.
 */
export const judgeRows = (layer: Layer, judging: Judging, where: string): Layer =>
  judgingDeeds(judging, where).reduce((below, deed) => deed.apply(below), layer);

/** The same, piece by piece: checks that compare rows by different columns judge one after another, and in the end together. */
export function judgingDeeds({ checks, sinks }: Judging, where: string): readonly Deed[] {
  const alone = rowChecks(checks).filter((check) => !check.setwise);
  const compared = rowChecks(checks).filter((check) => check.setwise);
  const counted = alone.filter((check) => check.severity !== 'reject');
  const deeds: Deed[] = [
    {
      meets: 'record',
      makes: [],
      says: alone.map(({ words }) => `check ${words}`).join('; '),
      marks: [
        ...sinks.flatMap(({ deleteWhen }) => (deleteWhen === null ? [] : [DELETE_COLUMN])),
        ...counted.map((check) => violationColumn(checks, check)),
      ],
      apply(below) {
        for (const check of rowChecks(checks))
          known(check.violates, below.columns, `${where}, check.${check.name}`);
        const partitions = sinks.flatMap((sink) => sink.partitionBy).filter((name) => isText(below, name));
        const all = [...checks, ...partitions.map(partitionCheck)];
        const group = [...alone, ...rowChecks(all.slice(checks.length))];
        const marked = sinks.reduce(markDeletes, below);
        return group.length > 0 ? judged(broken(marked, group, all), group, all) : marked;
      },
    },
    ...sinks.filter(meetsTable).map((sink) => ({
      meets: sink.key,
      makes: [],
      says: `one row for each ${sink.key.join(', ')} of table ${sink.table}`,
      apply: (below: Layer) => onePerKey(below, sink),
    })),
    ...compared.map((check) => ({
      meets: check.meets ?? ('run' as const),
      makes: [],
      says: `check ${check.words}`,
      marks: [brokenColumn(checks, check)],
      apply: (below: Layer) => broken(below, [check], checks),
    })),
  ];
  const verdict = {
    meets: 'record',
    makes: [],
    says: '',
    apply: (below: Layer) => judged(below, compared, checks),
  } as const;
  return compared.length === 0 ? deeds : [...deeds, verdict];
}

export interface Judging {
  readonly checks: readonly Check[];
  readonly sinks: readonly Sink[];
}

const isText = (layer: Layer, name: string): boolean =>
  layer.columns.some((column) => column.name === name && column.sql === 'VARCHAR');

/** A Delta table reads an empty partition value back as null, so a row cannot keep it. */
const partitionCheck = (name: string): RowCheck => ({
  name: 'partition',
  scope: 'row',
  columns: [name],
  severity: 'reject',
  words: `${name} not empty`,
  violates: { text: `${quote(name)} = ''`, columns: [name] },
  setwise: false,
  message: 'expected a text by which the table can be partitioned, found an empty one',
});

/** The column that marks the rows which break a check, until all checks of their kind have looked at them. */
const brokenColumn = (all: readonly Check[], check: Check): string => `_b${all.indexOf(check)}`;

/** Marks the rows that break each check of a group. */
function broken(below: Layer, group: readonly RowCheck[], all: readonly Check[]): Layer {
  const marks = group.map(
    (check) => `("_live" AND (${check.violates.text})) IS TRUE AS ${quote(brokenColumn(all, check))}`,
  );
  return {
    columns: below.columns,
    sql: `SELECT * EXCLUDE ("_live"), ${marks.join(',\n  ')}
FROM (SELECT *, ${LIVE} AS "_live"
FROM (${below.sql}))`,
  };
}

/** Gives the rows that a group of checks marked their reasons, or the marks by which they are counted. */
function judged(below: Layer, group: readonly RowCheck[], all: readonly Check[]): Layer {
  const breaks = (check: RowCheck): string => quote(brokenColumn(all, check));
  const rejecting = group.filter((check) => check.severity === 'reject');
  const others = group.filter((check) => check.severity !== 'reject');
  const reasons = rejecting.map((check) => {
    const value = check.columns.map((name) => `coalesce(${quote(name)}::VARCHAR, '')`).join(" || ', ' || ");
    const reason = reasonSql(check.columns.join(', '), `check.${check.name}`, check.message, value);
    return `CASE WHEN ${breaks(check)} THEN ${reason} END`;
  });
  const replaced =
    rejecting.length === 0
      ? ''
      : ` REPLACE (CASE WHEN ${rejecting.map(breaks).join(' OR ')} THEN list_filter([${reasons.join(', ')}], lambda r: r IS NOT NULL) ELSE "_reasons" END AS "_reasons")`;
  const marks = others.map((check) => `${breaks(check)} AS ${quote(violationColumn(all, check))}`);
  return {
    columns: below.columns,
    sql: `SELECT * EXCLUDE (${group.map(breaks).join(', ')})${replaced}${marks.map((m) => `, ${m}`).join('')}
FROM (${below.sql})`,
  };
}
