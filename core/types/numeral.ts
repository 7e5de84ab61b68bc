/** What a column reads of a JSON number, which comes as plain digits: what it is worth, and not how it is written. SQL. */

import type { DecodeOptions } from '../decode-rule.ts';

/** As the rule would have it written; the rule is about texts. */
export const asWritten = (text: string, rule: DecodeOptions): string =>
  rule.decimal === ',' ? `replace(${text}, '.', ',')` : text;

/** A whole number: a fraction of zeros is none. Another fraction must not be taken for a group of digits. */
export const wholeNumeral = (text: string): string =>
  `CASE WHEN NOT contains(${text}, '.') THEN ${text}
        WHEN regexp_full_match(${text}, '-?[0-9]+\\.0+') THEN split_part(${text}, '.', 1) ELSE '?' || ${text} END`;

/** A number of at most `scale` digits after the point: zeros at the end of the fraction are none. */
export const decimalNumeral = (text: string, scale: number): string =>
  `CASE WHEN strlen(${text}) - strpos(${text} || '.', '.') <= ${scale} THEN ${text} ELSE rtrim(rtrim(${text}, '0'), '.') END`;
