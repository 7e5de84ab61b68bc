/** Of which types the expression of a column may be: a cast to the declared one must not change a value without a word. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  column,
  date,
  decimal,
  flag,
  int,
  number,
  sql,
  text,
  z,
  type Pipeline,
  type Sql,
} from '../../core/vocabulary.ts';
import { bindDefinition } from '../../runtime/bind-definition.ts';
import { openEngine } from '../support/engine.ts';
import { pipelineOf } from '../support/pipeline.ts';
import { openSandbox, type Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(async () => {
  box = await openSandbox();
});
afterAll(() => box.close());

type Word = (as: Sql) => { readonly type: z.ZodType; readonly as: Sql };
type Rows = Record<'derive' | 'sql', (make: () => unknown) => unknown>;

const given = (text: string): Sql => sql([text] as unknown as TemplateStringsArray);

const making = (transform: (rows: Rows) => unknown): Pipeline =>
  pipelineOf({ row: z.object({ id: z.int() }), transform: transform as never });

const ways: Readonly<Record<string, (word: Word, expression: string) => Pipeline>> = {
  derive: (word, expression) => making((rows) => rows.derive(() => ({ c: word(given(expression)) }))),
  sql: (word, expression) =>
    making((rows) =>
      rows.sql(() => ({
        leaves: { c: word(sql`1`).type },
        query: given(`SELECT "_n", ${expression} AS c FROM "_rows"`),
      })),
    ),
};

const exact: Word = (as) => column(decimal(12, 2), as);

/** The same value whatever it is. */
const same: readonly (readonly [string, Word, string])[] = [
  ['TINYINT as a whole number', int, '1::TINYINT'],
  ['UINTEGER as a whole number', int, '1::UINTEGER'],
  ['INTEGER as a number', number, '1::INTEGER'],
  ['UINTEGER as a number', number, '1::UINTEGER'],
  ['FLOAT as a number', number, '1::FLOAT'],
  ['a decimal of 15 digits as a number', number, '1::DECIMAL(15,2)'],
  ['a decimal of fewer digits', exact, '1::DECIMAL(11,1)'],
  ['one of a list as a text', text, `'a'::ENUM('a')`],
  ['nothing at all', int, 'NULL'],
];

/** The same value, or the row is rejected. */
const orFails: readonly (readonly [string, Word, string])[] = [
  ['HUGEINT as a whole number', int, '1::HUGEINT'],
  ['UBIGINT as a whole number', int, '1::UBIGINT'],
  ['a decimal of more digits before the point', exact, '1::DECIMAL(20,2)'],
];

/** Another value. */
const other: readonly (readonly [string, Word, string])[] = [
  ['DOUBLE as a whole number', int, '1.5::DOUBLE'],
  ['a decimal as a whole number', int, '1.5::DECIMAL(5,1)'],
  ['VARCHAR as a whole number', int, `'1'`],
  ['BOOLEAN as a whole number', int, 'true'],
  ['BIGINT as a number', number, '9007199254740993::BIGINT'],
  ['a decimal of 16 digits as a number', number, '1::DECIMAL(16,2)'],
  ['HUGEINT as a number', number, '1::HUGEINT'],
  ['a decimal of more digits behind the point', exact, '1::DECIMAL(12,3)'],
  ['DOUBLE as a decimal', exact, '1.5::DOUBLE'],
  ['INTEGER as a decimal', exact, '1::INTEGER'],
  ['INTEGER as a text', text, '1::INTEGER'],
  ['TIMESTAMP as a date', date, `TIMESTAMP '2024-01-31 10:00:00'`],
  ['INTEGER as true or false', flag, '1::INTEGER'],
];

describe.each(Object.entries(ways))('%s', (way, make) => {
  const says = (word: Word, expression: string): Promise<string> =>
    bindDefinition(box.world, make(word, expression)).then(
      () => 'taken',
      (error: Error) => `${error.name}: ${error.message}`,
    );

  test.each(same)('takes %s', async (_, word, expression) => {
    expect(await says(word, expression)).toBe('taken');
  });

  test.each(orFails)(`${way === 'derive' ? 'refuses' : 'takes'} %s`, async (_, word, expression) => {
    const wanted = way === 'derive' ? /^DefinitionError.*would change values without a word/s : /^taken$/;
    expect(await says(word, expression)).toMatch(wanted);
  });

  test.each(other)('refuses %s', async (_, word, expression) => {
    expect(await says(word, expression)).toMatch(/^DefinitionError.*would change values without a word/s);
  });
});

test('the cast alone would have made other values of them', async () => {
  const engine = await openEngine();
  const made = await engine.rows(
    `SELECT 1.5::DOUBLE::BIGINT AS a, 9007199254740993::BIGINT::DOUBLE AS b, 1.005::DECIMAL(12,3)::DECIMAL(12,2)::VARCHAR AS c,
  TIMESTAMP '2024-01-31 10:00:00'::DATE::VARCHAR AS d, 2::BOOLEAN AS e`,
  );
  await engine.close();
  expect(made).toEqual([{ a: 2, b: 9007199254740992, c: '1.01', d: '2024-01-31', e: true }]);
});
