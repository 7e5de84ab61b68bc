/** Texts that do not become what they should, for tests of one kind of value: all that is said of a kind is one table. */

import { afterAll, beforeAll } from 'vitest';
import type { z } from 'zod';
import type { DecodeOptions } from '../../core/decode-rule.ts';
import { bareCast, outcomes } from './decode.ts';
import { openEngine, type OpenEngine } from './engine.ts';

type Expected = Readonly<Record<string, string | null>>;

/** For the tests of a file, with an engine of their own. */
export function wrongTexts() {
  let engine: OpenEngine;
  beforeAll(async () => void (engine = await openEngine()));
  afterAll(() => engine.close());

  /** Texts that do not become what is expected, with what they become. */
  async function wrong(
    schema: z.ZodType,
    expected: Expected,
    rule: DecodeOptions = {},
    tagged = false,
  ): Promise<string[]> {
    const got = await outcomes(engine, schema, Object.keys(expected), rule, tagged);
    return Object.keys(expected)
      .filter((text) => got[text] !== expected[text])
      .map((text) => `${text} is ${got[text]}`);
  }

  const wrongJson = (schema: z.ZodType, expected: Expected, rule: DecodeOptions = {}) =>
    wrong(schema, expected, rule, true);

  /** The same for texts that we refuse, and that the engine alone makes something of. */
  async function taken(
    schema: z.ZodType,
    type: string,
    bare: Readonly<Record<string, string>>,
  ): Promise<string[]> {
    const ours = await wrong(schema, Object.fromEntries(Object.keys(bare).map((text) => [text, '<decode>'])));
    const made = await Promise.all(
      Object.keys(bare).map(async (text) => [text, await bareCast(engine, text, type)] as const),
    );
    return [
      ...ours,
      ...made
        .filter(([text, value]) => value !== bare[text])
        .map(([text, value]) => `${text} is cast to ${value}`),
    ];
  }

  return {
    get engine() {
      return engine;
    },
    wrong,
    wrongJson,
    taken,
  };
}
