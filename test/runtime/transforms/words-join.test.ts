/** The word `join` on the whole way of a run: with files and tables, and what is said of those that cannot be used. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Rows } from '../../../core/rows.ts';
import { format, reference, sql, text, z } from '../../../core/vocabulary.ts';
import { lines } from '../../support/lines.ts';
import { both, many, sale, selling, shops, type In } from '../../support/sales.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

describe('join', () => {
  const withCity = (to: Awaited<ReturnType<typeof shops>>) =>
    selling('sold', (rows) => rows.join(to, (o) => ({ on: { name: o.shop }, take: { city: 'city' } })));

  test('a file of which one record is wrong fails the run: nothing of it is trusted', async () => {
    const wrong = await shops(box.folder, [...both, { shop: 'west', city: 'Lima', since: 'long ago' }]);
    const run = await box.run(withCity(wrong), 'a.jsonl', many);
    expect(run).toMatchObject({ status: 'failed', error: { name: 'UsageError' } });
    expect(run.error!.message).toMatch(
      /shops\.jsonl.*record 3 does not pass its row: since: expected a date/,
    );
    expect(await box.table('sold')).toBeNull();
  });

  test('an empty file matches nothing; a file that is not there fails the run', async () => {
    const run = await box.run(withCity(await shops(box.folder, [])), 'a.jsonl', lines([sale(1)]));
    expect(run.records).toMatchObject({ read: 1, quarantined: 1 });
    const nowhere = reference({
      uri: join(box.folder, 'no.jsonl'),
      format: format.jsonl(),
      row: z.object({ name: z.string(), city: z.string(), since: z.iso.date() }),
    });
    const failed = await box.run(withCity(nowhere), 'b.jsonl', lines([sale(2)]));
    expect(failed).toMatchObject({ status: 'failed', error: { name: 'UsageError' } });
    expect(failed.error!.message).toMatch(
      /no\.jsonl when the run began, which rows are joined with\. Put the file there/,
    );
  });

  test.each([
    ['without a column', 'name,since\nnorth,2001-02-03\n', /The header has no field/],
    ['cut off', '', /gzip data ends/],
  ])(
    'a file that no run could trust, %s, fails the run and is not the object that is rejected',
    async (_, content, why) => {
      const uri = join(box.folder, content === '' ? 'shops.csv.gz' : 'shops.csv');
      await writeFile(uri, content === '' ? gzipSync('name,city,since\n').subarray(0, 20) : content);
      const wrong = reference({
        uri,
        format: format.csv(),
        row: z.object({ name: z.string(), city: z.string(), since: z.iso.date() }),
      });
      const run = await box.run(withCity(wrong), 'a.jsonl', lines([sale(1)]));
      expect(run).toMatchObject({ status: 'failed', error: { name: 'UsageError' } });
      expect(run.error!.message).toMatch(/shops\.csv.*cannot be trusted/);
      expect(run.error!.message).toMatch(why);
    },
  );

  test('the table of another pipeline, partitioned, at its newest version; one that is not there is said', async () => {
    const prices = selling(
      'prices',
      (rows) =>
        rows.derive((o) => ({ day: text(sql`strftime(${o.at}, '%d')`) })).mask({ user: { by: 'redact' } }),
      ['shop'],
    );
    const typed = prices as unknown as Parameters<Rows<In>['join']>[0];
    const sold = selling('sold', (rows) =>
      rows.join(typed, (o) => ({
        on: { id: o.id, shop: o.shop } as never,
        take: { before: 'price', mail: 'email' } as never,
      })),
    );
    const early = await box.run(sold, 'early.jsonl', lines([sale(1)]));
    expect(early.error?.message).toMatch(/There is no table prices yet.*Run its pipeline first/);
    await box.run(prices, 'p1.jsonl', lines([sale(1, { price: 7 }), sale(2, { price: 8 })]));
    await box.run(
      prices,
      'p2.jsonl',
      lines([sale(3, { price: 9 }), sale(4, { price: 1 }), sale(4, { price: 2 })]),
    );
    const run = await box.run(
      sold,
      'a.jsonl',
      lines([sale(1), sale(2), sale(3, { shop: 'north' }), sale(4), sale(5)]),
    );
    expect(run.records).toMatchObject({ read: 5, loaded: 2, quarantined: 3 });
    expect(
      (await box.table('sold', 'id'))!.map((one) => [one['id'], Number(one['before']), one['mail']]),
    ).toEqual([
      [1, 7, 'user1@example.com'],
      [2, 8, 'user2@example.com'],
    ]);
    expect((await box.quarantine()).map(({ reasons }) => reasons[0]!.message)).toEqual([
      'expected one row of table prices with this key, found none',
      'expected one row of table prices with this key, found several',
      'expected one row of table prices with this key, found none',
    ]);
    const fields = (await box.world.tables.snapshot(box.world.layout.table('sold')))!.schema.fields;
    expect(fields.filter(({ metadata }) => metadata['pii']).map(({ name }) => name)).toEqual([
      'email',
      'mail',
    ]);
  });
});
