/** Queries that cannot be answered, for reasons that are not in their words alone: what is said, and as which error. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LimitExceededError, TransientError, UsageError } from '../../../core/errors.ts';
import { localWorld, type LocalWorld } from '../../../runtime/local/world.ts';
import { withQuery } from '../../../runtime/query/query.ts';
import { change, dataFile, field, schema } from '../../support/conformance/tables.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const aWorld = async (memoryMb = 512): Promise<LocalWorld> =>
  localWorld({ out: join(await temporaryFolder(), 'out'), threads: 1, memoryMb });
const rows = (world: LocalWorld, sql: string, options = {}) =>
  withQuery(world, sql, options, (result) => result.rows(10, 100));

test('more than the engine has room for', async () => {
  const world = await aWorld(32);
  const asked = rows(world, 'SELECT length(string_agg(range::VARCHAR)) FROM range(20_000_000)');
  await expect(asked).rejects.toThrow(LimitExceededError);
  await expect(asked).rejects.toThrow(
    /^The query needs more than the engine's 32 MB of memory: Out of Memory Error: .* Ask for fewer rows or groups at once\.$/,
  );
});

test('a text with a NUL character', async () => {
  await expect(rows(await aWorld(), "SELECT '\0'")).rejects.toThrow(
    new UsageError('The query holds a NUL character; remove it.'),
  );
});

test('a table that is partitioned by bytes', async () => {
  const world = await aWorld();
  const partitioned = { ...schema, fields: [...schema.fields, field('b', 'binary')], partitionBy: ['b'] };
  const uri = world.layout.table('t');
  await world.tables.commit(uri, change('r1', [], { schema: partitioned }));
  await expect(rows(world, 'FROM t')).rejects.toThrow(
    new UsageError('A table is partitioned by b, which is binary; Sluice cannot query it.'),
  );
});

test('another table of the quarantine than the one that it has', async () => {
  const world = await aWorld();
  await expect(rows(world, 'FROM quarantine.objects', { asOf: 0 })).rejects.toThrow(
    new UsageError(
      '--as-of is a version of one table, and the query reads none. Query one table, or leave --as-of out.',
    ),
  );
});

test('a store that does not answer is no fault of the query', async () => {
  const world = await aWorld();
  await world.tables.commit(world.layout.table('t'), change('r1', [dataFile('a.parquet')]));
  const down = new TransientError('The store does not answer.');
  const stat: LocalWorld['files']['stat'] = (uri) =>
    uri.endsWith('.parquet') ? Promise.reject(down) : world.files.stat(uri);
  await expect(rows({ ...world, files: { ...world.files, stat } }, 'FROM t')).rejects.toBe(down);
});
