/** The stages over S3 and DynamoDB come to what they come to on a laptop. */

import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { literal } from '../../core/sql.ts';
import type { RunRecord } from '../../runtime/result.ts';
import type { World } from '../../runtime/world.ts';
import { newBucket } from '../support/emulated-aws.ts';
import { emulatedWorld, runIn } from '../support/emulated-world.ts';
import { openEngine } from '../support/engine.ts';
import { good, header, people } from '../support/people.ts';
import { openSandbox } from '../support/sandbox.ts';

const limits = { chunkBytes: 2_000 };
const engine = await openEngine();
const sandbox = await openSandbox(limits);
afterAll(async () => {
  await sandbox.close();
  await engine.close();
});

const newWorld = (): Promise<World> => emulatedWorld(join(sandbox.folder, 'aws'), limits);

async function rows(world: World, table: string, query: string): Promise<unknown> {
  const snapshot = (await world.tables.snapshot(table))!;
  const paths: string[] = [];
  for (const { path } of snapshot.files) {
    paths.push(join(engine.folder, `${crypto.randomUUID()}.parquet`));
    await world.files.download(`${table}/${decodeURIComponent(path)}`, paths.at(-1)!);
  }
  return engine.rows(query.replace(' FROM t', ` FROM read_parquet([${paths.map(literal).join(', ')}])`));
}

const comparable = ({ status, records, rows, reasons, warnings, objects }: RunRecord) => ({
  status,
  records,
  rows,
  reasons,
  warnings: warnings.map((words) => words.replaceAll(/people-\S+Z-\w+/g, '<run>')),
  bytes: objects.map(({ bytes, sha256 }) => [bytes, sha256]),
});

test('a good, a dirty, a repeated, a broken and an empty file end as on a laptop, with the same rows', async () => {
  const world = await newWorld();
  const landing = await newBucket({ versioned: true });
  const clean = header + Array.from({ length: 500 }, (_, i) => good(i + 1)).join('');
  const dirty =
    header + Array.from({ length: 500 }, (_, i) => (i % 7 ? good(i + 1000) : `${i},,x,y\n`)).join('');
  const files = { clean, dirty, again: clean, broken: 'id,name\n1,Ann\n', empty: header };
  const seen: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    const uri = `${landing}/people/${name} +%2F é.csv`;
    await world.files.write(uri, Buffer.from(content));
    const { record: there } = await runIn(world, people('csv'), `e-${name}`, uri);
    const here = await sandbox.run(people('csv'), `${name} +%2F é.csv`, content);
    expect(comparable(there)).toEqual(comparable(here));
    seen.push(there.status);
    expect(JSON.parse(String(await text(world, there.report)))).toEqual(there);
  }
  expect(seen).toEqual(['published', 'published-with-rejects', 'duplicate', 'rejected', 'published']);
  const wanted = 'SELECT * FROM t ORDER BY id';
  expect(await rows(world, world.layout.table('people'), wanted)).toEqual(
    await sandbox.table('people', 'id'),
  );
  const rejects = 'SELECT record, raw, text FROM t ORDER BY record';
  expect(await rows(world, world.layout.quarantinedRecords, rejects)).toEqual(
    await rows(sandbox.world, sandbox.world.layout.quarantinedRecords, rejects),
  );
  expect(await Array.fromAsync(world.ledger.unsettled('people'))).toEqual([]);
  const left = await Array.fromAsync(world.files.list(world.layout.work('people', '')));
  expect(left).toEqual([]);
  const aside = await Array.fromAsync(world.files.list(world.layout.quarantinedObjects('people', '')));
  expect(aside).toHaveLength(2);
});

const text = async (world: World, uri: string): Promise<Buffer> =>
  Buffer.concat(await Array.fromAsync(world.files.read(uri)));
