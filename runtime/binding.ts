/** Which field of an object holds each column of the row, and what the engine calls it. */

import { bindFields } from '../core/header.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';
import { acceptsMissing } from '../core/row.ts';

export interface Bound {
  /** The fields that the engine gets, in the order of `f0`, `f1`, …. */
  readonly fields: readonly string[];
  /** The engine's column for each column of the row; null where the object has no such field. */
  readonly bound: Readonly<Record<string, string | null>>;
  /** Fields that no column asks for. */
  readonly extra: readonly string[];
}

/** @throws ObjectRejectedError `object.header` if a field that is needed is missing, repeated or unnamed. */
export function bindSource(pipeline: Pipeline, source: number, header: readonly string[] | null): Bound {
  const { decode } = pipeline.sources[source]!;
  const wanted = planOf(pipeline).received.map((column) => ({
    name: column.name,
    optional: acceptsMissing(column),
    from: decode[column.name]?.from ?? column.name,
    pii: column.pii,
  }));
  const { fields, extra } = bindFields(wanted, { fields: header, bytes: 0 });
  const place = (from: string): string | null => {
    const at = fields.indexOf(from);
    return at === -1 ? null : `f${at}`;
  };
  return { fields, extra, bound: Object.fromEntries(wanted.map(({ name, from }) => [name, place(from)])) };
}
