/** What every implementation of the port Notifications must do. */

import { describe, expect, test } from 'vitest';
import type { Notifications } from '../../../runtime/ports.ts';
import { statuses } from '../../../runtime/result.ts';
import { aRecord } from '../records.ts';

export function notificationsConformance(make: () => Notifications | Promise<Notifications>): void {
  describe('as all notifications', () => {
    test('progress of every stage is taken, also of nothing, and answered with nothing', async () => {
      const notifications = await make();
      for (const stage of ['ingest', 'transform', 'validate', 'load'] as const) {
        for (const [done, total] of [
          [0, 0],
          [0, 10],
          [10, 10],
        ] as const) {
          expect(notifications.progress({ pipeline: 'movies', stage, done, total })).toBeUndefined();
        }
      }
    });

    test('the end of a run is taken, whatever its status, and more than once', async () => {
      const notifications = await make();
      for (const status of statuses) {
        await expect(notifications.settled(aRecord({ status }))).resolves.toBeUndefined();
        await expect(notifications.settled(aRecord({ status }))).resolves.toBeUndefined();
      }
    });
  });
}
