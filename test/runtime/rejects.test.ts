/** Rejected records in quarantine: their bytes at any length, and a text of them for people. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { header, people } from '../support/people.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox();
});
afterAll(() => box.close());

test('the text is of 10,000 characters at most, however many bytes those are; the bytes are whole', async () => {
  const records = [5001, 10_000, 10_001].flatMap((length) => ['x'.repeat(length), 'é'.repeat(length)]);
  await box.run(people('csv'), 'a.csv', header + records.map((record) => `${record}\n`).join(''));
  const rejected = await box.quarantine();
  expect(rejected.map(({ raw }) => raw.toString())).toEqual(records);
  const shown = records.map((record) => (record.length > 10_000 ? `${record.slice(0, 10_000)}…` : record));
  expect(rejected.map(({ text }) => text)).toEqual(shown);
});
