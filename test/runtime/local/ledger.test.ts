import { appendFile, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { TransientError, UsageError } from '../../../core/errors.ts';
import { localFiles } from '../../../runtime/local/files.ts';
import { diskHistory } from '../../../runtime/local/history.ts';
import { localLedger } from '../../../runtime/local/ledger.ts';
import { silentNotifications } from '../../../runtime/local/notifications.ts';
import { ledgerConformance, registration, settled, SHA } from '../../support/conformance/ledger.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const newLedger = async () => {
  const root = join(await temporaryFolder(), 'ledger');
  const content = join(root, 'orders', 'contents', SHA);
  return {
    ledger: localLedger(localFiles(), root),
    root,
    content,
    history: join(root, 'orders', 'history.jsonl'),
  };
};
const lines = async (path: string): Promise<string[]> =>
  (await readFile(path, 'utf8')).split('\n').slice(0, -1);

describe('the local ledger', () => {
  ledgerConformance(async () => {
    const { ledger, root } = await newLedger();
    return { ledger, other: localLedger(localFiles(), root) };
  });

  test('is files that a person can read', async () => {
    const { ledger, content, history } = await newLedger();
    await ledger.register(registration('x'));
    const decision = { outcome: 'publish', by: 'x', conclusion: '/work/c.json' } as const;
    await ledger.decide({ pipeline: 'orders', sha256: SHA, attempt: 1 }, decision);
    await ledger.settle(settled('x', 'published'));
    expect(await readdir(content)).toEqual(['1.decided.json', '1.json', '1.settled.json']);
    expect(JSON.parse(await readFile(join(content, '1.decided.json'), 'utf8'))).toEqual(decision);
    expect(await readFile(join(content, '1.json'), 'utf8')).toBe(
      `{
  "run": "run-of-x",
  "owner": "x",
  "definition": "d1",
  "registeredAt": "2026-11-21T10:00:00.000Z",
  "object": {
    "uri": "/in/a.csv",
    "version": "v1",
    "bytes": 10
  }
}
`,
    );
    expect(JSON.parse(await readFile(join(content, '1.settled.json'), 'utf8'))).toEqual(
      settled('x', 'published'),
    );
    expect(await lines(history)).toEqual([JSON.stringify(settled('x', 'published'))]);
  });

  test('an attempt whose owner is gone counts as abandoned at once', async () => {
    const { ledger, root } = await newLedger();
    await ledger.register(registration('x'));
    const gone = new Set<string>();
    const knowing = localLedger(localFiles(), root, { isGone: async (_, owner) => gone.has(owner) });
    await expect(knowing.register(registration('y'))).rejects.toThrow(TransientError);
    gone.add('x');
    expect(await knowing.register(registration('y'))).toMatchObject({
      status: 'unfinished',
      attempt: { owner: 'x' },
    });
  });

  test('more than nine attempts stay in order', async () => {
    const { ledger } = await newLedger();
    for (let i = 1; i <= 12; i++) {
      expect(await ledger.register(registration(`x${i}`))).toMatchObject({ attempt: i });
      await ledger.settle(settled(`x${i}`, 'failed', i));
    }
    expect((await ledger.history('orders', 2)).map(({ attempt }) => attempt)).toEqual([12, 11]);
  });

  test('a crash between the attempt and the history is made good by the repeat, once', async () => {
    const { ledger, history } = await newLedger();
    await ledger.register(registration('x'));
    await ledger.settle(settled('x', 'published'));
    await rm(history);
    await ledger.settle(settled('x', 'published'));
    await ledger.settle(settled('x', 'published'));
    expect(await lines(history)).toHaveLength(1);
  });

  test('a line that a crash tore is passed over, swallows no other, and is made good', async () => {
    const { ledger, history } = await newLedger();
    for (const owner of ['x', 'y', 'z']) {
      await ledger.register(registration(owner, { again: true }));
      await ledger.settle(settled(owner, 'failed', owner.charCodeAt(0) - 119));
    }
    const whole = await readFile(history);
    await truncate(history, whole.length - 40);
    expect((await ledger.history('orders', 9)).map(({ owner }) => owner)).toEqual(['y', 'x']);
    await ledger.settle(settled('w', 'duplicate'));
    expect((await ledger.history('orders', 9)).map(({ owner }) => owner)).toEqual(['w', 'y', 'x']);
    await ledger.settle(settled('z', 'failed', 3));
    expect((await ledger.history('orders', 9)).map(({ owner }) => owner)).toEqual(['z', 'w', 'y', 'x']);
    expect(await lines(history)).toHaveLength(5);
  });

  test('without closing the torn line, the next record would be lost with it', async () => {
    const { ledger, history } = await newLedger();
    await ledger.settle(settled('x', 'duplicate'));
    await truncate(history, 50);
    await appendFile(history, `${JSON.stringify(settled('y', 'duplicate'))}\n`);
    expect(await ledger.history('orders', 9)).toEqual([]);
    await truncate(history, 50);
    await ledger.settle(settled('y', 'duplicate'));
    expect(await ledger.history('orders', 9)).toEqual([settled('y', 'duplicate')]);
  });

  test('a history of many blocks is read from its end, whatever stands at their borders', async () => {
    const { history, ledger, root } = await newLedger();
    await ledger.settle(settled('first', 'duplicate'));
    const records = Array.from({ length: 300 }, (_, i) =>
      settled(`x${i}`, 'duplicate', 1, { warnings: ['ü👍'.repeat((i * 37) % 211)] }),
    );
    await appendFile(history, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
    expect((await readFile(history)).length).toBeGreaterThan(4 * 64 * 1024);
    const all = await ledger.history('orders', 1000);
    expect(all).toEqual([...records.toReversed(), settled('first', 'duplicate')]);
    const mentioned = await Array.fromAsync(diskHistory(root).newestFirst('orders', '"x7"'));
    expect(mentioned.map(({ owner }) => owner)).toEqual(['x7']);
  });

  test('an entry that is not what we write is refused, with its place', async () => {
    const { ledger, content, history } = await newLedger();
    await ledger.register(registration('x'));
    await writeFile(join(content, '1.json'), '{"run":"r"}');
    await expect(ledger.register(registration('y'))).rejects.toThrow(
      /1\.json is no entry of the ledger: .*owner/s,
    );
    await writeFile(join(content, '1.json'), 'torn');
    await expect(ledger.register(registration('y'))).rejects.toThrow('it is not JSON');
    await ledger.settle(settled('z', 'duplicate'));
    await appendFile(history, '{"run":"r"}\n');
    await expect(ledger.history('orders', 5)).rejects.toThrow(UsageError);
  });

  test('other files among the attempts, such as copies of an editor, are none', async () => {
    const { ledger, content } = await newLedger();
    await ledger.register(registration('x'));
    for (const name of ['.DS_Store', '1.json~', '1.decided.json.bak', 'x1.json'])
      await writeFile(join(content, name), 'no entry');
    expect(await ledger.attempts('orders', SHA)).toMatchObject([{ attempt: 1, owner: 'x' }]);
    expect(await Array.fromAsync(ledger.unsettled('orders'))).toHaveLength(1);
  });

  test('a content that others take again and again is left to a later try', async () => {
    const { root } = await newLedger();
    let writes = 0;
    const files = { ...localFiles(), write: async () => (writes++, false) };
    await expect(localLedger(files, root).register(registration('x'))).rejects.toThrow(
      new TransientError('Other owners keep taking this content of orders; try again later.'),
    );
    expect(writes).toBe(10);
  });

  test('names that would lead out of the ledger are refused', async () => {
    const { ledger } = await newLedger();
    await expect(ledger.register(registration('x', { pipeline: '../up' }))).rejects.toThrow(UsageError);
    await expect(ledger.register(registration('x', { sha256: '../../x' }))).rejects.toThrow('not a SHA-256');
    await expect(ledger.settle(settled('x', 'failed', 1, { pipeline: 'a/b' }))).rejects.toThrow(UsageError);
  });

  test('a record that is no record is not written', async () => {
    const { ledger, root } = await newLedger();
    await expect(ledger.settle(settled('x', 'duplicate', 0))).rejects.toThrow('attempt');
    await expect(readdir(root)).rejects.toThrow('ENOENT');
  });
});

test('silent notifications say nothing and never fail', async () => {
  const silent = silentNotifications();
  expect(silent.progress({ pipeline: 'orders', stage: 'load', done: 1, total: 1 })).toBeUndefined();
  await expect(silent.settled(settled('x', 'failed'))).resolves.toBeUndefined();
});
