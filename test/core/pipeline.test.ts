/** What a definition is refused for, and what the message says to write instead. */

import { describe, expect, test } from 'vitest';
import { secondsOf } from '../../core/duration.ts';
import { DefinitionError } from '../../core/errors.ts';
import { check, date, definePipeline, format, int, sink, sql, z } from '../../core/vocabulary.ts';

const good = {
  name: 'orders',
  owner: 'me@example.com',
  description: 'Orders.',
  row: z.object({ id: z.int(), at: z.iso.datetime(), name: z.string() }),
  sources: (source: { files(options: object): unknown }) => [
    source.files({ prefix: 'x/', format: format.csv() }),
  ],
  gate: { rejected: { atMost: 0.01 } },
  sinks: () => [sink.lake({ table: 'orders', write: 'append' })],
  sla: { latency: '10 minutes' },
};
const define = (change: object) => definePipeline({ ...good, ...change } as never);
const id = { column: 'id' };

test('a good one is frozen data', () => {
  const pipeline = define({});
  expect(Object.isFrozen(pipeline)).toBe(true);
  expect(pipeline).toMatchObject({ name: 'orders', checks: [], sinks: [{ kind: 'lake', table: 'orders' }] });
  expect(pipeline.scale).toMatchObject({ chunkMb: 64, openRuns: 20 });
  expect(() => Object.assign(pipeline, { name: 'x' })).toThrow(TypeError);
});

test.each([
  ['a name that leads out of its folder', { name: '../orders' }, /lower case letters/],
  ['a name with a space', { name: 'my orders' }, /lower case letters/],
  ['no owner', { owner: '' }, /owner/],
  ['a row that is no object', { row: z.string() }, /z\.object/],
  ['a row without columns', { row: z.object({}) }, /no columns/],
  ['a column that no table can have', { row: z.object({ 'US Gross': z.int() }) }, /"US Gross".*from/s],
  ['a reserved column', { row: z.object({ _run: z.int() }) }, /"_run"/],
  [
    'a derived column that no table can have',
    { transform: (r: { derive(f: () => object): object }) => r.derive(() => ({ 'a b': int(sql`1`) })) },
    /"a b"/,
  ],
  [
    'a transform that gives no rows',
    { transform: () => undefined },
    /`transform` must return the rows it was given/,
  ],
  ['no source', { sources: () => [] }, /sources/],
  ['no sink', { sinks: () => [] }, /sinks/],
  ['two sinks', { sinks: () => [good.sinks()[0], good.sinks()[0]] }, /2 sinks/],
  [
    'nobody who answers for it',
    { owner: undefined },
    /It is missing; write owner: 'team@example\.com'.*\n.*at owner/,
  ],
  ['a row that is missing', { row: undefined }, /It is missing; write row: z\.object/],
  ['sources that are no function', { sources: [] }, /It is a list; write sources: \(source\) => \[/],
  ['a transform that is no function', { transform: null }, /It is null; write transform: \(rows\) =>/],
  ['checks that are no function', { checks: 1 }, /It is of type number; write checks: \(o\) =>/],
  ['sinks that are missing', { sinks: undefined }, /It is missing; write sinks: \(\) =>/],
  [
    'no gate',
    { gate: undefined },
    /It is missing; write gate: \{ rejected: \{ atMost: 0\.01 \} \}\n.*at gate$/,
  ],
  [
    'a gate without its share',
    { gate: { rejected: {} } },
    /It is missing; write a share from 0 to 1.*\n.*atMost$/,
  ],
  ['a gate of nothing', { gate: {} }, /It is missing; write gate: .*\n.*at gate\.rejected$/],
  ['no sla', { sla: undefined }, /It is missing; write sla: \{ latency: '10 minutes' \}\n.*at sla$/],
  ['an sla without a latency', { sla: {} }, /It is missing; write sla: .*\n.*at sla\.latency$/],
  ['a share above 1', { gate: { rejected: { atMost: 5 } } }, /atMost/],
  ['a gate that is misspelt', { gate: { rejected: { atmost: 0.1 } } }, /atMost/],
  ['a latency that is none', { sla: { latency: 'soon' } }, /"soon" is not a duration/],
  ['a freshness of nothing', { sla: { latency: '1 hour', freshness: '0 hours' } }, /"0 hours"/],
  ['an sla that is misspelt', { sla: { latency: '1 hour', fresh: '1 hour' } }, /fresh/],
  [
    'a table that leads out of its folder',
    { sinks: () => [sink.lake({ table: '../x', write: 'append' })] },
    /lower case/,
  ],
  [
    'an upsert without a key',
    { sinks: () => [sink.lake({ table: 'x', write: 'upsert', key: [] })] },
    /needs a `key`/,
  ],
  [
    'a key that no row has',
    { sinks: () => [sink.lake({ table: 'x', write: 'upsert', key: [{ column: 'idd' }] })] },
    /cannot have the key "idd", which no row has/,
  ],
  [
    'a key column that is named twice',
    { sinks: () => [sink.lake({ table: 'x', write: 'upsert', key: [id, id] })] },
    /names a column twice/,
  ],
  [
    'a `newest` that no row has',
    { sinks: () => [sink.lake({ table: 'x', write: 'upsert', key: [id], newest: { column: 'when' } })] },
    /cannot take as newest "when"/,
  ],
  [
    'a condition for deleting on a column that is not there',
    {
      sinks: () => [
        sink.lake({ table: 'x', write: 'upsert', key: [id], deleteWhen: sql`${{ column: 'op' }} = 'D'` }),
      ],
    },
    /deleteWhen names "op", which is not a column there/,
  ],
  [
    'an upsert of nothing but keys',
    {
      sinks: () => [
        sink.lake({ table: 'x', write: 'upsert', key: ['id', 'at', 'name'].map((column) => ({ column })) }),
      ],
    },
    /no column but its key/,
  ],
  [
    'a key where every row is added',
    { sinks: () => [sink.lake({ table: 'x', write: 'append', key: [id] })] },
    /`dedupe: 'table'` and `key` belong together/,
  ],
  [
    'rows left out for those of the table, without a key',
    { sinks: () => [sink.lake({ table: 'x', write: 'append', dedupe: 'table' })] },
    /`dedupe: 'table'` and `key` belong together/,
  ],
  [
    'a newest row where none is updated',
    { sinks: () => [sink.lake({ table: 'x', write: 'append', newest: id } as never)] },
    /belong to `write: 'upsert'`/,
  ],
  [
    'partitions to replace of a table that has none',
    { sinks: () => [sink.lake({ table: 'x', write: 'replace', scope: 'partition' })] },
    /needs `partitionBy`/,
  ],
  [
    'partitions of moments to replace',
    {
      sinks: () => [
        sink.lake({ table: 'x', write: 'replace', scope: 'partition', partitionBy: [{ column: 'at' }] }),
      ],
    },
    /cannot be replaced by partitions of "at"/,
  ],
  [
    'a scope of an append',
    { sinks: () => [sink.lake({ table: 'x', write: 'append', scope: 'partition' } as never)] },
    /belongs to `write: 'replace'`/,
  ],
  [
    'a retention in which a query could lose its files',
    { sinks: () => [sink.lake({ table: 'x', write: 'append', retention: '6 days' })] },
    /"6 days"` is less than seven days/,
  ],
  [
    'an option that a table does not have',
    { sinks: () => [sink.lake({ table: 'x', write: 'append', mode: 'fast' } as never)] },
    /mode/,
  ],
  [
    'a partition that no row has',
    { sinks: () => [sink.lake({ table: 'x', write: 'append', partitionBy: [{ column: 'day' }] })] },
    /"day"/,
  ],
  [
    'a partition by every column',
    {
      sinks: () => [
        sink.lake({
          table: 'x',
          write: 'append',
          partitionBy: ['id', 'at', 'name'].map((column) => ({ column })),
        }),
      ],
    },
    /all its columns/,
  ],
  [
    'a check on a column that is not there',
    { checks: () => [check.unique({ column: 'idd' })] },
    /"idd".*id, at, name/s,
  ],
  [
    'a measure of a column that is not there',
    { checks: () => [check.completeness({ column: 'idd' }, { atLeast: 1 })] },
    /"idd"/,
  ],
  [
    'a step on a column that is not there',
    { transform: (r: { where(f: () => object): object }) => r.where(() => sql`${{ column: 'idd' }} > 1`) },
    /where\(\).*"idd"/s,
  ],
  [
    'latest without a key',
    { transform: (r: { latest(f: () => object): object }) => r.latest(() => ({ per: [], by: id })) },
    /per/,
  ],
  ['a schema that changes values', { row: z.object({ id: z.string().trim() }) }, /trim/],
  [
    'a rule for a column that is not there',
    {
      sources: (s: typeof good.sources extends (s: infer S) => unknown ? S : never) => [
        s.files({ prefix: 'x/', format: format.csv(), decode: { idd: 'ID' } }),
      ],
    },
    /idd/,
  ],
  [
    'a pattern for a number',
    {
      sources: (s: typeof good.sources extends (s: infer S) => unknown ? S : never) => [
        s.files({ prefix: 'x/', format: format.csv(), decode: { id: { pattern: 'YYYY' } } }),
      ],
    },
    /pattern/,
  ],
])('%s is refused', (_, change, message) => {
  expect(() => define(change)).toThrow(DefinitionError);
  expect(() => define(change)).toThrow(message);
});

test('a column may be replaced by one of another type, which the table then has', () => {
  const pipeline = definePipeline({
    ...good,
    sources: (source) => [source.files({ prefix: 'x/', format: format.csv() })],
    transform: (rows) => rows.derive((o) => ({ at: date(sql`${o.at}::DATE`) })),
    sinks: (o) => [sink.lake({ table: 'x', write: 'append', partitionBy: [o.at] })],
    sla: { latency: '1 hour' },
  });
  expect(Object.keys(pipeline.rows.shape)).toEqual(['id', 'at', 'name']);
});

describe('durations', () => {
  test.each([
    ['1 second', 1],
    ['90 seconds', 90],
    ['1.5 minutes', 90],
    ['2 hours', 7200],
    ['1 day', 86_400],
  ] as const)('%s are %d seconds', (text, seconds) => {
    expect(secondsOf(text)).toBe(seconds);
  });

  test.each(['0 seconds', '-1 hour', '1 fortnight', '1hour', 'hour', '1e9 hours', ''])(
    '%j is none',
    (text) => {
      expect(() => secondsOf(text as never)).toThrow(DefinitionError);
    },
  );
});
