/** Regular expressions of JavaScript, translated, against JavaScript's own answers. */

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { translate, type Translated } from '../../core/regex.ts';
import { literal } from '../../core/sql.ts';
import { openEngine, type OpenEngine } from '../support/engine.ts';
import { regexes, SEED, texts } from '../support/schemas.ts';

let engine: OpenEngine;
beforeAll(async () => void (engine = await openEngine()));
afterAll(() => engine.close());

const isAscii = (text: string) => !/[^\0-\x7f]/.test(text); // oxlint-disable-line no-control-regex

/** What the engine says of each text. */
async function matched(
  { pattern, whole, glob }: Omit<Translated, 'everywhere'>,
  given: readonly string[],
): Promise<boolean[]> {
  const list = given.map((text) => `(${literal(text)})`).join(', ');
  const rows = await engine.rows(
    `SELECT regexp_matches(t, ${literal(pattern)}) AS m, regexp_full_match(t, ${literal(pattern)}) AS w,
    t GLOB ${literal(glob ?? '')} AS g FROM (VALUES ${list}) AS v(t)`,
  );
  const byGlob = rows.map((row) => row[glob === null ? 'm' : 'g']);
  expect(byGlob).toEqual(rows.map((row) => row['m']));
  const asWhole = rows.map((row) => row[whole ? 'w' : 'm']);
  expect(asWhole).toEqual(rows.map((row) => row['m']));
  return rows.map((row) => row['m'] as boolean);
}

const pool = [
  ...new Set([
    '', ' ', 'a', 'A', 'b', 'k', 'K', 's', 'S', 'aa', 'aaa', 'ab', 'abc', 'a\nb', 'a\n', '\n', '\r', '\t', 'foo', ' foo ', 'foobar',
    '0', '12', '-1', '+5', 'a.b', 'a-b', 'a{2}', '{', '}', '[', ']', '\\', '/', '^', '$', '|', '_', 'é', 'É', '\u212a', '\u017f',
    '👍', 'a👍', '\u00a0', '\u2028', 'x'.repeat(1001), 'a@b.co', "o'neil@example.com", '2024-02-29', '127.0.0.1', 'DE', 'de', 'ABC',
  ]),
]; // prettier-ignore

test('gives the same answers as JavaScript, wherever it gives any', async () => {
  for (const regex of regexes) {
    const translated = translate(regex);
    if (translated === null) continue;
    const asked = translated.everywhere ? pool : pool.filter(isAscii);
    const fresh = new RegExp(regex.source, regex.flags.replace('g', ''));
    const answers = await matched(translated, asked);
    expect([String(regex), ...answers]).toEqual([String(regex), ...asked.map((text) => fresh.test(text))]);
  }
});

test('leaves to JavaScript what RE2 does not have or has otherwise', () => {
  const own = [
    /(?=a)/,
    /(?<!a)b/,
    /(a)\1/,
    /(?<x>a)\k<x>/,
    /^a$/m,
    /a/y,
    /\p{L}/u,
    /é/i,
    /👍/,
    /[👍]/u,
    /a{1001}/,
    /(?:a{40}){40}/,
    new RegExp('a{1000}'.repeat(21)),
    new RegExp(String.raw`\01`),
    /[\d-z]/,
    /[+-\d]/,
    /[\ud800-\uffff]/,
    /[a-\ud900]/,
    /\u{61}/u,
  ];
  expect(own.filter((regex) => !/^\/(👍|\[👍)/.test(String(regex)) && translate(regex) !== null)).toEqual([]);
  expect(translate(/👍/)).toBeNull();
});

test('translates where words begin and end, and where they do not', async () => {
  for (const regex of [/\ba/, /a\Bb/, /\B-/]) {
    const translated = translate(regex)!;
    expect([translated.pattern.includes('\\b'), translated.pattern.includes('\\B')]).toEqual([
      regex.source.includes('\\b'),
      regex.source.includes('\\B'),
    ]);
    const asked = pool.filter(isAscii);
    expect(await matched(translated, asked)).toEqual(asked.map((text) => regex.test(text)));
  }
});

test('translates characters that are written by their number or name', async () => {
  const asked = ['A', 'é', '\b', '\t', '\n', '\v', '\f', '\r', 'b', 't', 'n', 'x', '4'];
  const written = [String.raw`\x41`, String.raw`\u00e9`, String.raw`[\b]`, String.raw`[\b-\x0d]`];
  for (const one of [...written, ...'tnvfr'.split('').map((name) => `\\${name}`)]) {
    const regex = new RegExp(`^${one}$`);
    const translated = translate(regex);
    expect([one, translated === null]).toEqual([one, false]);
    const answers = await matched(translated!, asked);
    expect([one, ...answers]).toEqual([one, ...asked.map((text) => regex.test(text))]);
  }
});

test('another failure is none of a dialect', () => {
  const regex = Object.defineProperty(/a/, 'source', {
    get() {
      throw new RangeError('no source');
    },
  });
  expect(() => translate(regex)).toThrow(new RangeError('no source'));
});

test('without the care, the two dialects answer differently', async () => {
  const naive = async (regex: RegExp, text: string) =>
    (
      await matched(
        { pattern: `${regex.ignoreCase ? '(?i)' : ''}${regex.source}`, whole: false, glob: null },
        [text],
      )
    )[0];
  for (const [regex, text] of [
    [/^.$/, '👍'],
    [/^\s$/, '\u00a0'],
    [/k/i, '\u212a'],
    [/^\s$/, '\v'],
    [/^.$/, '\r'],
  ] as const) {
    expect([String(regex), await naive(regex, text)]).not.toEqual([String(regex), regex.test(text)]);
  }
});

test("translates zod's own formats, and the engine takes them", async () => {
  const formats = [
    z.email(),
    z.uuid(),
    z.guid(),
    z.ulid(),
    z.ipv4(),
    z.cidrv4(),
    z.e164(),
    z.iso.date(),
    z.iso.datetime({ offset: true }),
    z.mac(),
  ];
  for (const schema of formats) {
    const { pattern } = schema._zod.def as { pattern: RegExp };
    const translated = translate(pattern);
    const answers = translated && (await matched(translated, pool));
    expect([String(pattern), answers]).toEqual([String(pattern), pool.map((text) => pattern.test(text))]);
  }
});

describe('an expression of single characters', () => {
  test.each([
    [/^[A-Z]{3}$/, '[A-Z][A-Z][A-Z]'],
    [/^\d\d-\w$/, '[0-9][0-9][--\x2d][0-9A-Z_-_a-z]'],
    [/^(?:[ab]{2})$/i, '[a-ab-bA-AB-B][a-ab-bA-AB-B]'],
    [/^\]\?\*$/, '[]-]][?-?][*-*]'],
    [/^$/, ''],
    [/^a{2,3}$/, null],
    [/^a?$/, null],
    [/^(?:a|b)$/, null],
    [/^x(^ab$)y$/, null],
    [/^[^a]$/, null],
    [/^\s$/, null],
    [/^!$/, null],
    [/^\0$/, null],
    [/^[A-Z]{65}$/, null],
    [/^[A-Z]{32}[a-z]{32}$/, '[A-Z]'.repeat(32) + '[a-z]'.repeat(32)],
    [/^[A-Z]{32}[a-z]{33}$/, null],
    [/[A-Z]/, null],
  ] as const)('%s is also %s', (regex, glob) => {
    expect(translate(regex)?.glob).toBe(glob);
  });

  test('is the same on texts that are nearly matched, whatever bytes they have', async () => {
    const sets = [
      '[A-Z]',
      '\\d',
      '\\w',
      '[a-c-]',
      '[_.]',
      '\\.',
      '[*?]',
      '\\[',
      '\\]',
      "'",
      '-',
      '[x!]',
      'é',
    ];
    const from = [
      'A',
      'Z',
      '@',
      '[',
      '0',
      '9',
      '/',
      ':',
      '_',
      'a',
      'c',
      'd',
      '-',
      '.',
      '*',
      '?',
      ']',
      "'",
      '!',
      'x',
      'é',
      'Ā',
      '\n',
      '👍',
    ];
    const piece = fc
      .tuple(fc.constantFrom(...sets), fc.constantFrom('', '', '{2}'))
      .map((both) => both.join(''));
    let globs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 3 }),
        fc.array(fc.string({ unit: fc.constantFrom(...from), maxLength: 4 }), {
          minLength: 60,
          maxLength: 60,
        }),
        async (pieces, given) => {
          const regex = new RegExp(`^${pieces.join('')}$`);
          const translated = translate(regex)!;
          if (translated.glob !== null) globs++;
          const asked = translated.everywhere ? given : given.filter(isAscii);
          const answers = await matched(translated, ['', ...asked]);
          const expected = ['', ...asked].map((text) => regex.test(text));
          expect({ regex: String(regex), answers }).toEqual({ regex: String(regex), answers: expected });
        },
      ),
      { numRuns: 100, seed: SEED },
    );
    expect(globs).toBeGreaterThan(50);
  });

  test('without the care, a set that begins with ! is all the others', async () => {
    const [row] = await engine.rows(`SELECT '!' GLOB '[!-!]' AS same, 'a' GLOB '[!-!]' AS other`);
    expect(row).toEqual({ same: false, other: true });
  });
});

test('generated expressions give the same answers on ASCII texts', async () => {
  const atom = fc.constantFrom('a', 'b', 'K', '.', '\\d', '\\w', '\\W', '\\s', '\\S', '\\D', '[ab]', '[^a]', '[^\\w]', '[a-c-]', '[\\s_]', '\\.', '\\b', '-', '{', ']', '[^]', '\\n', '\\x41', '\\u0042'); // prettier-ignore
  const piece = fc
    .tuple(atom, fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{2,}', '*?', '{,2}'))
    .map((both) => both.join(''));
  const sequence = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''));
  const group = fc.tuple(
    fc.constantFrom('(', '(?:', '(?<n>'),
    sequence,
    sequence,
    fc.constantFrom(')', ')*', ')?', '){2}'),
  );
  const whole = fc.tuple(fc.constantFrom('', '^'), sequence, fc.option(group.map(([open, a, b, close]) => `${open}${a}|${b}${close}`), { nil: '' }), sequence, fc.constantFrom('', '$')).map((parts) => parts.join('')); // prettier-ignore
  const flags = fc.constantFrom('', 'i', 's', 'u', 'iu');
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(
      whole,
      flags,
      fc.array(texts, { minLength: 20, maxLength: 20 }),
      async (source, flag, given) => {
        let regex: RegExp;
        try {
          regex = new RegExp(source, flag);
        } catch {
          return;
        }
        const translated = translate(regex);
        if (translated === null) return;
        const asked = [...given, ...pool.slice(0, 30)].filter(
          (text) => !text.includes('\0') && (translated.everywhere || isAscii(text)),
        );
        expect(await matched(translated, asked), `${regex} ${translated.pattern}`).toEqual(
          asked.map((text) => regex.test(text)),
        );
        compared += asked.length;
      },
    ),
    { seed: SEED, numRuns: 600 },
  );
  expect(compared).toBeGreaterThan(5000);
});
