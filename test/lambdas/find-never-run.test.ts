/** Objects that were never run are looked for wherever the sources of a pipeline are. */

import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, test } from 'vitest';
import type { Pipeline } from '../../core/pipeline.ts';
import { definePipeline, format, sink, z } from '../../core/vocabulary.ts';
import { findNeverRun } from '../../lambdas/find-never-run.ts';
import { s3Landing } from '../../lambdas/landing.ts';
import { startOf } from '../../runtime/aws/delivery.ts';
import { shop } from './shop.ts';

const totals = definePipeline({
  name: 'totals',
  owner: 'test',
  description: 'Reads a table, and files.',
  row: z.object({ id: z.int() }),
  sources: (source) => [
    source.table(shop),
    source.files({ prefix: 'totals/', format: format.csv() }),
    source.files({ prefix: 'totals/', match: '*.json', format: format.json() }),
    source.files({ prefix: 'totals/old/', match: '*.xml', format: format.json() }),
  ],
  gate: { rejected: { atMost: 0 } },
  sinks: () => [sink.lake({ table: 'totals', write: 'append' })],
  sla: { latency: '10 minutes' },
}) as unknown as Pipeline;

const NOW = new Date('2026-11-21T12:00:00Z');
const log = 'lake/shop/_delta_log/';
const entry = (version: number): string => `${log}${String(version).padStart(20, '0')}.json`;

test('versions of a table in the bucket of the tables, files in landing, each prefix listed once', async () => {
  const s3 = mockClient(S3Client);
  const there: Record<string, string[]> = {
    'lake/shop/_delta_log/': [
      entry(0),
      entry(1),
      `${log}_last_checkpoint`,
      `${log}${'0'.repeat(20)}.checkpoint.parquet`,
    ],
    'totals/': ['totals/a.csv'],
  };
  s3.on(ListObjectsV2Command).callsFake(({ Prefix }: { Prefix: string }) => ({
    Contents: there[Prefix]!.map((Key) => ({
      Key,
      Size: 1,
      ETag: '"abc"',
      LastModified: new Date('2026-11-21T11:00:00Z'),
    })),
  }));
  const known = { bucket: 'tables', key: entry(0), size: 1, version: 'v=1', at: NOW };
  const { found } = await findNeverRun({
    pipeline: totals,
    executions: {
      async *since() {
        yield { name: startOf(totals, known).execution, startedAt: NOW };
      },
    },
    landing: s3Landing(
      new S3Client({}),
      { stat: async (uri) => ({ uri, size: 1, version: 'v=1' }) },
      { landing: 's3://landing', lake: 's3://tables' },
    ),
    now: NOW,
    known: new Set(),
  });
  expect(found.map(({ bucket, key }) => `${bucket}/${key}`).sort()).toEqual([
    'landing/totals/a.csv',
    `tables/${entry(1)}`,
  ]);
  expect(
    s3
      .commandCalls(ListObjectsV2Command)
      .map(({ args }) => `${args[0].input.Bucket}/${args[0].input.Prefix}`),
  ).toEqual([`tables/${log}`, 'landing/totals/']);
});
