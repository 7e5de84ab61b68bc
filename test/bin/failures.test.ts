/** What the command line says of a failure, and with which exit code it ends. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { main } from '../../bin/main.ts';
import { plain, type Terminal } from '../../bin/terminal.ts';
import { TransientError } from '../../core/errors.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

async function call(args: readonly string[], more: Partial<Terminal> = {}) {
  let stdout = '';
  let stderr = '';
  const status = await main(args, {
    cwd: await temporaryFolder(),
    out: (text) => void (stdout += text),
    err: (text) => void (stderr += text),
    paint: plain,
    width: undefined,
    onInterrupt: () => () => undefined,
    ...more,
  });
  return { status, stdout, stderr };
}

test('a definition that cannot be loaded is a wrong call', async () => {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'wrong.ts'), 'throw new Error("no such luck");');
  expect(await call(['plan', './wrong.ts'], { cwd })).toEqual({
    status: 1,
    stdout: '',
    stderr: 'sluice: ./wrong.ts cannot be loaded: Error: no such luck\n',
  });
});

describe('a failure that nobody expects', () => {
  const failing = async (error: unknown) => {
    const out = (): void => {
      throw error;
    };
    return call(['list'], { out });
  };

  test('that has a name of ours is told in its words', async () => {
    expect(await failing(new TransientError('the disk is full'))).toEqual({
      status: 3,
      stdout: '',
      stderr: 'sluice: the disk is full\n',
    });
  });

  test('that has none is told with where it came from', async () => {
    const { status, stderr } = await failing(new TypeError('x is not a function'));
    expect(status).toBe(3);
    expect(stderr).toMatch(/^sluice: TypeError: x is not a function\n {4}at .*failures\.test/);
  });

  test('that is no error is told as it is', async () => {
    expect(await failing('just words')).toEqual({ status: 3, stdout: '', stderr: 'sluice: just words\n' });
  });
});

test('the help has a first pipeline in it', async () => {
  const { status, stdout } = await call(['help']);
  expect(status).toBe(0);
  expect(stdout).toContain(' export const people = definePipeline({\n');
  expect(await call([])).toEqual({ status, stdout, stderr: '' });
});

describe('the process', () => {
  const { argv } = process;
  const streams = [process.stdout, process.stderr] as const;
  const before = streams.map((stream) => stream.listeners('error'));
  afterEach(() => {
    process.argv = argv;
    process.exitCode = undefined;
    vi.restoreAllMocks();
    for (const [i, stream] of streams.entries()) {
      for (const listener of stream.listeners('error'))
        if (!before[i]!.includes(listener)) stream.off('error', listener as () => void);
    }
  });

  test('ends with the code of the command, or where nobody reads its output; another failure of a stream is one', async () => {
    const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const exit = vi.spyOn(process, 'exit').mockImplementation(() => {
      throw new Error('the end');
    });
    process.argv = [...argv.slice(0, 2), 'list', 'and', 'more'];
    vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    await import('../../bin/sluice.ts');
    expect(process.exitCode).toBe(1);
    expect(written).not.toHaveBeenCalled();
    for (const [i, stream] of streams.entries()) {
      const listener = stream.listeners('error').find((one) => !before[i]!.includes(one));
      const told = (code: string) => () => listener!.call(stream, Object.assign(new Error(code), { code }));
      expect(told('ENOSPC')).toThrow(/^ENOSPC$/);
      expect(exit).toHaveBeenCalledTimes(i);
      expect(told('EPIPE')).toThrow(/^the end$/);
      expect(exit).toHaveBeenCalledTimes(i + 1);
    }
  });
});
