/** Functions of ours that the engine calls inside a scan. */

import { DuckDBScalarFunction, VARCHAR, type DuckDBConnection } from '@duckdb/node-api';
import { textOf } from './engine-text.ts';

/** One text in (never null), one text or null out. */
export interface EngineFunction {
  readonly name: string;
  call(text: string): string | null;
}

/** Makes a function known to the engine; it is called on this thread, while the statement waits. */
export function registerOn(connection: DuckDBConnection, fn: EngineFunction): void {
  connection.registerScalarFunction(
    DuckDBScalarFunction.create({
      name: fn.name,
      parameterTypes: [VARCHAR],
      returnType: VARCHAR,
      mainFunction: (_info, input, output) => {
        const texts = input.getColumnVector(0);
        for (let row = 0; row < input.rowCount; row++) {
          const text = textOf(texts, row);
          output.setItem(row, text === null ? null : fn.call(text));
        }
        output.flush();
      },
    }),
  );
}
