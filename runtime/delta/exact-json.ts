/** Numbers in JSON that JavaScript would round: kept as the text that they were, written and read. */

const raw = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

/** Long runs of digits, minus zero, large exponents: without one of them nothing is rounded. */
const MAY_ROUND = /[\d.]{16}|-0|\de[+-]?\d{3}/i;

/** A number by its JSON text; `JSON.stringify` writes it as it is. A plain number where that is the same. */
export function exactNumber(text: string): unknown {
  const value = Number(text);
  return String(value) === text ? value : raw(text);
}

/** Parses JSON; numbers that JavaScript would round are kept as by `exactNumber`. */
export function parseExact(text: string): unknown {
  if (!MAY_ROUND.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown, context?: { source?: string }) =>
    typeof value === 'number' && context?.source !== undefined ? exactNumber(context.source) : value,
  );
}
