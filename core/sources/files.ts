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
export function matches(source: Pick<Source, 'match'>, fileName: string): boolean {
  const pattern = [...source.match]
    .map((c) => (c === '*' ? '.*' : c === '?' ? '.' : c.replace(/[\\^$+.()|[\]{}]/, '\\$&')))
    .join('');
  const whole = new RegExp(`^${pattern}$`, 'su');
  return whole.test(fileName) || whole.test(fileName.replace(/\.(?:gz|zst|zip)$/, ''));
}
