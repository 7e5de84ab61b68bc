/** The lines of JSON that have something on them, counted sixteen bytes at a time: the records of JSON lines. */

import {
  add, and, choose, differ, isBelow, locals, memory, not, number, or, repeat, shiftLeft, sixteen, sub,
  trailingZeros, when, xor, type Code, type Local, type Program,
} from '../wasm.ts'; // prettier-ignore
import type { Scanner } from './format.ts';
import { INPUT, lineMachine, MOST, PAGES, type LineMachine } from './line-machine.ts';

/** A line of white space alone is neither read nor lost. */
export function lineCounter(): Scanner {
  const { run, input, told } = (counting ??= lineMachine(program()));
  let pushed = 0;
  let records = 0;
  let boundary = 0;
  let hasText = 0; // Whether the line that is not complete yet has more than white space.
  return {
    push(block) {
      for (let at = 0; at < block.length; at += MOST) {
        const piece = block.subarray(at, at + MOST);
        input.set(piece);
        const count = run(piece.length, hasText);
        hasText = told[1]!;
        if (count > 0) boundary = pushed + at + told[0]!;
        records += count;
      }
      pushed += block.length;
    },
    end() {
      if (hasText !== 0) {
        records++;
        boundary = pushed;
      }
      hasText = 0;
    },
    get records() {
      return records;
    },
    get boundary() {
      return boundary;
    },
    takeNotes: () => 0,
  };
}

/** It tells where the line after the last one that was counted starts, and whether that has text so far. */
let counting: LineMachine | undefined;

const PARAMETERS = ['length', 'hadText'] as const;
const NUMBERS = ['at', 'valid', 'lf', 'text', 'upTo', 'seen', 'count', 'next'] as const;
const VECTORS = ['vector', 'spaces', 'tabs', 'returns', 'lineFeeds'] as const;

/** A mask has a bit for each of 16 bytes, the first byte's lowest. */
const MASK = 0xffff;

function program(): Program {
  const { length, hadText } = locals(0, PARAMETERS);
  const { at, valid, lf, text, upTo, seen, count, next } = locals(PARAMETERS.length, NUMBERS);
  const { vector, spaces, tabs, returns, lineFeeds } = locals(PARAMETERS.length + NUMBERS.length, VECTORS);
  const is = (what: Local): Code => sixteen.same(vector.get, what.get);
  const blank = [spaces, tabs, returns, lineFeeds].map(is).reduce(sixteen.either);
  const eachLine: Code[] = [
    upTo.set(xor(lf.get, sub(lf.get, number(1)))),
    seen.set(or(seen.get, and(text.get, upTo.get))),
    when(seen.get, [
      count.set(add(count.get, number(1))),
      next.set(add(at.get, trailingZeros(lf.get), number(1))),
    ]),
    seen.set(number(0)),
    text.set(and(text.get, not(upTo.get))),
    lf.set(and(lf.get, sub(lf.get, number(1)))),
  ];
  const step: Code[] = [
    vector.set(memory.sixteen(add(at.get, number(INPUT)))),
    // Of the last bytes, those that were there before do not count.
    valid.set(sub(length.get, at.get)),
    valid.set(
      choose(isBelow(valid.get, number(16)), sub(shiftLeft(number(1), valid.get), number(1)), number(MASK)),
    ),
    lf.set(and(sixteen.mask(is(lineFeeds)), valid.get)),
    text.set(and(xor(sixteen.mask(blank), number(MASK)), valid.get)),
    when(lf.get, [repeat(eachLine, lf.get)]),
    seen.set(or(seen.get, text.get)),
    at.set(add(at.get, number(16))),
  ];
  return {
    locals: { parameters: PARAMETERS.length, numbers: NUMBERS.length, vectors: VECTORS.length },
    pages: PAGES,
    body: [
      spaces.set(sixteen.of(number(32))),
      tabs.set(sixteen.of(number(9))),
      returns.set(sixteen.of(number(13))),
      lineFeeds.set(sixteen.of(number(10))),
      seen.set(hadText.get),
      when(length.get, [repeat(step, isBelow(at.get, length.get))]),
      memory.storeNumber(number(0), next.get),
      memory.storeNumber(number(4), differ(seen.get, number(0))),
      count.get,
    ],
  };
}
