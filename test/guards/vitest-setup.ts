/** Tells which test meets which guard: runs before each test file. */

import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeEach } from 'vitest';
import './switches.ts';

process.env['GUARDS_CHILD'] = 'yes';
process.env['NODE_OPTIONS'] =
  `${process.env['NODE_OPTIONS'] ?? ''} --import ${fileURLToPath(new URL('switches.ts', import.meta.url))}`;

let began = 0;
let file = '';
beforeEach(({ task }) => {
  file = task.file.filepath;
  sawOutside();
  began = performance.now();
  process.env['GUARDS_TEST'] = `${file}\n${task.fullTestName}`;
});
afterEach(({ task }) => {
  globalThis.__seen(`${file}\n${task.fullTestName}`, performance.now() - began);
});
afterAll(() => sawOutside());

/** What the file itself does, outside of its tests: any of them may show it. */
function sawOutside(): void {
  globalThis.__seen(`${file}\n`, 0);
}
