/** From a definition, as a user writes it, to a pipeline: validated, frozen, plain data. */

import { z } from 'zod';
import type { Check } from './checks/check.ts';
import { checkColumnNames } from './column-names.ts';
import { definitionSchema } from './definition-schema.ts';
import type { Duration } from './duration.ts';
import { DefinitionError } from './errors.ts';
import { planOf } from './plan/plan.ts';
import type { WithTable } from './reference.ts';
import { ReceivedRows, refs, Rows, type Refs, type Shape } from './rows.ts';
import { scaleSchema, type Scale, type ScaleOptions } from './scale.ts';
import type { Sink } from './sinks/sink.ts';
import { files, type FilesOptions } from './sources/files.ts';
import type { Source } from './sources/source.ts';
import { table, type TableArguments } from './sources/table.ts';

/** The source words, knowing the row: a rule for a column that the row does not have is a compile error. */
export interface Sources<In extends Shape> {
  /** Objects in the landing bucket, or files on a laptop. */
  files(options: FilesOptions<keyof In & string>): Source;
  /**
   * The table of another pipeline: each of its versions starts a run. Columns bind by name, `decode: { ours: 'theirs' }`
   * says other names.
   */
  table<O extends Shape>(other: WithTable<O>, ...options: TableArguments<In, O>): Source;
}

/** When a run is stopped before anything of it becomes visible. */
export interface Gate {
  /** The share of the records read, from 0 to 1, that may be rejected. */
  readonly rejected: { readonly atMost: number };
}

/** What is promised about a pipeline; alarms follow from it. */
export interface Sla {
  /** From the arrival of an object to its rows being visible. */
  readonly latency: Duration;
  /** How old the newest data may become. */
  readonly freshness?: Duration;
  /** The share of rejected records, from 0 to 1, above which it is an incident. */
  readonly errorRate?: number;
}

/** One dataset, told once, in the order in which its data flows. */
export interface Definition<In extends Shape, Out extends Shape> {
  /** Lower case letters, digits and dashes; it names the run, the folder, the stack. */
  readonly name: string;
  /** Who answers for it: a person or a team. */
  readonly owner: string;
  readonly description: string;
  /** The row that every source must deliver. */
  readonly row: z.ZodObject<In>;
  readonly sources: (source: Sources<In>) => readonly Source[];
  readonly transform?: (rows: ReceivedRows<In>) => Rows<Out>;
  readonly checks?: (o: Refs<Out>) => readonly Check[];
  readonly gate: Gate;
  readonly sinks: (o: Refs<Out>) => readonly Sink[];
  readonly sla: Sla;
  /** How much at once. Default: what is good for ten million records in one run. */
  readonly scale?: ScaleOptions;
}

export interface Pipeline<Out extends Shape = Shape> {
  readonly name: string;
  readonly owner: string;
  readonly description: string;
  /** The row as it is received. */
  readonly row: z.ZodObject;
  readonly sources: readonly Source[];
  /** The row as it leaves the transform, and the steps to it. */
  readonly rows: Rows<Out>;
  readonly checks: readonly Check[];
  readonly gate: Gate;
  readonly sinks: readonly Sink[];
  readonly sla: Sla;
  readonly scale: Scale;
  /** The type of an accepted row; never set at run time. */
  readonly $row?: { [K in keyof Out]: z.output<Out[K]> };
}

/**
 * Makes a pipeline of a definition.
 * @throws DefinitionError if a part of it cannot be used; the message says which, and what to write instead.
 */
export function definePipeline<In extends Shape, Out extends Shape = In>(
  definition: Definition<In, Out>,
): Pipeline<Out> {
  const where = `Pipeline ${JSON.stringify(definition.name)}`;
  const parsed = definitionSchema.safeParse(definition);
  if (!parsed.success) throw new DefinitionError(`${where}: ${z.prettifyError(parsed.error)}`);
  if (Object.keys(definition.row.shape).length === 0) {
    throw new DefinitionError(`${where}: \`row\` has no columns; give at least one.`);
  }
  checkColumnNames(Object.keys(definition.row.shape), where);

  const received = new ReceivedRows<In>(definition.row.shape);
  const rows = definition.transform ? definition.transform(received) : (received as unknown as Rows<Out>);
  if (!(rows instanceof Rows)) {
    throw new DefinitionError(
      `${where}: \`transform\` must return the rows it was given, with steps added: (rows) => rows.where(…).`,
    );
  }
  checkColumnNames(Object.keys(rows.shape), where);
  const o = refs(rows.shape);
  const sources = definition.sources({ files, table });
  const sinks = definition.sinks(o);
  if (sources.length === 0)
    throw new DefinitionError(`${where}: \`sources\` is empty; give at least one source.`);
  if (sinks.length !== 1) {
    throw new DefinitionError(`${where}: \`sinks\` has ${sinks.length} sinks; give exactly one.`);
  }
  const pipeline: Pipeline<Out> = Object.freeze({
    name: definition.name,
    owner: definition.owner,
    description: definition.description,
    row: definition.row,
    sources: Object.freeze([...sources]),
    rows,
    checks: Object.freeze([...(definition.checks?.(o) ?? [])]),
    gate: definition.gate,
    sinks: Object.freeze([...sinks]),
    sla: definition.sla,
    scale: Object.freeze(scaleOf(definition.scale, sources, where)),
  });
  planOf(pipeline);
  return pipeline;
}

/** Runs that each read a whole table do not go side by side: one would take the place of what the other is about to write. */
function scaleOf(given: ScaleOptions | undefined, sources: readonly Source[], where: string): Scale {
  const scale = scaleSchema.parse(given ?? {});
  if (!sources.some(({ versions }) => versions?.read === 'whole')) return scale;
  if ((given?.openRuns ?? 1) === 1) return { ...scale, openRuns: 1 };
  throw new DefinitionError(
    `${where}: scale.openRuns is ${scale.openRuns}, and a table that is read as a whole is read by one run at a time; leave it out.`,
  );
}
