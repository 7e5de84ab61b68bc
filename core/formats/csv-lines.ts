/**
 * Whole lines of CSV, several bytes at a time: the fast way through what holds no surprise. It counts lines that have the
 * expected fields, and stops before anything that the scanner would have to think about.
 */

import {
  add, and, block, countOnes, differ, isBelow, isZero, leadingZeros, leave, locals, memory, not, number, or, repeat,
  shiftLeft, shiftRight, sixteen, sub, trailingZeros, when, xor, type Code, type Local, type Program,
} from '../wasm.ts'; // prettier-ignore
import { csvNotes, type CsvShape } from './csv-shape.ts';
import { INPUT, lineMachine, MOST, PAGES, type LineMachine } from './line-machine.ts';

/** Lines that were taken. */
export interface CsvLines {
  count: number;
  /** Where the line after them starts. */
  next: number;
  /** What was met in them: of `csvNotes` only `lf`, `crlf` and `quoted`. */
  notes: number;
}

/** Takes the lines of `from` on, where one starts. What it gives is good until it is called again. */
export type TakeLines = (from: Uint8Array, at: number) => CsvLines;

/** Undefined for a shape in which more has to be thought about than quotes, or of one column: there a line may be blank. */
export function csvLines(
  { delimiter, lead, quote, escape, comment, blanks }: CsvShape,
  fields: number,
): TakeLines | undefined {
  if (blanks || lead.length > 0 || escape >= 0 || comment >= 0 || fields < 2) return undefined;
  const lines: CsvLines = { count: 0, next: 0, notes: 0 };
  return (from, at) => {
    const { run, input, told } = (counting ??= lineMachine(program()));
    const length = Math.min(from.length - at, MOST) & ~15;
    input.set(from.subarray(at, at + length));
    lines.count = run(length, delimiter, quote < 0 ? NO_BYTE : quote, fields);
    lines.next = at + told[0]!;
    lines.notes = told[1]!;
    return lines;
  };
}

/** Where fewer lines could be taken at once, it is worth another try so many bytes later. */
export const WORTH_IT = 16;
export const LATER = 4096;
/** As a quote: no byte is one, and a 0 is a surprise anyway. */
const NO_BYTE = 0;

/** It tells where the next line starts, and the notes. */
let counting: LineMachine | undefined;

const PARAMETERS = ['length', 'delimiter', 'quote', 'expected'] as const;
const NUMBERS = [
  'at', 'lf', 'cr', 'delimiters', 'quotes', 'inside', 'wasInside', 'starts', 'mayOpen', 'closing', 'mustEnd', 'afterCr', 'hadCr',
  'bad', 'fields', 'count', 'next', 'notes', 'counted', 'from', 'upTo', 'hadQuote', 'met', 'rare',
] as const; // prettier-ignore
const VECTORS = ['vector', 'zeros', 'lineFeeds', 'returns', 'commas', 'marks'] as const;

/** A mask has a bit for each of 16 bytes, the first byte's lowest. */
const MASK = 0xffff;

function program(): Program {
  const { length, delimiter, quote, expected } = locals(0, PARAMETERS);
  const {
    at, lf, cr, delimiters, quotes, inside, wasInside, starts, mayOpen, closing, mustEnd, afterCr, hadCr, bad, fields, count, next,
    notes, counted, from, upTo, hadQuote, met, rare,
  } = locals(PARAMETERS.length, NUMBERS); // prettier-ignore
  const { vector, zeros, lineFeeds, returns, commas, marks } = locals(
    PARAMETERS.length + NUMBERS.length,
    VECTORS,
  );
  const shifted = (mask: Code, by: number): Code => shiftLeft(mask, number(by));
  const top = (mask: Code): Code => and(shiftRight(mask, number(15)), number(1));
  const is = (what: Local): Code => sixteen.same(vector.get, what.get);
  const noteIf = (mask: Code, note: number): Code =>
    and(sub(number(0), differ(mask, number(0))), number(note));

  const constants: Code[] = [
    lineFeeds.set(sixteen.of(number(10))),
    returns.set(sixteen.of(number(13))),
    commas.set(sixteen.of(delimiter.get)),
    marks.set(sixteen.of(quote.get)),
  ];
  const masks: Code[] = [
    vector.set(memory.sixteen(add(at.get, number(INPUT)))),
    lf.set(sixteen.mask(is(lineFeeds))),
    delimiters.set(sixteen.mask(is(commas))),
    ...[cr, quotes, inside, closing, afterCr].map((mask) => mask.set(number(0))),
    rare.set(sixteen.mask(sixteen.either(sixteen.either(is(returns), is(marks)), is(zeros)))),
  ];
  const thought: Code[] = [
    cr.set(sixteen.mask(is(returns))),
    quotes.set(sixteen.mask(is(marks))),
    // From each opening quote to before its closing one: whether there were more quotes up to here, odd or even.
    inside.set(quotes.get),
    ...[1, 2, 4, 8].map((by) => inside.set(xor(inside.get, shifted(inside.get, by)))),
    inside.set(and(xor(inside.get, wasInside.get), number(MASK))),
    delimiters.set(and(delimiters.get, not(inside.get))),
    starts.set(or(delimiters.get, lf.get, quotes.get)),
    // A byte 0, or a line end inside of quotes.
    bad.set(or(sixteen.mask(is(zeros)), and(or(lf.get, cr.get), inside.get))),
    // A quote opens where a field starts, or is the second of a doubled one.
    bad.set(or(bad.get, and(quotes.get, inside.get, not(or(shifted(starts.get, 1), mayOpen.get))))),
    // After the closing one the field ends, or it was the first of a doubled one.
    closing.set(and(quotes.get, not(inside.get))),
    bad.set(
      or(bad.get, and(or(shifted(closing.get, 1), mustEnd.get), not(or(starts.get, cr.get)), number(MASK))),
    ),
    // After CR comes LF.
    afterCr.set(or(shifted(cr.get, 1), hadCr.get)),
    bad.set(or(bad.get, and(afterCr.get, not(lf.get), number(MASK)))),
    leave(2, bad.get),
  ];
  const eachLine: Code[] = [
    upTo.set(xor(lf.get, sub(lf.get, number(1)))),
    fields.set(add(fields.get, countOnes(and(delimiters.get, upTo.get)))),
    bad.set(or(bad.get, differ(fields.get, expected.get))),
    fields.set(number(1)),
    delimiters.set(and(delimiters.get, not(upTo.get))),
    counted.set(add(counted.get, number(1))),
    from.set(add(at.get, trailingZeros(lf.get), number(1))),
    lf.set(and(lf.get, sub(lf.get, number(1)))),
  ];
  const linesEnd: Code[] = [
    counted.set(count.get),
    // What the notes say is of whole lines: of quotes, of those before the last line end.
    upTo.set(sub(shiftLeft(number(1), sub(number(31), leadingZeros(lf.get))), number(1))),
    met.set(
      or(
        noteIf(and(lf.get, not(afterCr.get)), csvNotes.lf),
        noteIf(and(lf.get, afterCr.get), csvNotes.crlf),
        noteIf(or(hadQuote.get, and(quotes.get, upTo.get)), csvNotes.quoted),
      ),
    ),
    hadQuote.set(and(quotes.get, not(upTo.get))),
    repeat(eachLine, lf.get),
    leave(2, bad.get),
    notes.set(or(notes.get, met.get)),
    count.set(counted.get),
    next.set(from.get),
  ];
  const step: Code[] = [
    ...masks,
    when(or(rare.get, wasInside.get, mustEnd.get, hadCr.get), thought),
    mayOpen.set(top(or(delimiters.get, lf.get, quotes.get))),
    mustEnd.set(top(closing.get)),
    hadCr.set(top(cr.get)),
    wasInside.set(sub(number(0), top(inside.get))),
    when(isZero(lf.get), [hadQuote.set(or(hadQuote.get, quotes.get))]),
    when(lf.get, linesEnd),
    fields.set(add(fields.get, countOnes(delimiters.get))),
    at.set(add(at.get, number(16))),
  ];
  return {
    locals: { parameters: PARAMETERS.length, numbers: NUMBERS.length, vectors: VECTORS.length },
    pages: PAGES,
    body: [
      ...constants,
      fields.set(number(1)),
      mayOpen.set(number(1)),
      when(length.get, [block([repeat(step, isBelow(at.get, length.get))])]),
      memory.storeNumber(number(0), next.get),
      memory.storeNumber(number(4), notes.get),
      count.get,
    ],
  };
}
