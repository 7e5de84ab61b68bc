/** The hash of a definition: equal for equal pipelines, different when anything that decides about rows is. */

import { createHash } from 'node:crypto';
import { PlanMismatchError } from '../core/errors.ts';
import type { Pipeline } from '../core/pipeline.ts';

const known = new WeakMap<Pipeline, string>();

/** The first 16 hex digits of a SHA-256 over everything that the definition holds, functions by their source. */
export function definitionHash(pipeline: Pipeline): string {
  const before = known.get(pipeline);
  if (before !== undefined) return before;
  const hash = createHash('sha256').update(canonical(pipeline, [])).digest('hex').slice(0, 16);
  known.set(pipeline, hash);
  return hash;
}

/** @throws PlanMismatchError if work was planned by another definition than this one. */
export function samePlan(pipeline: Pipeline, planned: string): void {
  const own = definitionHash(pipeline);
  if (own === planned) return;
  throw new PlanMismatchError(
    `Pipeline ${pipeline.name} is at definition ${own}, the work was planned by ${planned}. Start a new run.`,
  );
}

/** zod keeps what a schema means in `_zod.def`; the rest of a schema object is methods and caches. */
function canonical(value: unknown, above: readonly unknown[]): string {
  if (typeof value === 'function') return JSON.stringify(`function ${value}`);
  if (typeof value === 'bigint') return `${value}n`;
  if (value instanceof RegExp) return JSON.stringify(`regexp ${value}`);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  if (above.includes(value)) return '"…"';
  const path = [...above, value];
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, path)).join()}]`;
  if (value instanceof Map) return canonical([...value], path);
  if (value instanceof Set) return canonical([...value].toSorted(), path);
  const meant =
    '_zod' in value ? { zod: (value as { _zod: { def: object } })._zod.def, meta: metaOf(value) } : value;
  const entries = Object.entries(meant).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item, path)}`).join()}}`;
}

function metaOf(schema: object): unknown {
  return 'meta' in schema && typeof schema.meta === 'function' ? (schema.meta as () => unknown)() : undefined;
}
