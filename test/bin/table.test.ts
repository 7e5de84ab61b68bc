/** `sluice table` as a person calls it, on an environment with runs; the doctor agrees with what it leaves. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { commandLineOn } from '../support/command-line.ts';
import { makeEnvironment, type Environment } from '../support/environment.ts';

let environment: Environment;
beforeAll(async () => {
  environment = await makeEnvironment();
});
afterAll(() => environment.close());

const anEnvironment = () => commandLineOn(environment);

test('history, show, compact, restore and vacuum, each as it is told, and then the doctor', async () => {
  const { call } = await anEnvironment();
  const { again, other } = environment.runs;
  const { stdout } = await call('table', 'history', 'people');
  const [head, ...lines] = stdout.trimEnd().split('\n');
  expect(head).toMatch(/^version +committed at +operation +run +files +rows$/);
  expect(lines).toEqual([
    expect.stringMatching(`^ +2 .*Z +APPEND +${other.run} +\\+1 -0 +\\+1 -0$`),
    expect.stringMatching(`^ +1 .*Z +APPEND +${again.run} +\\+1 -1 +\\+2 -2$`),
    expect.stringMatching(/^ +0 .* \+1 -0 +\+2 -0$/),
  ]);
  expect((await call('table', 'compact', 'people')).stdout).toMatch(
    /^people, version 3: 3 rows of 2 files \(.* kB\) lie in 1 now \(.*\)\.\n$/,
  );
  expect((await call('table', 'compact', 'people')).stdout).toContain('nothing was changed');
  expect((await call('doctor')).stdout).toContain('Everything agrees');
  const shown = (await call('table', 'show', 'people')).stdout;
  expect(shown).toMatch(/holds +3 rows in 1 file,/);
  expect(shown).toMatch(/versions +0 to 3\n/);
  expect(JSON.parse((await call('table', 'show', 'people', '--json')).stdout)).toMatchObject({
    name: 'people',
    rows: 3,
    versions: { oldest: 0, newest: 3 },
  });
  expect((await call('table', 'restore', '0', 'people')).stdout).toBe(
    'people is as in version 0 again, as version 4: 2 rows came back, 3 rows went.\n',
  );
  expect(await call('doctor')).toMatchObject({ status: 0, stderr: '' });
  const vacuum = await call('table', 'vacuum', 'people', '--retain', '0h', '--force', '--dry-run');
  expect(vacuum.stdout).toMatch(/^(would remove .*\(left the table .*\)\n){3}Would remove 3 files, /);
  await call('table', 'vacuum', 'people', '--retain', '0h', '--force');
  const gone = await call('table', 'restore', '2', 'people');
  expect(gone).toMatchObject({ status: 1, stderr: expect.stringContaining('Version 2 of') });
  expect((await call('table', 'history', 'people')).stdout.match(/files are gone/g)).toHaveLength(3);
  expect((await call('doctor')).stdout).toContain('Everything agrees');
  expect((await call('clean', '--dry-run')).stdout).toBe('Nothing is left over.\n');
});

test.each([
  [['show', 'peple'], /has no table "peple"\. There are: people\./],
  [['restore', 'one', 'people'], /"one" is no version/],
  [['restore', '9', 'people'], /has no version 9; its newest is 2/],
  [['vacuum', 'people', '--retain', '1h'], /less than the 7 days that are promised.*add --force/s],
  [['vacuum', 'people', '--retain', 'soon'], /is no time\. Write hours or days/],
])('a wrong call, %s, changes nothing and says what to write', async (args, message) => {
  const { call } = await anEnvironment();
  expect(await call('table', ...args)).toMatchObject({ status: 1, stderr: expect.stringMatching(message) });
  expect((await call('table', 'history', 'people', '--json')).stdout.split('\n')).toHaveLength(4);
});

test('a vacuum that is told no retention keeps to what the table promised', async () => {
  const { call } = await anEnvironment();
  const vacuum = ['table', 'vacuum', 'people', '--dry-run'];
  const found = await call(...vacuum);
  expect(found).toMatchObject({ status: 0, stderr: '' });
  expect(found).toEqual(await call(...vacuum, '--retain', '7d'));
});

test('an environment without tables', async () => {
  const { cwd, call } = await anEnvironment();
  await mkdir(join(cwd, 'empty', 'ledger'), { recursive: true });
  const { stderr } = await call('table', 'show', 'people', '--out', 'empty');
  expect(stderr).toContain('There is no table yet.');
});
