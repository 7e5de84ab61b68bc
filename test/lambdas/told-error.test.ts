/** Of the stack of an error only the frames are told, where they can be told from its message. */

import { expect, test } from 'vitest';
import { toldError } from '../../lambdas/told-error.ts';
import { shop } from './shop.ts';

test('a stack that does not hold the message could hold an earlier one, line by line', () => {
  const error = new Error('Broken, as was told before');
  error.stack = 'Error: Broken\n    at ann@example.com (row 1)\n    at work (/code/work.js:1:2)';
  expect(toldError(shop, error).stack).toBe('Error: Broken, as was told before');
});

test('the frames behind the message are told', () => {
  const error = new Error('Broken\n    at ann@example.com (row 1)');
  error.stack = `Error: ${error.message}\n    at work (/code/work.js:1:2)\nno frame\n    at main (/code/main.js:3:4)`;
  const [first, ...frames] = toldError(shop, error).stack!.split('\n');
  expect(first).toBe('Error: Broken');
  expect(frames).toEqual(['    at work (/code/work.js:1:2)', '    at main (/code/main.js:3:4)']);
});
