/** How one field of a source becomes one column: its name there, and how its text is read. */

import { z } from 'zod';

export const decodeRuleSchema = z.strictObject({
  /** The field's name in the source. Default: the column's name. */
  from: z.string().min(1).optional(),
  /** The text of a date or time, in tokens: YYYY MM M DD D MMM MMMM HH H hh h mm ss SSS SSSSSS A Z, [literal]. */
  pattern: z.string().min(1).optional(),
  /** The IANA time zone of date-times that carry no offset, such as `Europe/Berlin`. Default: an offset is required. */
  zone: z.string().min(1).optional(),
  /** The unit of a date-time given as a number since 1970. */
  epoch: z.enum(['seconds', 'milliseconds', 'microseconds']).optional(),
  /** Texts that mean null, beside the empty field of columns that are not text. */
  nulls: z.array(z.string()).readonly().optional(),
  /** The decimal mark of numbers. Default: `.` */
  decimal: z.enum(['.', ',']).optional(),
  /** The mark between groups of three digits. Default: none is accepted. */
  thousands: z.enum([',', '.', ' ', "'", '_']).optional(),
  /** Texts that mean true and false, beside `true` and `false`, in any case. */
  true: z.array(z.string()).readonly().optional(),
  false: z.array(z.string()).readonly().optional(),
  /** Whether white space around the text is removed first. Default: false. */
  trim: z.boolean().optional(),
});

/** A field's name in the source, or the name and the rules by which its text is read. */
export type DecodeRule = string | DecodeOptions;
export type DecodeOptions = z.input<typeof decodeRuleSchema>;
