/** Texts of every form against zod: the same verdict, the same words, the same value, whether SQL or zod judges them. */

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { z } from 'zod';
import { decimal } from '../../../core/types/decimal.ts';
import { judge } from '../../../core/zod-call.ts';
import { compiled, decoded } from '../../support/decode.ts';
import { openEngine, type OpenEngine } from '../../support/engine.ts';
import { formatted, nearly, type Formatted } from '../../support/format-schemas.ts';
import { SEED } from '../../support/schemas.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

const TEXTS = 400;

/** What differs between zod and the engine in one of the schemas, for each text. */
async function differing({ schemas }: Formatted, texts: readonly string[]): Promise<string[]> {
  const row = z.object(Object.fromEntries(schemas.map((schema, i) => [`c${i}`, schema])));
  const got = await decoded(engine, row, texts.map((text) => schemas.map(() => text))); // prettier-ignore
  return texts.flatMap((text, r) =>
    schemas.flatMap((schema, i) => {
      const said = judge(schema, text);
      const { values, reasons } = got[r]!;
      const mine = (reasons ?? []).filter(({ column }) => column === `c${i}`);
      const found = [mine.length > 0 ? null : values[`c${i}`], ...mine.map(({ code, message }) => `${code}: ${message}`)]; // prettier-ignore
      const wanted = said.ok ? [said.value] : [null, ...said.findings.map(({ code, message }) => `${code}: ${message}`)]; // prettier-ignore
      return JSON.stringify(found) === JSON.stringify(wanted)
        ? []
        : [JSON.stringify({ text, found, wanted, schema: schema.def })];
    }),
  );
}

test('of every form: at least 20,000 texts', async () => {
  let compared = 0;
  for (const [name, form] of Object.entries(formatted)) {
    const [texts] = fc.sample(
      fc.array(nearly(form), { minLength: TEXTS, maxLength: TEXTS, size: 'max' }),
      { seed: SEED, numRuns: 1 },
    ); // prettier-ignore
    const all = [...form.samples, ...texts!];
    expect({ [name]: (await differing(form, all)).slice(0, 3) }).toEqual({ [name]: [] });
    compared += all.length * form.schemas.length;
  }
  console.log(`${compared} texts compared`);
  expect(compared).toBeGreaterThan(20_000);
});

/** Which engine judges a column, by the plan. */
const judgedBy = (schema: z.ZodType): string =>
  [...new Set(compiled(z.object({ c: schema })).rules.map(({ engine: by }) => by))].join(' and ');

describe('who judges', () => {
  it('SQL alone, what a pattern says wholly', () => {
    const own = [
      z.base64(), z.base64url(), z.hex(), z.hash('sha256'), z.hostname(), z.iso.duration(), z.currencyCode(), z.stringFormat('sku', /^[A-Z]{3}-\d+$/),
      z.string().min(2, 'two at least'), z.string('a text').max(3), z.enum(['a'], { error: 'of these' }), z.number().multipleOf(0.01), z.int().multipleOf(5),
      decimal(9, 2).multipleOf(0.05),
    ]; // prettier-ignore
    expect(own.map(judgedBy)).toEqual(own.map(() => 'sql'));
    expect(own.map((schema) => compiled(z.object({ c: schema })).functions)).toEqual(own.map(() => []));
  });

  it('SQL where a pattern proves it, and zod where it does not', () => {
    const both = [z.url(), z.httpUrl(), z.url({ protocol: /^https?$/ }), z.ipv6(), z.cidrv6()];
    expect(both.map(judgedBy)).toEqual(both.map(() => 'sql and zod'));
  });

  it('zod alone, what only its functions know, and words that may depend on the value', () => {
    const zods = [
      z.jwt(), z.iban(), z.creditCard(), z.emoji(), z.url({ normalize: true }), z.url({ hostname: /a/ }), z.stringFormat('even', (v) => v !== ''),
      z.string().min(2, { error: () => 'words' }), z.string().min(2, { error: 'ends', abort: true }),
    ]; // prettier-ignore
    expect(zods.map(judgedBy)).toEqual(zods.map(() => 'zod'));
  });

  it('of most links and addresses zod is not asked', async () => {
    const decode = compiled(z.object({ c: z.url(), d: z.ipv6() }));
    const asked: string[] = [];
    for (const { name, call } of decode.functions) {
      engine.register({ name, call: (text) => (asked.push(text), call(text)) });
    }
    const rows = [['https://a.co/b', '::1'], ['http://www.example.com:80?x', 'fe80::1'], ['http:x', '::ffff:1.2.3.4']]; // prettier-ignore
    const values = rows.map(([url, address]) => `('${url}', '${address}')`).join(', ');
    const from = `(VALUES ${values}) v (f0, f1)`;
    const [count] = await engine.rows(
      `SELECT count(*) AS n FROM (${decode.select(from)}) WHERE "_reasons" IS NULL`,
    );
    expect([Number(count!['n']), asked.toSorted()]).toEqual([3, ['::ffff:1.2.3.4', 'http:x']]);
  });
});

test('multiples are those of zod, to the last bit', async () => {
  const steps = [0.1, 0.01, 0.07, 0.05, 1e-7, 3, -2, 1 / 3, 5e-324, 1e300, 2 ** 53];
  const columns = steps.map((step) => z.number().multipleOf(step));
  const near = fc
    .tuple(fc.constantFrom(...steps), fc.integer({ min: -1e9, max: 1e9 }), fc.constantFrom(0, 0, 0.5, 1e-9, 1e-15))
    .map(([step, times, off]) => step * (times + off)); // prettier-ignore
  const numbers = fc.sample(fc.oneof(near, fc.double({ noNaN: true, noDefaultInfinity: true })), { seed: SEED, numRuns: 1500 }); // prettier-ignore
  const texts = [...numbers, 0.3, 2.03, 4503599627370497, 0.49999999999999994].filter(Number.isFinite).map(String); // prettier-ignore
  const row = z.object(Object.fromEntries(columns.map((schema, i) => [`c${i}`, schema])));
  const got = await decoded(engine, row, texts.map((text) => columns.map(() => text))); // prettier-ignore
  const wrong = texts.flatMap((text, r) => {
    const said = row.safeParse(Object.fromEntries(columns.map((_, i) => [`c${i}`, Number(text)])));
    const wanted = (said.error?.issues ?? []).map(({ path }) => path[0]).join();
    const found = (got[r]!.reasons ?? []).map(({ column }) => column).join();
    return found === wanted ? [] : [{ text, found, wanted }];
  });
  expect(wrong).toEqual([]);
});
