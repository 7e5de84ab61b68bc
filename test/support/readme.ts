/** The examples of the README as files: what stands between its markers. */

import { readFile } from 'node:fs/promises';

/** The code block after `<!-- <marker> -->`, without its fences. */
export async function readmeBlock(marker: string): Promise<string> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const found = new RegExp(`<!-- ${marker} -->\\s+\`\`\`\\w+\\n(.*?)\`\`\``, 's').exec(readme);
  if (found === null) throw new Error(`README.md has no block after <!-- ${marker} -->`);
  return found[1]!;
}
