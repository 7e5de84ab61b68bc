/** Pipelines for tests: what a test is about is given, the rest of the definition is as little as there can be. */

import type { z } from 'zod';
import type { Check } from '../../core/checks/check.ts';
import type { DecodeOptions } from '../../core/decode-rule.ts';
import type { Format } from '../../core/formats/format.ts';
import type { ReceivedRows, Rows, Shape } from '../../core/rows.ts';
import { definePipeline, format as formats, sink, type Pipeline } from '../../core/vocabulary.ts';

export interface Sketch<In extends Shape = Shape, Out extends Shape = Shape> {
  readonly row: z.ZodObject<In>;
  /** Of the pipeline and of its table. Default: `t`. */
  readonly name?: string;
  /** Default: CSV. */
  readonly format?: Format;
  readonly decode?: Readonly<Record<string, string | DecodeOptions>>;
  readonly transform?: (rows: ReceivedRows<In>) => Rows<Out>;
  readonly checks?: (o: any) => readonly Check[];
  /** The share of the records that may be rejected. Default: all of them. */
  readonly atMost?: number;
  /** What is said to its sink. Default: it appends. */
  readonly into?: object | ((o: any) => object);
  /** Words of the definition, in the place of what they would be. */
  readonly more?: object;
}

export const pipelineOf = <In extends Shape, Out extends Shape = In>({
  row,
  name = 't',
  format = formats.csv(),
  decode = {},
  transform,
  checks,
  atMost = 1,
  into = {},
  more = {},
}: Sketch<In, Out>): Pipeline =>
  definePipeline({
    name,
    owner: 'test',
    description: 'For tests.',
    row,
    sources: (source: any) => [source.files({ prefix: 'x/', format, decode })],
    ...(transform && { transform }),
    ...(checks && { checks }),
    gate: { rejected: { atMost } },
    sinks: (o: any) => [
      sink.lake({ table: name, write: 'append', ...(typeof into === 'function' ? into(o) : into) } as never),
    ],
    sla: { latency: '1 hour' },
    ...more,
  } as never) as unknown as Pipeline;

/** A pipeline whose table holds the rows of the last run alone, with their record numbers. */
export const replacing = <In extends Shape, Out extends Shape = In>(sketch: Sketch<In, Out>): Pipeline =>
  pipelineOf({ ...sketch, into: { write: 'replace', metadata: ['_record'] } });
