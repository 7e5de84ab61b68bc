/** Notices that cannot be delivered are told as warnings of the process and never change a run. */

import type { Notifications } from './ports.ts';

/** The same notifications, of which no call throws or rejects. */
export function undisturbed(notifications: Notifications): Notifications {
  return Object.freeze({
    progress(event) {
      try {
        notifications.progress(event);
      } catch (error) {
        warn('progress', error);
      }
    },
    async settled(record) {
      try {
        await notifications.settled(record);
      } catch (error) {
        warn(`the end of run ${record.run}`, error);
      }
    },
  } satisfies Notifications);
}

function warn(what: string, error: unknown): void {
  const words = error instanceof Error ? error.message : String(error);
  process.emitWarning(`A notice of ${what} could not be delivered: ${words}. The run itself is not changed.`);
}
