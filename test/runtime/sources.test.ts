/** Several sources of one pipeline: other names, formats, rules and places, and one row. */

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decimal, definePipeline, format, sink, z, type Pipeline } from '../../core/vocabulary.ts';
import { runObject } from '../../runtime/local/run.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox();
});
afterAll(() => box.close());

const terms = {
  owner: 'test',
  gate: { rejected: { atMost: 1 } },
  sla: { latency: '10 minutes' },
} as const;

const books = definePipeline({
  ...terms,
  name: 'books',
  description: 'Kept by another pipeline.',
  row: z.object({ number: z.int(), total: decimal(10, 2), on: z.iso.date() }),
  sources: (source) => [source.files({ prefix: 'books/', format: format.csv() })],
  sinks: () => [sink.lake({ table: 'books', write: 'append' })],
});

const sales = definePipeline({
  ...terms,
  name: 'sales',
  description: 'Sales of all places.',
  row: z.object({ id: z.int().max(99), amount: decimal(12, 2), day: z.iso.date() }),
  sources: (source) => [
    source.files({
      prefix: 'shop/',
      match: 'shop-*.csv',
      format: format.csv({ delimiter: ';', preamble: 1 }),
      decimal: ',',
      decode: {
        id: 'Nr.',
        amount: { from: 'Betrag', thousands: '.' },
        day: { from: 'Tag', pattern: 'DD.MM.YYYY' },
      },
    }),
    source.files({
      prefix: 'web/',
      match: 'web-*.json',
      format: format.json({ records: 'days', each: 'sales' }),
      decode: { id: 'sales.id', amount: 'sales.price.eur', day: 'date' },
    }),
    source.files({
      prefix: 'phone/',
      match: '*.txt',
      format: format.csv({ header: false, columns: ['id', 'day', 'amount'], delimiter: '|' }),
    }),
    source.table(books, { decode: { id: 'number', amount: 'total', day: 'on' } }),
  ],
  sinks: () => [sink.lake({ table: 'sales', write: 'replace' })],
}) as unknown as Pipeline;

const rows = [
  { id: 1, amount: 1234.5, day: '2026-11-20' },
  { id: 2, amount: -0.05, day: '2026-11-21' },
];

test.each<[string, () => ReturnType<Sandbox['run']>]>([
  [
    'a shop',
    () =>
      box.run(
        sales,
        'shop-1.csv',
        'Kasse 7\nTag;Betrag;Nr.\n20.11.2026;1.234,50;1\n21.11.2026;-0,05;2\n21.11.2026;1,00;100\n',
      ),
  ],
  [
    'the web',
    () =>
      box.run(
        sales,
        'web-1.json',
        JSON.stringify({
          days: [
            { date: '2026-11-20', sales: [{ id: 1, price: { eur: 1234.5 } }] },
            {
              date: '2026-11-21',
              sales: [
                { id: 2, price: { eur: -0.05 } },
                { id: 100, price: { eur: 1 } },
              ],
            },
          ],
        }),
      ),
  ],
  [
    'the phone',
    () => box.run(sales, 'calls.txt', '1|2026-11-20|1234.5\n2|2026-11-21|-0.05\n100|2026-11-21|1\n'),
  ],
  [
    'the books',
    async () => {
      await box.run(
        books as unknown as Pipeline,
        'books.csv',
        'total,on,number\n1234.50,2026-11-20,1\n-0.05,2026-11-21,2\n1,2026-11-21,100\n',
      );
      const uri = join(box.world.layout.table('books'), '_delta_log', `${'0'.repeat(20)}.json`);
      return runObject(box.world, sales, { uri });
    },
  ],
])('%s', async (_where, run) => {
  expect(await run()).toMatchObject({
    status: 'published-with-rejects',
    records: { read: 3, loaded: 2, quarantined: 1 },
    reasons: [{ column: 'id', code: 'too_big' }],
  });
  const found = (await box.table('sales', 'id'))!;
  const plain = found.map((row) => ({ ...row, day: (row['day'] as Date).toISOString().slice(0, 10) }));
  expect(plain).toEqual(rows);
});
