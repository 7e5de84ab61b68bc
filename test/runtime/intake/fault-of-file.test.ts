/** Whose fault it is that the engine cannot read a file: the file's, the machine's, or ours. */

import { expect, test } from 'vitest';
import { EngineError, TransientError } from '../../../core/errors.ts';
import { faultOfFile } from '../../../runtime/intake/fault-of-file.ts';

const read = (error: Error): Promise<never> => faultOfFile('It is damaged', () => Promise.reject(error));

test('what is read comes through', async () => {
  expect(await faultOfFile('It is damaged', async () => 7)).toBe(7);
});

test.each([
  [
    'Invalid Input Error: no page in "/tmp/x y.parquet"\nat byte 7',
    'It is damaged: Invalid Input Error: no page in the file',
  ],
  [`IO Error: '/a.parquet' and "/b.parquet"`, 'It is damaged: IO Error: the file and the file'],
  [
    'Binder Error: table "read_parquet" has duplicate column name "a"',
    'It is damaged: Binder Error: table "read_parquet" has duplicate column name "a"',
  ],
])('the file’s: %j', async (message, said) => {
  const cause = new EngineError(message);
  await expect(read(cause)).rejects.toMatchObject({
    name: 'ObjectRejectedError',
    code: 'object.unreadable',
    message: said,
    cause,
  });
});

test.each([
  new EngineError('IO Error: could not write: No space left on device'),
  new EngineError('Out of Memory Error: 7 bytes'),
  new EngineError('Parser Error: syntax'),
  new EngineError('Catalog Error: no such function'),
  new EngineError('Binder Error: no such column'),
  new TransientError('The store is down.'),
  new TypeError('a bug'),
])('not the file’s: %s', async (error) => {
  await expect(read(error)).rejects.toBe(error);
});
