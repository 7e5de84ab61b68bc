/** Durations as a person writes them: `10 minutes`. */

import { DefinitionError } from './errors.ts';

const seconds = { second: 1, minute: 60, hour: 3600, day: 86_400 } as const;
type Unit = keyof typeof seconds | `${keyof typeof seconds}s`;

/** A number and a unit from seconds to days: `30 seconds`, `1 hour`. */
export type Duration = `${number} ${Unit}`;

/**
 * A duration in seconds.
 * @throws DefinitionError if the text is not a positive number and a unit.
 */
export function secondsOf(duration: Duration): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) (second|minute|hour|day)s?$/.exec(duration) ?? [];
  const value = Number(amount) * seconds[unit as keyof typeof seconds];
  if (!(value > 0)) {
    throw new DefinitionError(
      `${JSON.stringify(duration)} is not a duration; write a positive number and a unit, such as "10 minutes".`,
    );
  }
  return value;
}
