/** Objects that were never run are looked for wherever the sources of a pipeline are. */

import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { expect, test } from 'vitest';
import type { Pipeline } from '../../core/pipeline.ts';
import { definePipeline, format, sink, z } from '../../core/vocabulary.ts';
import { findNeverRun } from '../../lambdas/find-never-run.ts';
import { s3Landing, type Landed } from '../../lambdas/landing.ts';
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
    // Where the tables are, but in the other bucket.
    source.files({ prefix: 'lake/', match: '*.avro', format: format.avro() }),
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
    'lake/': [],
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
  ).toEqual([`tables/${log}`, 'landing/totals/', 'landing/lake/']);
});

/** A look at these objects, of which each has the version that its key says. */
async function look(objects: Iterable<Landed>, known = new Set<string>(), started: readonly string[] = []) {
  const asked: string[] = [];
  const { found, isCut } = await findNeverRun({
    pipeline: shop,
    executions: {
      async *since() {
        for (const name of started) yield { name, startedAt: NOW };
      },
    },
    landing: {
      async *objects() {
        yield* objects;
      },
      versionOf: async ({ key }) => {
        asked.push(key);
        return key.includes('gone') ? undefined : `v=${key}`;
      },
    },
    now: NOW,
    known,
  });
  return { found: found.map(({ key, version }) => [key, version]), isCut, asked };
}
const landed = (key: string, minutes = 60): Landed => ({
  bucket: 'landing',
  key,
  size: 1,
  tag: 'e=abc',
  at: new Date(NOW.getTime() - minutes * 60_000),
});

test('an object that has its run is asked for once, and one that is gone needs none', async () => {
  const [ran, lost] = [landed('shop/ran.csv'), landed('shop/lost.csv')];
  const started = [startOf(shop, { ...ran, version: 'v=shop/ran.csv' }).execution];
  const known = new Set<string>();
  const first = await look([ran, lost, landed('shop/gone.csv')], known, started);
  expect(first.found).toEqual([['shop/lost.csv', 'v=shop/lost.csv']]);
  expect(first.asked.toSorted()).toEqual(['shop/gone.csv', 'shop/lost.csv', 'shop/ran.csv']);
  const second = await look([ran, lost], known, started);
  expect(second.found).toEqual(first.found);
  expect(second.asked).toEqual(['shop/lost.csv']);
});

test('more objects than can be looked at in one look are cut, and that is said', async () => {
  const old = landed('shop/old.csv', 60 * 24 * 2);
  const many = (n: number) =>
    (function* () {
      for (let i = 0; i < n; i++) yield old;
      yield landed('shop/last.csv');
    })();
  expect(await look(many(499_999))).toMatchObject({
    found: [['shop/last.csv', 'v=shop/last.csv']],
    isCut: false,
  });
  expect(await look(many(500_000))).toMatchObject({ found: [], isCut: true });
});
