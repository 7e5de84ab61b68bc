/** Notices to nobody, for where no person looks on. The command line makes its own. */

import type { Notifications } from '../ports.ts';

export function silentNotifications(): Notifications {
  return Object.freeze({
    progress: () => undefined,
    settled: () => Promise.resolve(),
  });
}
