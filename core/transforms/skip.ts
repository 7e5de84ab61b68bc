/** Step `skip`: leaves out records by their received text, before the schema judges them. */

import type { Sql } from '../sql.ts';
import type { Step } from './step.ts';

export const skip = (that: Sql): Step =>
  Object.freeze({
    word: 'skip',
    options: { that },
    says: `skip received ${that.text}`,
    setwise: false,
    makes: [],
    filters: true,
    received: that,
    leaves: (shape) => shape,
    apply: (below) => below,
    expressions: (columns) => [
      {
        place: 'skip()',
        sql: that,
        columns: columns.map((column) => ({ ...column, sql: 'VARCHAR' })),
        gives: 'BOOLEAN',
      },
    ],
  } satisfies Step);
