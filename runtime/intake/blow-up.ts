/** How far compressed data may blow up: looked at after each block, before anything is done with it. */

import { ObjectRejectedError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';

/**
 * Counts what was decompressed of an object.
 * @param what is being decompressed: `gzip`.
 * @returns told of each block's bytes and of the bytes received so far. @throws ObjectRejectedError `object.too_large`.
 */
export function blowUp(what: string, limits: Limits): (bytes: number, received: number) => void {
  let decoded = 0;
  return (bytes, received) => {
    decoded += bytes;
    if (decoded > limits.decodedBytes) {
      throw tooLarge(what, `${limits.decodedBytes} decompressed bytes (the limit decodedBytes)`);
    }
    if (decoded > limits.ratioFloor && decoded > limits.ratio * received) {
      throw tooLarge(what, `${limits.ratio} times its compressed size (the limit ratio)`);
    }
  };
}

const tooLarge = (what: string, limit: string): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.too_large',
    `The ${what} data decompresses to more than ${limit}; it was not read further. ` +
      'If it is what it should be, raise the limit or deliver it in parts.',
  );
