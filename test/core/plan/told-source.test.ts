/** What is told of the fields of a chunk, as types of the engine: whole numbers only where all of them surely fit. */

import { expect, test } from 'vitest';
import { toldSource } from '../../../core/plan/told-source.ts';

const typesOf = (...told: ({ tag: string; digits: number | null } | null)[]) =>
  toldSource({ told } as never, Object.fromEntries(told.map((_, i) => [`c${i}`, `f${i}`]))).types;

test('numbers are as wide as their digits; more than 64 bits hold are texts', () => {
  const digits = [1, 9, 10, 18, 19, 300, null].map((one) => ({ tag: 'n', digits: one }));
  expect(typesOf(...digits)).toEqual({ f0: 'INTEGER', f1: 'INTEGER', f2: 'BIGINT', f3: 'BIGINT' });
});

test('a field that no record has, or that has several types, is told by nothing', () => {
  const told = [{ tag: '-', digits: null }, null, { tag: 's', digits: null }] as const;
  const bound = { none: 'f0', several: 'f1', text: 'f2', unbound: null };
  const { fields, typed } = toldSource({ told } as never, bound);
  expect(fields).toEqual({ none: null, several: 'f1', text: 'f2', unbound: null });
  expect(Object.keys(typed!)).toEqual(['text']);
});
