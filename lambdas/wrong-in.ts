/** What is wrong with a value, on one line: where a pipeline has personal data, errors are told by their first line. */

import type { z } from 'zod';

/** Says where and what was expected, and nothing of the value. */
export const wrongIn = ({ issues }: z.ZodError): string =>
  issues.map(({ path, message }) => `${path.join('.') || 'all of it'}: ${message}`).join('; ');
