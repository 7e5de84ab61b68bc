/** Values that a stage is handed and that nobody wrote so: it ends with their name, and does nothing by halves. */

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readConclusion } from '../../runtime/conclusion.ts';
import { localFiles } from '../../runtime/local/files.ts';
import { localWorld } from '../../runtime/local/world.ts';
import { checkContent, checkPipeline } from '../../runtime/registration.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

test.each(['../a', 'A', '', 'a'.repeat(63), `${'a'.repeat(63)}G`])('%j is no content', (given) => {
  expect(() => checkContent(given)).toThrow(/is not a SHA-256 in lower case/);
});

test.each(['../a', 'A', '', '1a', 'a/b', 'a b'])('%j is no pipeline', (given) => {
  expect(() => checkPipeline(given)).toThrow(/is not the name of a pipeline/);
});

test('names that are some are taken as they are', () => {
  expect([checkContent('0af'.repeat(21) + '9'), checkPipeline('a-1')]).toEqual([
    '0af'.repeat(21) + '9',
    'a-1',
  ]);
});

test('what is no conclusion is not carried out', async () => {
  const uri = join(await temporaryFolder(), 'conclusion.json');
  await localFiles().write(uri, Buffer.from('{"record":{},"changes":[]}\n'));
  await expect(readConclusion(localFiles(), uri)).rejects.toMatchObject({
    name: 'EngineError',
    message: expect.stringContaining('is no conclusion of a run'),
  });
});

test('the ledger takes no name that leads out of its place', async () => {
  const { ledger } = localWorld({ out: join(await temporaryFolder(), 'out') });
  expect(() => ledger.attempts('../up', 'a'.repeat(64))).toThrow(/is not the name of a pipeline/);
  expect(() => ledger.attempts('people', '../up')).toThrow(/is not a SHA-256/);
});
