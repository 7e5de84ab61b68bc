/** Where the project lies, for what is read or bundled at synthesis. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export const inProject = (...parts: readonly string[]): string => join(root, ...parts);
