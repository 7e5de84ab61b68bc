/** What the engine says of a definition before any data is read: which types fit, and which names are looked through. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DefinitionError } from '../../core/errors.ts';
import type { ReceivedRows, Rows, Shape } from '../../core/rows.ts';
import {
  column,
  date,
  datetime,
  decimal,
  flag,
  format,
  int,
  number,
  run,
  sql,
  text,
  z,
} from '../../core/vocabulary.ts';
import { bindDefinition } from '../../runtime/bind-definition.ts';
import { pipelineOf } from '../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

const row = z.object({
  id: z.int(),
  mail: z.string().meta({ pii: true }),
  size: z.number(),
  price: decimal(8, 2),
  ok: z.boolean(),
  day: z.iso.date(),
  at: z.iso.datetime(),
  tags: z.array(z.string()),
  who: z.object({ mail: z.string() }),
});
type In = typeof row.shape;

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox();
});
afterAll(() => box.close());

/** Settles once all of it binds. */
const bind = <Out extends Shape>(transform: (rows: ReceivedRows<In>) => Rows<Out>) =>
  bindDefinition(box.world, pipelineOf({ row, format: format.jsonl(), transform }));

describe('a value of each type fits the column of that type', () => {
  const types = {
    text: z.string(),
    int: z.int(),
    number: z.number(),
    decimal: decimal(8, 2),
    flag: z.boolean(),
    date: z.iso.date(),
    datetime: z.iso.datetime(),
    list: z.array(z.string()),
    object: z.object({ mail: z.string() }),
  };

  test('derived', async () => {
    const bound = bind((rows) =>
      rows.derive((o) => ({
        text: text(sql`${o.mail}`),
        int: int(sql`${o.id} + 1`),
        number: number(sql`${o.size} * 2`),
        decimal: column(types.decimal, sql`${o.price}`),
        flag: flag(sql`NOT ${o.ok}`),
        date: date(sql`${o.at}::DATE`),
        datetime: datetime(sql`${o.at} + INTERVAL 1 DAY`),
        started: datetime(sql`${run.time}`),
        list: column(types.list, sql`list_sort(${o.tags})`),
        object: column(types.object, sql`{mail: ${o.mail}}`),
      })),
    );
    await expect(bound).resolves.toBeUndefined();
  });

  const firsts = (o: { readonly [K in keyof In]: { readonly column: K } }) => ({
    text: text(sql`max(${o.mail})`),
    int: int(sql`sum(${o.id})`),
    number: number(sql`avg(${o.size})`),
    decimal: column(decimal(38, 2), sql`sum(${o.price})`),
    flag: flag(sql`bool_or(${o.ok})`),
    date: date(sql`min(${o.day})`),
    datetime: datetime(sql`first(${o.at})`),
    list: column(types.list, sql`first(${o.tags})`),
    object: column(types.object, sql`first(${o.who})`),
  });

  test('made over rows', async () => {
    const over = bind((rows) => rows.over((o) => ({ per: [o.id], columns: firsts(o) })));
    await expect(over).resolves.toBeUndefined();
    const aggregated = bind((rows) => rows.aggregate((o) => ({ per: [o.id], columns: firsts(o) })));
    await expect(aggregated).resolves.toBeUndefined();
  });

  test('made by a query', async () => {
    const bound = bind((rows) =>
      rows.sql((o, { rows: all, record }) => ({
        leaves: types,
        query: sql`SELECT ${record}, ${o.mail} AS text, ${o.id} AS "int", ${o.size} AS number, ${o.price} AS "decimal",
  ${o.ok} AS flag, ${o.day} AS date, ${o.at} AS datetime, ${o.tags} AS list, ${o.who} AS object FROM ${all}`,
      })),
    );
    await expect(bound).resolves.toBeUndefined();
  });

  test('and no other, by its name', async () => {
    const wrong = bind((rows) => rows.derive((o) => ({ day: datetime(sql`${o.day}`) })));
    await expect(wrong).rejects.toThrow(
      'the expression gives DATE where TIMESTAMP WITH TIME ZONE is declared',
    );
  });
});

describe('a personal column that stands in the text of an expression', () => {
  test.each([
    ['by its name', sql`mail || '!'`],
    ['in other letters', sql`upper("MAIL")`],
    ['with its relation', sql`unnamed_subquery.mail`],
    ['as one of all', sql`concat(*COLUMNS(*))`],
  ])('%s is refused: what is made of it would not be personal', async (_, made) => {
    const derived = bind((rows) => rows.derive(() => ({ made: text(made) })));
    await expect(derived).rejects.toThrow(DefinitionError);
    await expect(derived).rejects.toThrow('names "mail", which is personal; give the column as ${o.mail}');
  });

  test('in a function over rows too', async () => {
    const made = { all: text(sql`string_agg(mail, ' ')`) };
    await expect(bind((rows) => rows.aggregate((o) => ({ per: [o.id], columns: made })))).rejects.toThrow(
      'aggregate(all): the text of the expression names "mail"',
    );
  });

  test('given as a column it is not, nor is a field of that name', async () => {
    const bound = bind((rows) =>
      rows.derive((o) => ({ a: text(sql`${o.mail} || mail`), b: text(sql`${o.who}.mail`), c: int(sql`id`) })),
    );
    await expect(bound).resolves.toBeUndefined();
  });
});

test.each([
  ['a function over what is over rows itself', sql`sum(count(*) OVER ())`],
  ['two of them', sql`sum(id) OVER (), count(*)`],
  ['one that hides what comes behind it', sql`sum(id) -- `],
])('%s is refused: it would be made of other rows than it says', async (_what, made) => {
  const over = bind((rows) => rows.over((o) => ({ per: [o.id], columns: { made: int(made) } })));
  await expect(over).rejects.toThrow(DefinitionError);
  await expect(over).rejects.toThrow(
    'give one function over rows, such as sum(…) or lag(…), without its OVER.',
  );
});

test('a query that ends with a semicolon, or does not give its records, is told what to write', async () => {
  const asked = (end: string, record: string) =>
    bind((rows) =>
      rows.sql(() => ({
        leaves: { id: z.int() },
        query: { text: `SELECT ${record}id FROM "_rows"${end}`, columns: [] },
      })),
    );
  await expect(asked(' ; ', '_n, ')).rejects.toThrow('give one query, without a semicolon at its end');
  await expect(asked('', '')).rejects.toThrow("does not give the record's number (${record})");
});
