/** A key that stands twice in an object of JSON: `JSON.parse` would take the last one, and lose the other without a word. */

/** @param json that can be parsed. */
export function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  let at = 0;
  while (at < json.length) {
    const c = json.charCodeAt(at);
    if (c !== QUOTE) {
      if (c === OPEN) open.push(new Set());
      else if (c === CLOSE) open.pop();
      at++;
      continue;
    }
    const end = endOfText(json, at);
    const next = json.charCodeAt(end);
    if (next === COLON || (next <= SPACE && json.charCodeAt(afterSpace(json, end)) === COLON)) {
      const written = json.slice(at + 1, end - 1);
      const key = written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
    at = end;
  }
  return undefined;
}

const QUOTE = 34;
const BACKSLASH = 92;
const COLON = 58;
const OPEN = 123;
const CLOSE = 125;
const SPACE = 32;

/** @param at the opening quote. @returns just after the closing one. */
function endOfText(json: string, at: number): number {
  let end = at + 1;
  while (end < json.length && json.charCodeAt(end) !== QUOTE)
    end += json.charCodeAt(end) === BACKSLASH ? 2 : 1;
  return end + 1;
}

function afterSpace(json: string, at: number): number {
  let end = at;
  while (json.charCodeAt(end) <= SPACE) end++;
  return end;
}
