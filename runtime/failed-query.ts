/** What is added to an error of the engine that only a query of the definition can have caused. */

import type { Pipeline } from '../core/pipeline.ts';

/** Of all that a definition says in SQL only the queries of `sql()` are not tried row by row. */
const OF_A_ROW =
  /^(?:\w+ \d+ of \d+ left no result: EngineError: )?(?:Conversion|Out of Range|Invalid Input) Error/;

/** The message, which says first that it is of `sql()`, and what to do. */
export function sayingQuery(
  { rows }: Pick<Pipeline, 'rows'>,
  { name, message }: { readonly name: string; readonly message: string },
): string {
  const asks = rows.steps.some((step) => step.queries !== undefined);
  if (!asks || name !== 'EngineError' || !OF_A_ROW.test(message)) return message;
  return `The query of sql() failed on a row, and with it the run; write TRY(…) in it where one may fail. ${message}`;
}
