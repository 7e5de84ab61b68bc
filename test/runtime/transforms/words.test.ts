/** Every word of a transform on the whole way of a run: the same rows from one chunk and from many, and nothing lost. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DefinitionError, UsageError } from '../../../core/errors.ts';
import type { ReceivedRows, Rows, Shape } from '../../../core/rows.ts';
import {
  column,
  decimal,
  definePipeline,
  format,
  int,
  reference,
  sink,
  sql,
  text,
  z,
  type Pipeline,
} from '../../../core/vocabulary.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

const KEY = 'SLUICE_TEST_KEY';
let box: Sandbox;
beforeEach(async () => {
  process.env[KEY] = 'a key that only tests have';
  box = await openSandbox();
});
afterEach(async () => {
  delete process.env[KEY];
  await box.close();
});

const row = z.object({
  id: z.int(),
  user: z.string(),
  email: z.string().meta({ pii: true }),
  shop: z.string(),
  price: decimal(8, 2).nullable(),
  at: z.iso.datetime(),
});
type In = typeof row.shape;

const pipeline = <Out extends Shape>(
  name: string,
  transform: (rows: ReceivedRows<In>) => Rows<Out>,
  partitionBy: readonly string[] = [],
): Pipeline =>
  definePipeline({
    name,
    owner: 'test',
    description: 'Sales, for tests.',
    row,
    sources: (source) => [source.files({ prefix: 'sales/', format: format.jsonl() })],
    transform,
    gate: { rejected: { atMost: 1 } },
    sinks: () => [
      sink.lake({
        table: name,
        write: 'append',
        metadata: ['_record'],
        partitionBy: partitionBy.map((column) => ({ column })),
      }),
    ],
    sla: { latency: '1 hour' },
  }) as unknown as Pipeline;

const sale = (id: number, change: object = {}) => ({
  id,
  user: `User ${id % 7}`,
  email: `user${id % 7}@example.com`,
  shop: id % 2 === 0 ? 'north' : 'south',
  price: id % 3 === 0 ? null : (id % 10) + 0.5,
  at: new Date(Date.UTC(2026, 0, 1, 0, (id * 37) % 600)).toISOString(),
  ...change,
});
const lines = (sales: readonly object[]) => sales.map((one) => `${JSON.stringify(one)}\n`).join('');
const many = lines(Array.from({ length: 200 }, (_, i) => sale(i, i === 60 ? { user: ' ' } : {})));

const shops = async (records: readonly object[]) => {
  const uri = join(box.folder, 'shops.jsonl');
  await writeFile(uri, lines(records));
  return reference({
    uri,
    format: format.jsonl(),
    row: z.object({ name: z.string(), city: z.string(), since: z.iso.date() }),
    decode: { name: 'shop' },
  });
};
const both = [
  { shop: 'north', city: 'Oslo', since: '2001-02-03' },
  { shop: 'south', city: 'Rome', since: '2002-03-04' },
];

test('all words after each other give the same rows, rejects and counts from one chunk and from many', async () => {
  const places = await shops(both);
  const all = pipeline('all', (rows) =>
    rows
      .skip((o) => sql`${o.id} = '7'`)
      .rename({ user: 'who', at: 'sold_at' })
      .clean({ who: { trim: true, case: 'lower', nulls: [''] } })
      .where((o) => sql`${o.id} <> 8`)
      .lookup((o) => ({ region: { of: o.shop, in: { north: 'N', south: 'S' } } }))
      .map(
        (o) => ({ reads: [o.id, o.who], adds: { label: z.string() } }),
        ({ id, who }) => {
          if (id === 9) throw new Error('not nine');
          return { label: `${id} ${who}` };
        },
      )
      .mask({ email: { by: 'hmac', secret: KEY } })
      .impute((o) => ({ who: 'nobody', price: { from: 'previous', per: [o.shop] } }))
      .impute(() => ({ price: 0 }))
      .derive((o) => ({ cents: int(sql`(${o.price} * 100)::BIGINT`) }))
      .sessionize((o) => ({ per: [o.email], by: o.sold_at, gap: '1 hour', as: 'session' }))
      .over((o) => ({
        per: [o.email],
        by: o.sold_at,
        columns: { spent: int(sql`sum(${o.cents})`), place: int(sql`row_number()`) },
      }))
      .join(places, (o) => ({ on: { name: o.shop }, take: { city: 'city', since: 'since' } }))
      .dedupe((o) => ({ per: [o.email, o.session], keep: 'first' }))
      .latest((o) => ({ per: [o.email, o.session], by: o.sold_at })),
  );
  const one = await box.run(all, 'a.jsonl', many);
  const rows = await box.table('all', '_record');
  const rejects = await box.quarantine();
  const small = await openSandbox({ chunkBytes: 700 });
  try {
    const cut = await small.run(all, 'a.jsonl', many);
    expect(cut.records).toEqual(one.records);
    expect(await small.table('all', '_record')).toEqual(rows);
    expect((await small.quarantine()).map(({ record, reasons }) => [record, reasons])).toEqual(
      rejects.map(({ record, reasons }) => [record, reasons]),
    );
  } finally {
    await small.close();
  }
  expect(one.records).toMatchObject({ read: 200, quarantined: 1, filtered: 2 });
  expect(one.records.loaded + one.records.deduplicated).toBe(197);
  expect(one.records.deduplicated).toBeGreaterThan(10);
  expect(rejects.map(({ record, reasons }) => [record, reasons[0]!.code])).toEqual([[10, 'expression']]);
  expect(rows![0]).toMatchObject({ label: '0 user 0', region: 'N', city: 'Oslo', session: 1, place: 1 });
  expect(JSON.stringify([rows, one])).not.toContain('@example.com');
});

describe('mask', () => {
  test('a key that is not set stops the run before it begins, by its name', async () => {
    delete process.env[KEY];
    const masked = pipeline('masked', (rows) => rows.mask({ email: { by: 'hmac', secret: KEY } }));
    await expect(box.run(masked, 'a.jsonl', many)).rejects.toThrow(UsageError);
    await expect(box.run(masked, 'a.jsonl', many)).rejects.toThrow(`variable ${KEY} is not set`);
    expect(await box.table('masked')).toBeNull();
  });
});

test('a reason that names a personal column between two steps hides its value in the report', async () => {
  const between = pipeline('between', (rows) =>
    rows
      .rename({ email: 'mail' })
      .lookup((o) => ({ who: { of: o.mail, in: { a: 'b' } } }))
      .mask({ mail: { by: 'redact' }, who: { by: 'redact' } }),
  );
  const run = await box.run(between, 'a.jsonl', lines([sale(1)]));
  expect(run.reasons).toMatchObject([
    { column: 'mail', code: 'key', example: { value: '(personal, masked)' } },
  ]);
  expect((await box.quarantine())[0]!.reasons[0]!.value).toBe('user1@example.com');
});

test('aggregate: each record is in a row, and leaves in one way', async () => {
  const sums = pipeline('sums', (rows) =>
    rows
      .where((o) => sql`${o.id} < 6`)
      .aggregate((o) => ({
        per: [o.shop],
        columns: {
          sales: int(sql`count(*)`),
          prices: column(decimal(38, 2).nullable(), sql`sum(${o.price})`),
          users: text(sql`string_agg(${o.user}, ',')`),
        },
      })),
  );
  const run = await box.run(sums, 'a.jsonl', many);
  expect(run.records).toEqual({
    read: 200,
    loaded: 2,
    quarantined: 0,
    filtered: 194,
    deduplicated: 4,
    held: 0,
  });
  const rows = (await box.table('sums', 'shop'))!;
  expect(rows.map((one) => ({ ...one, prices: Number(one['prices']) }))).toEqual([
    { shop: 'north', sales: 3, prices: 7, users: 'User 0,User 2,User 4', _record: 1 },
    { shop: 'south', sales: 3, prices: 7, users: 'User 1,User 3,User 5', _record: 2 },
  ]);
});

describe('join', () => {
  const withCity = (to: Awaited<ReturnType<typeof shops>>) =>
    pipeline('sold', (rows) => rows.join(to, (o) => ({ on: { name: o.shop }, take: { city: 'city' } })));

  test('a file of which one record is wrong fails the run: nothing of it is trusted', async () => {
    const wrong = await shops([...both, { shop: 'west', city: 'Lima', since: 'long ago' }]);
    const run = await box.run(withCity(wrong), 'a.jsonl', many);
    expect(run).toMatchObject({ status: 'failed', error: { name: 'UsageError' } });
    expect(run.error!.message).toMatch(
      /shops\.jsonl.*record 3 does not pass its row: since: expected a date/,
    );
    expect(await box.table('sold')).toBeNull();
  });

  test('an empty file matches nothing; a file that is not there fails the run', async () => {
    const run = await box.run(withCity(await shops([])), 'a.jsonl', lines([sale(1)]));
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
    const prices = pipeline(
      'prices',
      (rows) =>
        rows.derive((o) => ({ day: text(sql`strftime(${o.at}, '%d')`) })).mask({ user: { by: 'redact' } }),
      ['shop'],
    );
    const typed = prices as unknown as Parameters<Rows<In>['join']>[0];
    const sold = pipeline('sold', (rows) =>
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

describe('dedupe', () => {
  test('rows of one key that differ are a warning of the run', async () => {
    const once = pipeline('once', (rows) => rows.dedupe((o) => ({ per: [o.id], keep: 'last' })));
    const run = await box.run(once, 'a.jsonl', lines([sale(1), sale(1), sale(1, { shop: 'east' }), sale(2)]));
    expect(run.records).toMatchObject({ read: 4, loaded: 2, deduplicated: 2 });
    expect(run.warnings).toEqual([
      'dedupe() per id left out all rows of a key but the last; 2 of them differ from it in other columns.',
    ]);
  });
});

describe('a function over rows is refused before any data is read', () => {
  const over = (expression: ReturnType<typeof sql>) =>
    pipeline('over', (rows) => rows.over(() => ({ columns: { made: int(expression) } })));

  test.each([
    ['an expression of one row', sql`id + 1`, /give one function over rows|syntax/],
    ['its own OVER', sql`sum(id) OVER ()`, /syntax error|give one function/],
    ['its own OVER, and ours in a comment', sql`sum(id) OVER () --`, /syntax error|give one function/],
    ['two functions', sql`sum(id) + count(*)`, /give one function over rows|syntax/],
    ['what could fail on a row', sql`sum(user::BIGINT)`, /derive\(\) what it is to be made of first/],
    ['a sub-query', sql`sum((SELECT 1))`, /derive\(\) what it is to be made of first/],
    ['a function that there is not', sql`summ(id)`, /summ/],
    ['a sample', sql`reservoir_quantile(id, 0.5)`, /does not give the same answer/],
    ['another type', sql`avg(${{ column: 'id' }})`, /gives DOUBLE where BIGINT is declared/],
  ])('%s', async (_, expression, message) => {
    const run = box.run(over(expression), 'a.jsonl', lines([sale(1)]));
    await expect(run).rejects.toThrow(DefinitionError);
    await expect(run).rejects.toThrow(message);
  });

  test('what is a function over rows runs', async () => {
    const run = await box.run(
      over(sql`lag(${{ column: 'id' }}, 1, 0)`),
      'b.jsonl',
      lines([sale(1), sale(2)]),
    );
    expect((await box.table('over', 'id'))!.map((one) => one['made'])).toEqual([0, 1]);
    expect(run.status).toBe('published');
  });
});

describe('sql', () => {
  const asked = (
    name: string,
    query: (
      n: typeof sql,
      rows: ReturnType<typeof sql>,
      record: ReturnType<typeof sql>,
    ) => ReturnType<typeof sql>,
  ) =>
    pipeline(name, (rows) =>
      rows
        .where((o) => sql`${o.id} <> 3`)
        .sql((_o, { rows: from, record }) => ({
          leaves: { id: z.int(), place: z.int(), price: decimal(8, 2).nullable() },
          query: query(sql, from, record),
        }))
        .where((o) => sql`${o.place} < 100`),
    );
  const sales = lines([1, 2, 3, 4, 5].map((id) => sale(id)));

  test('each row is of its record; one that the query leaves out is filtered', async () => {
    const ranked = asked(
      'ranked',
      (s, from, record) =>
        s`SELECT ${record}, id, dense_rank() OVER (ORDER BY id DESC) AS place, price FROM ${from} WHERE id <> (SELECT min(id) FROM ${from}) -- and no more`,
    );
    const run = await box.run(ranked, 'a.jsonl', sales);
    expect(run.records).toMatchObject({ read: 5, loaded: 3, filtered: 2, quarantined: 0 });
    expect(
      (await box.table('ranked', 'id'))!.map((one) => [one['id'], one['place'], one['_record']]),
    ).toEqual([
      [2, 3, 2],
      [4, 2, 4],
      [5, 1, 5],
    ]);
    const fields = (await box.world.tables.snapshot(box.world.layout.table('ranked')))!.schema.fields;
    expect(fields.filter(({ metadata }) => metadata['pii']).map(({ name }) => name)).toEqual([
      'id',
      'place',
      'price',
    ]);
  });

  test('an expression of it that fails says what failed, and what to write', async () => {
    const cast = asked(
      'cast',
      (s, from, record) => s`SELECT ${record}, id, right(user, 4)::INTEGER AS place, price FROM ${from}`,
    );
    const run = await box.run(cast, 'a.jsonl', sales);
    expect(run).toMatchObject({ status: 'failed', error: { name: 'EngineError' } });
    expect(run.error!.message).toMatch(
      /^The query of sql\(\) failed on a row.*write TRY\(…\).*Conversion Error/,
    );
    // The rows are personal, and so are the values in what the engine says.
    expect(run.error!.message).not.toContain('er 1');
  });

  test.each([
    [
      'a record twice',
      (s: typeof sql, from: ReturnType<typeof sql>, n: ReturnType<typeof sql>) =>
        s`SELECT ${n}, id, 1 AS place, price FROM ${from}, range(2)`,
    ],
    [
      'a record that there is not',
      (s: typeof sql, from: ReturnType<typeof sql>, n: ReturnType<typeof sql>) =>
        s`SELECT ${n} + 7 AS _n, id, 1 AS place, price FROM ${from}`,
    ],
  ])('%s fails the run: the books do not balance, nothing is loaded', async (_, query) => {
    const run = await box.run(asked('wrong', query), 'a.jsonl', sales);
    expect(run).toMatchObject({ status: 'failed', error: { name: 'ReconciliationError' } });
    expect(await box.table('wrong')).toBeNull();
  });

  test.each([
    ['a column that it lacks', 'SELECT _n, id, price FROM _rows', /does not give "place"/],
    ['no number', 'SELECT id, 1 AS place, price FROM _rows', /does not give the record's number/],
    [
      'another type',
      'SELECT _n, id, 1.5 AS place, price FROM _rows',
      /gives DECIMAL\(2,1\) for "place" where BIGINT/,
    ],
    [
      'chance',
      'SELECT _n, id, 1 AS place, price FROM _rows ORDER BY random()',
      /random\(\) does not give the same answer/,
    ],
    [
      'a sample',
      'SELECT _n, id, 1 AS place, price FROM (FROM _rows USING SAMPLE 2)',
      /sample\(\) does not give the same answer/,
    ],
    [
      'a file',
      "SELECT _n, id, 1 AS place, price FROM _rows, read_text('/etc/passwd')",
      /read_text\(\) reads from elsewhere/,
    ],
    ['another table', 'SELECT _n, id, 1 AS place, price FROM staged', /staged/],
    ['something that is no query', 'DROP TABLE rows', /SELECT/],
    ['two queries', 'SELECT 1; SELECT 2', /give one query/],
  ])('%s is refused before any data is read', async (_, text, message) => {
    const run = box.run(
      asked('refused', () => ({ text, columns: [] })),
      'a.jsonl',
      sales,
    );
    await expect(run).rejects.toThrow(DefinitionError);
    await expect(run).rejects.toThrow(message);
  });
});
