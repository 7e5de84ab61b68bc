/** The command line on the table of another pipeline: its versions are run in order, each once, and what is left out is said. */

import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plan } from '../../bin/commands/plan.ts';
import { run } from '../../bin/commands/run.ts';
import { plain } from '../../bin/terminal.ts';
import { compactTable } from '../../runtime/table/compact.ts';
import { ids, orderLines, orders } from '../support/chain.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox();
  const chain = JSON.stringify(fileURLToPath(new URL('../support/chain.ts', import.meta.url)));
  for (const [name, options] of [
    ['added', {}],
    ['whole', { read: 'whole', write: 'replace' }],
  ] as const) {
    const made = `import { sales } from ${chain};\nexport const made = sales(${JSON.stringify(options)});\n`;
    writeFileSync(join(box.folder, `${name}.ts`), made);
  }
});
afterAll(() => box.close());

/** Calls a command in the sandbox's folder. */
async function called(work: (terminal: Parameters<typeof plan>[0]) => Promise<number>) {
  const said = { out: '', err: '' };
  const code = await work({
    cwd: box.folder,
    out: (text) => void (said.out += text),
    err: (text) => void (said.err += text),
    paint: plain,
    width: undefined,
    onInterrupt: () => () => undefined,
  });
  return { code, ...said };
}

const runs = (definition: string, ...paths: string[]) =>
  called((terminal) => run(terminal, `./${definition}.ts`, paths, { out: 'out', json: true, again: false }));

interface Printed {
  readonly status: string;
  readonly objects: readonly [{ readonly uri: string }];
}

/** The version and the status of each run, in order. */
const told = (out: string): [number, string][] =>
  out
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Printed)
    .map(({ status, objects: [{ uri }] }) => [Number(uri.slice(-25, -5)), status]);

const put = (first: number) =>
  box.run(orders() as never, `orders-${first}.jsonl`, orderLines(ids(first, first + 2)));

async function rows(): Promise<number> {
  const snapshot = await box.world.tables.snapshot(box.world.layout.table('sales'));
  return snapshot!.files.reduce((sum, { records }) => sum + records, 0);
}

test('versions are run in order, once; those without rows are left out; of a whole table the newest alone', async () => {
  for (const first of [1, 11, 21]) await put(first);
  const first = await runs('added', 'out/lake/orders');
  expect(first.code).toBe(0);
  expect(told(first.out)).toEqual([0, 1, 2].map((version) => [version, 'published']));

  await compactTable(box.world, box.world.layout.table('orders'));
  await put(31);
  const second = await runs('added', 'out/lake');
  expect(told(second.out)).toEqual([[4, 'published']]);
  expect(second.err).toBe(
    '3 versions of orders read before.\n1 version of orders without rows of their own.\n',
  );

  const third = await runs('added', 'out/lake/orders');
  expect(third).toMatchObject({
    code: 0,
    out: '',
    err: expect.stringContaining('4 versions of orders read'),
  });
  // One that is named is run, whatever was read before.
  const named = relative(
    box.folder,
    join(box.world.layout.table('orders'), '_delta_log', `${'0'.repeat(20)}.json`),
  );
  expect(told((await runs('added', named)).out)).toEqual([[0, 'duplicate']]);
  expect(await rows()).toBe(12);

  const whole = await runs('whole', 'out/lake/orders');
  expect([whole.err, whole.out]).toEqual(['1 version of orders read before.\n', '']);
  await put(41);
  expect(told((await runs('whole', 'out/lake/orders')).out)).toEqual([[5, 'published']]);
  expect(await rows()).toBe(15);
});

test('plan says what is read; an entry in another folder is none of its versions', async () => {
  const said = await called((terminal) => plan(terminal, './added.ts'));
  expect(said.out).toContain('source 1  table orders (rows added), ');
  const stray = `${'0'.repeat(20)}.json`;
  writeFileSync(join(box.folder, stray), '{}');
  await expect(runs('added', stray)).rejects.toThrow(
    `No source of pipeline sales takes ${stray}; they take: the folder of table orders.`,
  );
});
