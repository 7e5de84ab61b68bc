/** What is thrown is told apart by its code, whatever it is. */

import { expect, test } from 'vitest';
import { isCode, mapped } from '../../../runtime/local/disk-errors.ts';

const failing = (code: string): Error => Object.assign(new Error('it failed'), { code });

test('only an error with a code has one of the codes', () => {
  expect(isCode(failing('ENOENT'), 'ENOTDIR', 'ENOENT')).toBe(true);
  for (const thrown of [failing('EACCES'), new Error('ENOENT'), { code: 'ENOENT' }, 'ENOENT', undefined])
    expect(isCode(thrown, 'ENOTDIR', 'ENOENT')).toBe(false);
});

test.each([
  ['no error', 'ENOSPC'],
  ['nothing', undefined],
  ['no error, but with a code', { code: 'ENOSPC' }],
  ['an error without a code', new Error('ENOSPC')],
])('%s stays what it is', async (_what, thrown) => {
  await expect(mapped(() => Promise.reject(thrown))).rejects.toBe(thrown);
});
