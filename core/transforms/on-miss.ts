/** What becomes of a row whose key is not found: it is rejected, or kept without a value. */
export type OnMiss = 'reject' | 'keep';
