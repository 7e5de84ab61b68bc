/** Source `files`: objects in the landing bucket, or files on a laptop. */

import { z } from 'zod';
import { decodeRuleSchema, type DecodeRule } from '../decode-rule.ts';
import { DefinitionError } from '../errors.ts';
import type { Format } from '../formats/format.ts';
import type { Source } from './source.ts';

export interface FilesOptions<F extends string> {
  /** Keys in the landing bucket that belong to this source start with it: `orders/`. Ignored on a laptop. */
  readonly prefix: string;
  /** A pattern over file names, `*` and `?`; `.gz`, `.zst`, `.zip` at a name's end is not looked at. Default: `*`. */
  readonly match?: string;
  readonly format: Format;
  /** The decimal mark of numbers, for all columns that say none themselves. Default: `.` */
  readonly decimal?: '.' | ',';
  /** For each column that needs one: the field's name in the file, or the rules to read its text by. */
  readonly decode?: { readonly [K in F]?: DecodeRule };
}

const optionsSchema = z.strictObject({
  prefix: z.string().regex(/^[^/].*\/$/, 'a prefix ends with a slash and does not start with one: "orders/"'),
  match: z.string().min(1).default('*'),
  format: z.custom<Format>((f) => typeof f === 'object' && f !== null && 'kind' in f, 'use one of format.*'),
  decimal: z.enum(['.', ',']).exactOptional(),
  decode: z
    .record(
      z.string(),
      z.union([
        z
          .string()
          .min(1)
          .transform((from) => ({ from })),
        decodeRuleSchema,
      ]),
    )
    .default({}),
});

export function files<F extends string>(options: FilesOptions<F>): Source {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) throw new DefinitionError(`source.files: ${z.prettifyError(parsed.error)}`);
  return Object.freeze({ kind: 'files', place: 'landing', ...parsed.data });
}

/** Whether a file of this name belongs to the source. */
export function matches({ match }: Pick<Source, 'match'>, fileName: string): boolean {
  return fits(match, fileName) || fits(match, fileName.replace(/\.(?:gz|zst|zip)$/, ''));
}

/**
 * Whether a name is of a pattern. Names come from whoever writes files: as a regular expression, a pattern of four stars
 * takes minutes for a name of a thousand dashes; here it takes as many steps as pattern and name are long, multiplied.
 */
function fits(pattern: string, name: string): boolean {
  const [wanted, given] = [[...pattern], [...name]];
  let [at, star, resume] = [0, -1, 0];
  for (let i = 0; i < given.length;) {
    if (wanted[at] === '*') {
      [star, resume] = [at, i];
      at += 1;
    } else if (at < wanted.length && (wanted[at] === '?' || wanted[at] === given[i])) {
      [at, i] = [at + 1, i + 1];
    } else if (star === -1) {
      return false;
    } else {
      // The last star takes one character more.
      resume += 1;
      [at, i] = [star + 1, resume];
    }
  }
  return wanted.slice(at).every((rest) => rest === '*');
}
