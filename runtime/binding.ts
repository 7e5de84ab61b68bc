/** Which field of an object holds each column of the row, and what the engine calls it. */

import type { Expected } from '../core/formats/format.ts';
import { bindFields, type BindColumn } from '../core/header.ts';
import type { Pipeline } from '../core/pipeline.ts';
import { planOf } from '../core/plan/plan.ts';
import { absent, acceptsMissing } from '../core/row.ts';
import type { Asked } from './intake/converter.ts';

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
  const wanted = wantedOf(pipeline, source);
  const { fields, extra } = bindFields(wanted, { fields: header, bytes: 0 });
  const place = (from: string): string | null => {
    const at = fields.indexOf(from);
    return at === -1 ? null : `f${at}`;
  };
  return { fields, extra, bound: Object.fromEntries(wanted.map(({ name, from }) => [name, place(from)])) };
}

/** The fields that the columns of the row ask of a source. */
export function expectedOf(pipeline: Pipeline, source: number): Expected {
  const wanted = wantedOf(pipeline, source);
  const unique = (columns: readonly BindColumn[]) => [...new Set(columns.map(({ from }) => from))];
  return { names: unique(wanted), required: unique(wanted.filter(({ optional }) => !optional)) };
}

/** The columns of the row as a converter asks an object for them. */
export function askedOf(pipeline: Pipeline, source: number): readonly Asked[] {
  const { decode } = pipeline.sources[source]!;
  const columns = planOf(pipeline).received;
  return wantedOf(pipeline, source).map((wanted, i) => {
    const { type, sql, pii, schema } = columns[i]!;
    const rule = decode[wanted.name];
    return {
      ...wanted,
      type,
      sql,
      pii,
      omitsNull: wanted.optional && !absent(schema, 'null').ok,
      zoned: rule?.zone !== undefined,
      epoch: rule?.epoch !== undefined,
    };
  });
}

function wantedOf(pipeline: Pipeline, source: number): readonly BindColumn[] {
  const { decode } = pipeline.sources[source]!;
  return planOf(pipeline).received.map((column) => ({
    name: column.name,
    optional: acceptsMissing(column),
    from: decode[column.name]?.from ?? column.name,
    pii: column.pii,
  }));
}
