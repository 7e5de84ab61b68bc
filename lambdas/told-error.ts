/** An error as a function of Lambda may tell it: its name, for the state machine, and no value of a record. */

import type { Pipeline } from '../core/pipeline.ts';
import { withoutValues } from '../runtime/masking.ts';

/** Step Functions takes 32,768 characters for a cause, in which Lambda puts the message twice, and the stack. */
const LONGEST = 8_000;

/**
 * A new error, because Lambda logs all that an error has: its cause, its own properties, and its stack, which starts with
 * the message.
 */
export function toldError(pipeline: Pipeline, thrown: unknown): Error {
  const { name, message, stack } = asError(thrown);
  const told = new Error(cut(withoutValues(pipeline, message)));
  told.name = name;
  told.stack = [`${name}: ${told.message}`, ...framesOf(message, stack)].join('\n');
  return told;
}

/** Someone else's library may throw anything; a text could be a value. */
const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(`Something was thrown that is no error: ${typeof thrown}.`);

const cut = (message: string): string =>
  message.length <= LONGEST
    ? message
    : `${message.slice(0, LONGEST)}… (${message.length - LONGEST} more characters)`;

/** The lines behind the message: a line of the message itself could look like one of them. */
function framesOf(message: string, stack = ''): string[] {
  const at = stack.indexOf(message);
  if (at === -1) return [];
  return stack
    .slice(at + message.length)
    .split('\n')
    .filter((line) => /^ +at /.test(line));
}
