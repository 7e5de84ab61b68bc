/** `npm run test:emulator`: the tests of this folder, and an emulator of AWS as long as they run. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { emulatorEnvironment, startEmulator } from '../support/emulator.ts';

const root = join(import.meta.dirname, '..', '..');
const emulator = await startEmulator();
if ('unavailable' in emulator) {
  console.log(`The tests against an emulator of AWS were not run: ${emulator.unavailable}.`);
} else {
  try {
    const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
    const words = ['run', '--config', 'vitest.emulator.config.ts', ...process.argv.slice(2)];
    const child = spawn(process.execPath, [vitest, ...words], {
      cwd: root,
      env: { ...process.env, ...emulatorEnvironment(emulator.endpoint) },
      stdio: 'inherit',
    });
    // Whoever stops this stops the tests, which end first, and then the emulator.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal));
    const [code] = (await once(child, 'exit')) as [number | null];
    process.exitCode = code ?? 1;
  } finally {
    await emulator.stop();
  }
}
