/** The names that are near to one that is not there. */

/** At most three, the nearest first: apart by a third of their letters at most, or one within the other. */
export function near(wanted: string, names: readonly string[]): readonly string[] {
  const word = wanted.toLowerCase();
  return names
    .map((name) => ({ name, apart: distance(word, name.toLowerCase()) }))
    .filter(
      ({ name, apart }) =>
        apart <= Math.max(1, Math.floor(Math.max(word.length, name.length) / 3)) ||
        (word.length > 2 && (name.includes(word) || word.includes(name))),
    )
    .sort((a, b) => a.apart - b.apart)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** How many letters must be added, removed or exchanged. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const kept = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(kept, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
