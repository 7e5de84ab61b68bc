/**
 * Lets a definition anywhere on this machine import `sluice` and `zod`: both mean this repository's own, so that a
 * schema made there is one that the runtime knows.
 */

import { registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';

const vocabulary = new URL('../core/vocabulary.ts', import.meta.url).href;
const here = import.meta.url;
const root = new URL('..', here).href;

let registered = false;

/** From now on, in this process. Calling it again changes nothing. */
export function resolveDefinitions(): void {
  if (registered) return;
  registered = true;
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'sluice') return next(vocabulary, context);
      if (specifier === 'zod' || specifier.startsWith('zod/'))
        return next(specifier, { ...context, parentURL: here });
      const found = next(specifier, context);
      // A folder without a package.json does not say that its TypeScript is in modules; every definition is.
      const isDefinition =
        /\.m?ts$/.test(found.url) && found.url.startsWith('file:') && !found.url.startsWith(root);
      return isDefinition ? { ...found, format: 'module-typescript' } : found;
    },
  });
}

export const definitionUrl = (path: string): string => pathToFileURL(path).href;
