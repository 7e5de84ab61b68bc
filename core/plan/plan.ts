/**
 * A definition as SQL, in the order in which it runs: what each chunk goes through alone, and what the run as a whole
 * goes through afterwards. Also where a definition is refused that could not run.
 */

import type { z } from 'zod';
import type { Check } from '../checks/check.ts';
import type { Layer } from '../layer.ts';
import { REASONS_TYPE } from '../reasons.ts';
import { columnsOf, type Column, type DeltaField } from '../row.ts';
import type { Rows } from '../rows.ts';
import { meetsTable, metadataColumns, type Sink } from '../sinks/sink.ts';
import type { Source } from '../sources/source.ts';
import { literal, quote } from '../sql.ts';
import { checkSink } from './check-sink.ts';
import { checkSource } from './check-source.ts';
import { compileDecode, type Decode, type DecodeInput } from './decode.ts';
import { knownMeasures } from './measure.ts';
import { roundsOf, type Deed, type Round } from './rounds.ts';
import { judgeRows, judgingDeeds, rowChecks } from './row-checks.ts';
import { sourceRules, type RuledSource } from './source-rules.ts';
import { applySteps, isSetwise, stepDeed } from './steps.ts';
import { liveRecords, splitSteps, type UnnestPlan } from './unnested.ts';

/** What a plan is made of: the parts of a pipeline that say what happens to a row. */
export interface Planned {
  readonly name: string;
  readonly row: z.ZodObject;
  readonly sources: readonly (RuledSource & Pick<Source, 'format' | 'versions'>)[];
  readonly rows: Rows<Readonly<Record<string, z.ZodType>>>;
  readonly checks: readonly Check[];
  readonly sinks: readonly Sink[];
}

/** What SQL needs to know of a run. */
export interface RunFacts {
  readonly startedAt: string;
}

export interface Plan {
  /** The columns that a source delivers. */
  readonly received: readonly Column[];
  /** The columns that a chunk leaves. */
  readonly staged: readonly Column[];
  /** The columns of an accepted row. */
  readonly output: readonly Column[];
  /** Whether some of the work needs all rows of the run at once. */
  readonly setwise: boolean;
  /** That work, cut where its rows have to be parted by other columns; none where there is none. */
  readonly rounds: readonly PlannedRound[];
  /** How a source's records become rows, given where each column stands in the object (by default, everywhere). */
  decode(
    source: number,
    options?: {
      fields?: Readonly<Record<string, string | null>>;
      faulty?: boolean;
      typed?: DecodeInput['typed'];
    },
  ): Decode;
  /**
   * The rows of one chunk with their marks; `read` is the relation of received text.
   * @param spells as of `Decode.select`.
   */
  chunk(decode: Decode, read: string, run: RunFacts, spells?: boolean): Layer;
  /** The rows of the whole run with their marks, over what the chunks left: all rounds at once. */
  whole(staged: string, run: RunFacts): Layer;
  /** How several rows are made of the records that a chunk (or the whole run) leaves; null where each is one row. */
  readonly unnest: UnnestPlan | null;
  /** The columns of the lake table. */
  readonly table: readonly DeltaField[];
}

/** A part of the work on many rows at once, for which rows can be parted. */
export interface PlannedRound extends Round {
  /** What the rows that come to it consist of, by name, beside the number of each one's record, `_n`. */
  readonly staged: readonly string[];
  /** Its rows with their marks, over what was left for it. */
  rows(staged: string, run: RunFacts): Layer;
}

/** A definition that is frozen has one plan, however often it is asked for: in each stage, several times. */
const plans = new WeakMap<Planned, Plan>();

/** @throws DefinitionError for a definition that could not run; the message says where and what to write instead. */
export function planOf(pipeline: Planned): Plan {
  const known = plans.get(pipeline);
  if (known !== undefined) return known;
  const plan = make(pipeline);
  if (Object.isFrozen(pipeline)) plans.set(pipeline, plan);
  return plan;
}

function make(pipeline: Planned): Plan {
  const where = `Pipeline ${JSON.stringify(pipeline.name)}`;
  const received = columnsOf(pipeline.row.shape, `${where}, row`);
  const { steps } = pipeline.rows;
  const { ofRecords, ofRows, unnests } = splitSteps(pipeline, where);
  const first = ofRecords.findIndex(isSetwise);
  const rowwise = first === -1 ? ofRecords : ofRecords.slice(0, first);
  const rest = first === -1 ? [] : ofRecords.slice(first);
  const setwise =
    rest.length > 0 ||
    pipeline.sinks.some(meetsTable) ||
    rowChecks(pipeline.checks).some((check) => check.setwise);

  const decode: Plan['decode'] = (source, options = {}) => {
    const { format, ...ruled } = pipeline.sources[source]!;
    return compileDecode({
      row: pipeline.row,
      columns: received,
      rules: sourceRules(ruled, received),
      fields: Object.fromEntries(
        received.map(({ name }, i) => [
          name,
          { text: options.fields ? (options.fields[name] ?? null) : `f${i}` },
        ]),
      ),
      tagged: format.tagged,
      faulty: options.faulty ?? format.tagged,
      typed: options.typed,
      skip: steps.flatMap((step) => step.received ?? []),
    });
  };
  const judging: readonly Deed[] =
    unnests === null
      ? judgingDeeds(pipeline, where)
      : [{ meets: 'record', makes: [], says: '', apply: (below) => unnests.judge(below, where) }];
  const chunk: Plan['chunk'] = (decoded, read, run, spells) => {
    const base = `SELECT * REPLACE (CASE WHEN "_filtered" THEN NULL ELSE "_reasons" END AS "_reasons"),
  FALSE AS "_deduplicated", ${runTime(run)} FROM (${decoded.select(read, spells)})`;
    const stepped = applySteps({ sql: base, columns: received }, rowwise, where);
    return withoutTime(setwise ? stepped : judging.reduce(applied, stepped));
  };
  const left = chunk(decode(0), 'received', { startedAt: '1970-01-01T00:00:00Z' });
  const deeds = setwise ? [...rest.map((step) => stepDeed(step, where)), ...judging] : [];
  const whole = rowsOf({ columns: left.columns, marks: [], deeds });
  const last = setwise ? whole('staged', { startedAt: '1970-01-01T00:00:00Z' }) : left;
  const unnest = unnests && {
    columns: last.columns,
    list: unnests.list,
    size: unnests.size,
    rows: (records: string, n: string, run: RunFacts): Layer => {
      const live = liveRecords(last, records, n, runTime(run));
      return withoutTime(judgeRows(applySteps(live, ofRows, where), pipeline, where));
    },
  };
  const output = (unnest?.rows('records', '"_n"', { startedAt: '1970-01-01T00:00:00Z' }) ?? last).columns;
  pipeline.sources.forEach((_, i) => decode(i));
  knownMeasures(pipeline.checks, output, where);
  for (const sink of pipeline.sinks) checkSink(sink, output, where);
  for (const source of pipeline.sources) checkSource(source, received, pipeline.sinks, where);
  const table = tableFields(output, pipeline.sinks);
  return Object.freeze({
    received,
    staged: left.columns,
    output,
    setwise,
    rounds: deeds.length === 0 ? [] : roundsOf(left.columns, deeds).map(planned),
    decode,
    chunk,
    whole,
    unnest,
    table,
  });
}

const applied = (below: Layer, deed: Deed): Layer => deed.apply(below);

const stagedNames = ({ columns, marks }: Pick<Round, 'columns' | 'marks'>): readonly string[] => [
  ...columns.map(({ name }) => name),
  ...marks,
];

const planned = (round: Round): PlannedRound =>
  Object.freeze({ ...round, staged: stagedNames(round), rows: rowsOf(round) });

/** What deeds make of rows that an earlier stage left. */
const rowsOf =
  (work: Pick<Round, 'columns' | 'marks' | 'deeds'>) =>
  (staged: string, run: RunFacts): Layer => {
    const base = `SELECT ${stagedNames(work).map(quote).join(', ')}, "_n", NULL::${REASONS_TYPE} AS "_reasons",
  FALSE AS "_filtered", FALSE AS "_deduplicated", ${runTime(run)} FROM ${staged}`;
    return withoutTime(work.deeds.reduce(applied, { sql: base, columns: work.columns }));
  };

const runTime = (run: RunFacts): string => `TIMESTAMPTZ ${literal(run.startedAt)} AS "_run_time"`;

/** Expressions may ask for the time of the run; the rows need not carry it. */
const withoutTime = ({ sql, columns }: Layer): Layer => ({
  columns,
  sql: `SELECT * EXCLUDE ("_run_time")\nFROM (${sql})`,
});

function tableFields(output: readonly Column[], sinks: readonly Sink[]): readonly DeltaField[] {
  const own = output.map(({ name, delta, nullable, description, pii }) => ({
    name,
    type: delta,
    nullable,
    metadata: {
      ...(description === undefined ? {} : { comment: description }),
      ...(pii ? { pii: true } : {}),
    },
  }));
  const added = sinks
    .flatMap((sink) => sink.metadata)
    .map((name) => ({
      name,
      type: metadataColumns[name].delta,
      nullable: false,
      metadata: { comment: metadataColumns[name].description },
    }));
  return [...own, ...added];
}
