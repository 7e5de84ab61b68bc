/** What a ledger knows, told from its files: nothing that only lies beside them. */

import { expect, test } from 'vitest';
import { knownContents } from '../../runtime/known-contents.ts';
import { layoutOf } from '../../runtime/layout.ts';
import { memoryFiles } from '../support/memory-files.ts';

test('pipelines with their contents, and no other files and folders', async () => {
  const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
  const names = [
    `orders/contents/${a}/1.json`,
    `orders/contents/${a}/1.settled.json`,
    `orders/contents/${b}/1.json`,
    'orders/contents/notes',
    'orders/history.jsonl',
    'runs-alone/history.jsonl',
    'a-file-beside-them',
    `.git/contents/${a}/1.json`,
    `Old Orders/contents/${a}/1.json`,
  ];
  const layout = layoutOf('/out');
  const files = memoryFiles(
    Object.fromEntries(names.map((name) => [`${layout.ledger}/${name}`, Buffer.from('{}')])),
  );
  expect(await knownContents({ files, layout })).toEqual(
    new Map([
      ['orders', [a, b]],
      ['runs-alone', []],
    ]),
  );
});
