/** SQL over all rows on the whole way of a run: the word `sql`, and functions over rows. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DefinitionError } from '../../../core/errors.ts';
import { decimal, int, sql, z } from '../../../core/vocabulary.ts';
import { lines } from '../../support/lines.ts';
import { sale, selling } from '../../support/sales.ts';
import { openSandbox, type Sandbox } from '../../support/sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await openSandbox();
});
afterEach(() => box.close());

describe('a function over rows is refused before any data is read', () => {
  const over = (expression: ReturnType<typeof sql>) =>
    selling('over', (rows) => rows.over(() => ({ columns: { made: int(expression) } })));

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
    selling(name, (rows) =>
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
