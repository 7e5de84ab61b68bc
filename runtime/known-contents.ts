/** The pipelines and contents that a ledger knows, told from where it keeps them: no definition is needed. */

import type { World } from './world.ts';

/** By pipeline, the SHA-256 of every content that was registered. A pipeline may have runs and no content. */
export async function knownContents(world: Pick<World, 'files' | 'layout'>): Promise<Map<string, string[]>> {
  const root = `${world.layout.ledger}/`;
  const known = new Map<string, string[]>();
  for await (const { uri } of world.files.list(root)) {
    const [pipeline = '', ...inside] = uri.slice(root.length).split('/');
    if (inside.length === 0 || !/^[a-z][a-z0-9-]*$/.test(pipeline)) continue;
    const contents = known.get(pipeline) ?? [];
    known.set(pipeline, contents);
    // The listing is sorted: what is of one content stands together.
    const [folder, sha256 = '', file] = inside;
    if (folder === 'contents' && file !== undefined && contents.at(-1) !== sha256) contents.push(sha256);
  }
  return known;
}
