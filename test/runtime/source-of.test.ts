/** Which source takes an object: by its name, and on S3 by its prefix too. */

import { describe, expect, test } from 'vitest';
import { UsageError } from '../../core/errors.ts';
import { definePipeline, format, sink, z, type Pipeline } from '../../core/vocabulary.ts';
import { sourceOf } from '../../runtime/ingest.ts';

const pipeline = definePipeline({
  name: 'two',
  owner: 'test',
  description: 'Two sources of files with the same names.',
  row: z.object({ id: z.int() }),
  sources: (source) => [
    source.files({ prefix: 'shops/', match: '*.csv', format: format.csv() }),
    source.files({ prefix: 'stores/', match: '*.csv', format: format.csv({ delimiter: ';' }) }),
  ],
  gate: { rejected: { atMost: 0 } },
  sinks: () => [sink.lake({ table: 'two', write: 'append' })],
  sla: { latency: '1 hour' },
}) as unknown as Pipeline;

describe('the source of an object', () => {
  test('on S3 is the one with its prefix', () => {
    expect(sourceOf(pipeline, 's3://landing/shops/a.csv')).toBe(0);
    expect(sourceOf(pipeline, 's3://landing/stores/2026/a.csv')).toBe(1);
    expect(() => sourceOf(pipeline, 's3://landing/other/a.csv')).toThrow(
      'other/a.csv matches no source of pipeline two; its sources take: shops/*.csv, stores/*.csv.',
    );
  });

  test('on disk, where prefixes mean nothing, two that take the same names cannot be told apart', () => {
    expect(() => sourceOf(pipeline, '/data/shops/a.csv')).toThrow(UsageError);
    expect(() => sourceOf(pipeline, '/data/shops/a.csv')).toThrow('a.csv matches 2 sources');
  });
});
