/** Versions of a table that a pipeline reads and cannot trust, or that go while it does: rejected by name. */

import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ObjectChangedError } from '../../core/errors.ts';
import { z, type Pipeline } from '../../core/vocabulary.ts';
import type { Conversion } from '../../runtime/intake/converter.ts';
import { tableVersion } from '../../runtime/intake/table-version.ts';
import { runObject } from '../../runtime/local/run.ts';
import { ids, orderLines, orders, sales } from '../support/chain.ts';
import { openChain } from '../support/chain-runs.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

const chain = openChain();
const { entry, order, read } = chain;

describe('what cannot be trusted is rejected by name', () => {
  let made: Sandbox;
  beforeAll(async () => {
    made = await openSandbox();
    await made.run(orders() as never, 'orders.jsonl', orderLines(ids(1, 6)));
  });
  afterAll(() => made.close());

  const dataFile = async (): Promise<string> => {
    const snapshot = await chain.box.world.tables.snapshot(chain.box.world.layout.table('orders'));
    return join(chain.box.world.layout.table('orders'), snapshot!.files[0]!.path);
  };
  const changeEntry = async (change: (text: string) => string): Promise<void> =>
    writeFile(entry(0), change(await readFile(entry(0), 'utf8')));

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'a file that a vacuum removed',
      async () => rm(await dataFile()),
      /unreadable: Version 0 .* is not there any more; a vacuum removed it/,
    ],
    [
      'a file that was cut',
      async () => truncate(await dataFile(), 100),
      /unreadable: .* bytes, and it has 100/,
    ],
    ['a file with other bytes', async () => damage(await dataFile()), /unreadable: .* is damaged/],
    [
      'a count that is not the file’s',
      () => changeEntry((text) => text.replace('numRecords\\":', 'numRecords\\":1')),
      /unreadable: .*the log says that .* has 1\d rows, and the file has/,
    ],
    [
      'no count',
      () => changeEntry((text) => text.replaceAll('numRecords', 'rows')),
      /does not say how many rows/,
    ],
    [
      'a line that is no JSON',
      () => changeEntry((text) => `${text}{`),
      /unreadable: Line \d+ of the log entry .* is not JSON/,
    ],
    [
      'another type than the definition says',
      () =>
        changeEntry((text) =>
          text.replace(
            '\\"name\\":\\"paid\\",\\"type\\":\\"boolean\\"',
            '\\"name\\":\\"paid\\",\\"type\\":\\"string\\"',
          ),
        ),
      /format: Version 0 of orders has the column paid as string, and its definition says BOOLEAN/,
    ],
    [
      'a column that the definition has and the table has not',
      () => changeEntry((text) => text.replace('\\"name\\":\\"paid\\"', '\\"name\\":\\"free\\"')),
      /header: Version 0 of orders has no column paid/,
    ],
  ])('%s', async (_what, breakIt, words) => {
    await cp(made.world.layout.root, chain.box.world.layout.root, { recursive: true });
    await breakIt();
    const record = await read(0);
    expect(record).toMatchObject({ status: 'rejected', records: { read: null } });
    expect(record.error!.message).toMatch(words);
    expect(await chain.box.table('sales')).toBeNull();
  });
});

test.each([
  ['numbers', z.number(), 1.7, 'lines[].pieces as double, and its definition says BIGINT'],
  ['texts', z.string(), '1.7', 'lines[].pieces as string, and its definition says BIGINT'],
  ['lists', z.array(z.int()), [1], 'lines[].pieces as a nested one, and its definition says BIGINT'],
])(
  'whole numbers inside of a list that were %s when the version was written are refused, and not rounded',
  async (_, pieces, value, words) => {
    const line = orderLines(ids(1, 1)).replace('"pieces":0', `"pieces":${JSON.stringify(value)}`);
    const before = orders('append', pieces) as unknown as Pipeline;
    expect(await chain.box.run(before, 'orders-a.jsonl', line)).toMatchObject({ records: { loaded: 1 } });
    const record = await read(0);
    expect(record).toMatchObject({ status: 'rejected', records: { read: null } });
    expect(record.error!.message).toContain(`object.format: Version 0 of orders has the column ${words}.`);
  },
);

describe('what goes while it is read is told as gone', () => {
  test('a file of the version', async () => {
    await order('a', ids(1, 5));
    const files = {
      ...chain.box.world.files,
      async download(uri: string, path: string) {
        if (uri.includes('/lake/orders/') && uri.endsWith('.parquet'))
          throw new ObjectChangedError(`${uri} is not there.`);
        return chain.box.world.files.download(uri, path);
      },
    };
    const record = await runObject({ ...chain.box.world, files }, sales(), { uri: entry(0) });
    expect([record.status, record.error?.message]).toEqual([
      'rejected',
      expect.stringMatching(/unreadable: Version 0 of orders .* went while it was read; a vacuum removed it/),
    ]);
  });

  test('the version itself', async () => {
    await order('a', ids(1, 5));
    let isRead = false;
    const files = {
      ...chain.box.world.files,
      read(uri: string, options?: Parameters<typeof chain.box.world.files.read>[1]) {
        isRead ||= uri === entry(0);
        return chain.box.world.files.read(uri, options);
      },
      async *list(prefix: string) {
        if (!(isRead && prefix.includes('/orders/_delta_log'))) yield* chain.box.world.files.list(prefix);
      },
    };
    const record = await runObject({ ...chain.box.world, files }, sales(), { uri: entry(0) });
    expect([record.status, record.error?.message]).toEqual([
      'rejected',
      expect.stringMatching(
        /unreadable: Version 0 of orders .* the table has no version 0 any more; a vacuum/,
      ),
    ]);
  });

  test('and an object that is no version of a table is told as what it is', async () => {
    const conversion = {
      uri: '/x/1.json',
      options: { versions: { table: 'orders' } },
    } as unknown as Conversion;
    await expect(
      tableVersion.convert(
        conversion,
        async () => {},
        async () => {},
      ),
    ).rejects.toMatchObject({
      code: 'object.format',
      message: expect.stringMatching(/^Expected an entry of the log of a table/),
    });
  });
});

async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes.fill(0x55, 4, bytes.length - 12);
  await writeFile(path, bytes);
}
