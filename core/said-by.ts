/** What something that was thrown says of itself: it may be anything, and fail when it is asked. */
export function saidBy(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.message) : String(thrown);
  } catch {
    return 'something that has no text';
  }
}

/** Its name alone, which holds no values. */
export function nameOfThrown(thrown: unknown): string {
  try {
    return thrown instanceof Error ? String(thrown.name) : 'something';
  } catch {
    return 'something';
  }
}
