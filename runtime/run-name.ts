/** The name of a run: readable, sortable, and the same for the same content at the same time. */

/** `<pipeline>-<yyyymmdd>T<hhmmss>Z-<first 8 of the content hash>`, and the attempt's number from the second on. */
export function runName(pipeline: string, startedAt: string, sha256: string | null, attempt = 1): string {
  const time = `${startedAt.slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const content = sha256 === null ? 'unhashed' : sha256.slice(0, 8);
  return `${pipeline}-${time}-${content}${attempt === 1 ? '' : `-${attempt}`}`;
}
