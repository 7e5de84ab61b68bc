/** The README's first pipeline, typed and run as it stands there, outside of the repository. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runResultSchema, type RunResult } from '../runtime/result.ts';
import { readmeBlock } from './support/readme.ts';

const bin = new URL('../bin/sluice.mjs', import.meta.url).pathname;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-readme-'));
  writeFileSync(join(folder, 'shop.ts'), await readmeBlock('example: first-pipeline'));
  writeFileSync(join(folder, 'shop.csv'), await readmeBlock('file: shop.csv'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const sluice = (...args: string[]) =>
  spawnSync(process.execPath, [bin, ...args], { cwd: folder, encoding: 'utf8' });
const run = (): RunResult => {
  const { stdout, stderr, status } = sluice('run', './shop.ts', './shop.csv', '--json');
  expect([status, stderr]).toEqual([0, '']);
  return runResultSchema.parse(JSON.parse(stdout));
};

test('it runs: one order in its latest state, two records in quarantine with their reasons', () => {
  const first = run();
  expect(first.status).toBe('published-with-rejects');
  expect(first.records).toEqual({
    read: 4,
    loaded: 1,
    quarantined: 2,
    filtered: 0,
    deduplicated: 1,
    held: 0,
  });
  expect(first.reasons.map(({ column, code }) => [column, code])).toEqual([
    ['customer', 'invalid_format'],
    ['placed_on', 'decode'],
    ['status', 'invalid_value'],
  ]);
  expect(run().status).toBe('duplicate');
});

test('its plan says what each rule is', () => {
  const { stdout, status } = sluice('plan', './shop.ts');
  expect(status).toBe(0);
  for (const column of ['order_id', 'customer', 'status', 'amount', 'placed_on', 'updated_at']) {
    expect(stdout).toMatch(new RegExp(`^ +${column} `, 'm'));
  }
  expect(stdout).toContain('CREATE TABLE rows AS');
});
