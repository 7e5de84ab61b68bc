/** The options of `csv`: what a definition may say about delimited text, and what that means for its bytes. */

import { z } from 'zod';
import { DefinitionError } from '../errors.ts';
import type { CsvShape } from './csv-shape.ts';
import { encodings, type Encoding } from './format.ts';

export interface CsvOptions {
  /** What stands between fields: up to eight characters of ASCII. Default: told by the header, one of `,` `;` tab `|`. */
  readonly delimiter?: string;
  /** The character around fields that hold delimiters, line ends or itself. Empty: none. Default: `"`. */
  readonly quote?: string;
  /**
   * How a character that means something is made text: a quote by doubling it, or any of them by a backslash before it.
   * Default: `doubled`.
   */
  readonly escape?: 'doubled' | 'backslash';
  /** Lines that start with this character are no records. Default: none are. */
  readonly comment?: string;
  /** Lines before the header: so many, or all up to the first one that names the needed fields. Default: 0. */
  readonly preamble?: number | 'until-header';
  /** Lines at the end that are no records: so many, or all that start with a text, of which there must be one. Default: 0. */
  readonly trailer?: number | string;
  /** Whether the first line names the fields. Default: true; without, `columns` names them. */
  readonly header?: boolean;
  /** The names of the fields by their positions, for objects without a header. */
  readonly columns?: readonly string[];
  /**
   * Whether records may end early or late: fields that are missing at the end are empty, and more than the header has are
   * none as long as they are empty. Default: such a record is rejected.
   */
  readonly ragged?: boolean;
  /** Whether blanks and tabs around fields, outside of their quotes, are part of them: `"a", "b"`. Default: `kept`. */
  readonly blanks?: 'kept' | 'ignored';
  /** How text is written as bytes. Default: told by a byte order mark, UTF-8 without one. */
  readonly encoding?: Encoding;
}

const ofAscii = /^[^\0\r\n\u0080-\uffff]$/;
const one = (what: string) => z.string().regex(ofAscii, `${what} is one ASCII character and not a line end`);
const TRAILER = 'a trailer is a number of lines up to 100, or the text that its lines start with';

const unread = (encoding: unknown): string =>
  `${JSON.stringify(encoding)} is none of the encodings that are read: ${encodings.join(', ')}; deliver the object in one of them`;

const optionsSchema = z
  .strictObject({
    delimiter: z
      .string()
      .regex(/^[^\0\r\n\u0080-\uffff]{1,8}$/, 'a delimiter is up to eight ASCII characters and no line end')
      .optional(),
    quote: z.union([z.literal(''), one('a quote')]).default('"'),
    escape: z.enum(['doubled', 'backslash']).default('doubled'),
    comment: one('the mark of a comment').optional(),
    preamble: z
      .union([z.literal('until-header'), z.int().min(0).max(1000)], {
        error: 'a preamble is a number of lines up to 1000, or "until-header"',
      })
      .default(0),
    trailer: z
      .union([z.int().min(0).max(100), z.string().regex(/^[^\r\n]{1,200}$/)], { error: TRAILER })
      .default(0),
    header: z.boolean().default(true),
    columns: z.array(z.string().min(1)).min(1).readonly().optional(),
    ragged: z.boolean().optional(),
    blanks: z.enum(['kept', 'ignored']).optional(),
    encoding: z.enum(encodings, { error: ({ input }) => unread(input) }).optional(),
  })
  .superRefine((options, refusal) => {
    const refuse = (message: string) => refusal.addIssue({ code: 'custom', message });
    const { delimiter, quote, escape, comment, header, columns, preamble } = options;
    const marks = [delimiter, quote || undefined, comment, escape === 'backslash' ? '\\' : undefined];
    const given = marks.filter((mark) => mark !== undefined);
    if (new Set(given).size < given.length) {
      refuse('delimiter, quote, comment and escape must not be the same character');
    }
    if (delimiter !== undefined && delimiter.length > 1) {
      if (given.some((mark) => mark !== delimiter && delimiter.includes(mark))) {
        refuse('a delimiter of several characters must not hold the quote or the mark of a comment');
      }
      if (escape === 'backslash' || options.blanks === 'ignored') {
        refuse(
          'with a delimiter of several characters fields are quoted: no backslashes, no `blanks: "ignored"`',
        );
      }
    }
    if (options.blanks === 'ignored' && (delimiter === ' ' || escape === 'backslash')) {
      refuse('blanks cannot be ignored where they delimit fields, nor with backslashes');
    }
    if (header && columns !== undefined) refuse('`columns` names the fields of objects with `header: false`');
    if (!header && columns === undefined) refuse('without a header, `columns` must name the fields in order');
    if (columns !== undefined && new Set(columns).size < columns.length) {
      refuse('`columns` has a name twice');
    }
    if (!header && preamble === 'until-header')
      refuse('there is no header to end the preamble; give its lines');
  });

export type ReadCsvOptions = z.output<typeof optionsSchema>;

/** @throws DefinitionError if an option cannot be used. */
export function csvOptions(given: CsvOptions): ReadCsvOptions {
  const parsed = optionsSchema.safeParse(given);
  if (parsed.success) return Object.freeze(parsed.data);
  throw new DefinitionError(`format.csv: ${z.prettifyError(parsed.error)}`);
}

/** @param delimiter what was found where the options leave it open. */
export function shapeOf(
  { quote, escape, comment, ...options }: ReadCsvOptions,
  delimiter?: string,
): CsvShape {
  const mark = options.delimiter ?? delimiter ?? ',';
  return Object.freeze({
    delimiter: codeOf(mark.slice(-1)),
    lead: Object.freeze(Array.from(mark.slice(0, -1), codeOf)),
    quote: codeOf(quote),
    escape: escape === 'backslash' ? 92 : -1,
    comment: codeOf(comment ?? ''),
    blanks: options.blanks === 'ignored',
  });
}

const codeOf = (mark: string): number => (mark === '' ? -1 : mark.charCodeAt(0));
