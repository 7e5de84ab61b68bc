/** How long a table's versions are kept: the definition says it, the table remembers it, the vacuum keeps to it. */

import { expect, test } from 'vitest';
import { definePipeline, format, sink, z, type Pipeline } from '../../../core/vocabulary.ts';
import { LEAST_RETENTION_MS, retentionOf } from '../../../runtime/table/retention.ts';
import { openSandbox } from '../../support/sandbox.ts';

const kept = (retention?: '30 days'): Pipeline =>
  definePipeline({
    name: 'kept',
    owner: 'test',
    description: 'Kept, for tests.',
    row: z.object({ id: z.int(), text: z.string() }),
    sources: (source) => [source.files({ prefix: 'kept/', format: format.csv() })],
    gate: { rejected: { atMost: 0 } },
    sinks: (o) => [
      sink.lake({
        table: 'kept',
        write: 'upsert',
        key: [o.id],
        ...(retention === undefined ? {} : { retention }),
      }),
    ],
    sla: { latency: '10 minutes' },
  }) as unknown as Pipeline;

test('follows the definition from run to run, beside the key', async () => {
  const box = await openSandbox();
  const uri = box.world.layout.table('kept');
  const told = async () => (await box.world.tables.snapshot(uri))!.schema;
  await box.run(kept(), 'a.csv', 'id,text\n1,a\n');
  expect(retentionOf(await told())).toBe(LEAST_RETENTION_MS);
  await box.run(kept('30 days'), 'b.csv', 'id,text\n2,b\n');
  expect((await told()).configuration).toEqual({ 'sluice.key': '["id"]', 'sluice.retention': '2592000' });
  expect(retentionOf(await told())).toBe(30 * 24 * 60 * 60 * 1000);
  await box.run(kept(), 'c.csv', 'id,text\n3,c\n');
  expect(retentionOf(await told())).toBe(LEAST_RETENTION_MS);
  await box.close();
});
