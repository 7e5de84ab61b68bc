/** Step `map`: adds columns that a function of the definition makes of a row, in TypeScript, inside the scan. */

import { DefinitionError } from '../errors.ts';
import { isPersonal, known, LIVE, type Layer } from '../layer.ts';
import { reasonSql } from '../plan/reason.ts';
import { REASONS_TYPE } from '../reasons.ts';
import { columnsOf, type Column } from '../row.ts';
import type { Shape } from '../shape.ts';
import { literal, quote } from '../sql.ts';
import { calling, shownSql, type Work } from './map-call.ts';
import { outputsOf } from './map-output.ts';
import { selected } from './selected.ts';
import { someColumns } from './some-columns.ts';
import type { Step } from './step.ts';

export interface Mapping {
  /** The columns that the function sees. */
  readonly reads: readonly string[];
  /** What it gives, as zod types; zod judges each result. */
  readonly adds: Shape;
  /** Whether what it gives is personal. Default: if something that it sees is. */
  readonly personal: boolean | undefined;
}

/** @param at the step's place in the transform, by which its function is told from others. */
export function map(shape: Shape, { reads, adds, personal }: Mapping, work: Work, at: number): Step {
  if (typeof work !== 'function' || OTHERWISE.has(work.constructor.name)) {
    throw new DefinitionError(
      'map() needs a plain function: an async function or a generator cannot run inside a scan; make it synchronous.',
    );
  }
  someColumns(adds, 'map');
  const name = `map_${at}`;
  const call = calling(columnsOf(pick(shape, reads), 'map(), reads'), adds, work);
  return Object.freeze({
    word: 'map',
    options: { reads, adds, personal: personal ?? null, work },
    says: `map ${reads.join(', ')} to ${Object.keys(adds).join(', ')}, in TypeScript`,
    setwise: false,
    makes: Object.keys(adds),
    functions: [{ name, secrets: [], make: () => call }],
    leaves: (before) => ({ ...before, ...adds }),
    apply(below, where) {
      known({ columns: reads }, below.columns, `${where}, map()`);
      const seen = reads.map((one) => below.columns.find((column) => column.name === one)!);
      const hides = isPersonal(below.columns, reads);
      const called = `${quote(name)}(to_json([${seen.map(shownSql).join(', ')}]::VARCHAR[])::VARCHAR)`;
      const answered = over(below, [['_m', `CASE WHEN ${LIVE} THEN ${called} END`]]);
      const read = over(answered, [
        ['_texts', `CASE WHEN "_m"[1] = '=' THEN from_json(substr("_m", 2), '["VARCHAR"]') END`],
        ['_found', `CASE WHEN "_m"[1] = '!' THEN ${findings(hides)} END`],
      ]);
      const columns = columnsOf(adds, `${where}, map()`);
      const outputs = outputsOf(columns, `${where}, map()`);
      const decoded = outputs.layers.reduce(over, read);
      const made = columns.map((column, i) => ({
        column: { ...column, pii: column.pii || (personal ?? hides) },
        sql: outputs.values[i]!,
      }));
      const kept = below.columns.filter((column) => !(column.name in adds));
      const all = [...kept.map((column) => ({ column, sql: quote(column.name) })), ...made];
      const layer = selected({ ...decoded, columns: below.columns }, all, replaced(outputs.faults));
      return {
        columns: layer.columns,
        sql: `SELECT * EXCLUDE (${outputs.hidden.map(quote).join(', ')})\nFROM (${layer.sql})`,
      };
    },
  } satisfies Step);
}

/** Functions that give something else than what they return. */
const OTHERWISE: ReadonlySet<string> = new Set([
  'AsyncFunction',
  'GeneratorFunction',
  'AsyncGeneratorFunction',
]);

function pick(shape: Shape, names: readonly string[]): Shape {
  known(
    { columns: names },
    Object.keys(shape).map((name) => ({ name })),
    'map(), reads',
  );
  return Object.fromEntries(names.map((name) => [name, shape[name]!]));
}

const over = (below: Layer, made: readonly (readonly [name: string, sql: string])[]): Layer => ({
  columns: below.columns,
  sql: `SELECT *, ${made.map(([name, sql]) => `${sql} AS ${quote(name)}`).join(',\n  ')}\nFROM (${below.sql})`,
});

const FINDINGS = literal('[{"column":"VARCHAR","code":"VARCHAR","message":"VARCHAR","bare":"VARCHAR"}]');

/** What a thrown error says may hold what it was thrown for: nothing of it is told where the row is personal. */
const findings = (hides: boolean): string =>
  `list_transform(from_json(substr("_m", 2), ${FINDINGS}),
    lambda f: {"column": f."column", code: f.code, message: ${hides ? 'f.bare' : 'f.message'}, "value": NULL::VARCHAR})`;

function replaced(
  faults: readonly { readonly column: Column; readonly when: string; readonly expects: string }[],
): string {
  const lists = faults.map(
    ({ column, when, expects }) => `CASE WHEN ${when} THEN ${reasonSql(column.name, 'decode', expects)} END`,
  );
  const unread =
    lists.length === 0
      ? `NULL::${REASONS_TYPE}`
      : `nullif(list_filter([${lists.join(', ')}], lambda r: r IS NOT NULL), [])`;
  return ` REPLACE (CASE WHEN ${LIVE} THEN coalesce("_found"::${REASONS_TYPE}, ${unread}) ELSE "_reasons" END AS "_reasons")`;
}
