/** Delta's types in the engine, and those that a query says it does not know. */

import { expect, test } from 'vitest';
import { UsageError } from '../../../core/errors.ts';
import type { DeltaType } from '../../../core/row.ts';
import { engineType } from '../../../runtime/query/engine-type.ts';
import { field } from '../../support/conformance/tables.ts';

test.each<[DeltaType, string]>([
  ['long', 'BIGINT'],
  ['decimal(10,2)', 'DECIMAL(10,2)'],
  ['decimal(10, 2)', 'DECIMAL(10, 2)'],
  [{ type: 'array', elementType: 'date', containsNull: true }, 'DATE[]'],
  [{ type: 'struct', fields: [field('a b', 'byte')] }, 'STRUCT("a b" TINYINT)'],
])('%j is %s', (type, sql) => {
  expect(engineType(type)).toBe(sql);
});

test.each(['variant', 'void', 'decimal', 'decimal(10,2) AS x', 'DECIMAL(1,1)', 'toString'])(
  '%s is none',
  (type) => {
    expect(() => engineType(type)).toThrow(
      new UsageError(`A column has Delta's type ${JSON.stringify(type)}, which Sluice cannot query.`),
    );
  },
);
