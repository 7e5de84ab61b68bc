/**
 * What the switches of `guards-in.ts` call. Loaded by vitest before each test file, and by each process that a test
 * starts: `GUARD_OFF` names the guard that is off (`core/sql.ts#3`), `GUARDS_SEEN` a folder for what was seen.
 */

import { appendFileSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { guardsIn } from './guards-in.ts';
import { GUARDED, root } from './places.ts';

declare global {
  var __guards: (path: string, count: number) => (number: number, value: unknown) => unknown;
  var __seen: (test: string, ms: number) => void;
}

const folder = process.env['GUARDS_SEEN'];
const [offIn, offNumber] = (process.env['GUARD_OFF'] ?? '').split('#');
const offTo = process.env['GUARD_OFF_IS'] === 'true';
const seen = new Map<string, Uint8Array>();

globalThis.__guards = (path, count) => {
  const here = seen.get(path) ?? new Uint8Array(count);
  seen.set(path, here);
  const off = path === offIn ? Number(offNumber) : -1;
  return (number, value) => {
    // Bit 1: it was true, bit 2: it was false.
    here[number]! |= value ? 1 : 2;
    return number === off ? offTo : value;
  };
};

globalThis.__seen = (test, ms) => {
  if (folder === undefined) return;
  const guards: Record<string, string> = {};
  for (const [path, marks] of seen) {
    if (marks.some((mark) => mark > 0)) guards[path] = Array.from(marks).join('');
    marks.fill(0);
  }
  if (ms === 0 && Object.keys(guards).length === 0) return;
  appendFileSync(join(folder, `${process.pid}.jsonl`), `${JSON.stringify({ test, ms, guards })}\n`);
};

if (process.env['VITEST'] === undefined || process.env['GUARDS_CHILD'] === 'yes') {
  registerHooks({
    load(url, context, next) {
      const path = url.startsWith('file:') ? relative(root, fileURLToPath(url)) : '';
      if (!GUARDED.test(path)) return next(url, context);
      const source = guardsIn(path, readFileSync(fileURLToPath(url), 'utf8')).switched;
      return { format: 'module-typescript', source, shortCircuit: true };
    },
  });
  process.on('exit', () => globalThis.__seen(process.env['GUARDS_TEST'] ?? '', 0));
}
