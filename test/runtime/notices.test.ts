import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runObject } from '../../runtime/local/run.ts';
import { silentNotifications } from '../../runtime/local/notifications.ts';
import { localWorld } from '../../runtime/local/world.ts';
import { undisturbed } from '../../runtime/notices.ts';
import type { Notifications, Progress } from '../../runtime/ports.ts';
import { notificationsConformance } from '../support/conformance/notifications.ts';
import { good, header, people } from '../support/people.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const broken: Notifications = {
  progress() {
    throw new Error('no line');
  },
  settled: () => Promise.reject(new Error('no answer')),
};

let warnings: string[];
beforeEach(() => {
  warnings = [];
  vi.spyOn(process, 'emitWarning').mockImplementation((warning) => void warnings.push(String(warning)));
});
afterEach(() => vi.restoreAllMocks());

describe('silent ones', () => {
  notificationsConformance(silentNotifications);
});

describe('broken ones, undisturbed', () => {
  notificationsConformance(() => undisturbed(broken));
});

describe('a run', () => {
  const runWith = async (notifications: Notifications) => {
    const folder = await temporaryFolder();
    const world = localWorld({ out: `${folder}/out`, notifications });
    await world.files.write(`${folder}/a.csv`, Buffer.from(header + good(1)));
    return runObject(world, people('csv'), { uri: `${folder}/a.csv`, retryDelays: 0 });
  };

  test('whose notices cannot be delivered is published all the same, and each loss is a warning', async () => {
    expect((await runWith(broken)).status).toBe('published');
    expect(warnings.join('\n')).toMatch(
      /the end of run people-.* could not be delivered: no answer\. The run itself/,
    );
    expect(warnings.join('\n')).toMatch(/progress.*no line/);
  });

  test('tells its stages in order, each to its end, and the record that it settled', async () => {
    const events: Progress[] = [];
    const settled: string[] = [];
    const run = await runWith({
      progress: (event) => void events.push(event),
      settled: async ({ run: name }) => void settled.push(name),
    });
    expect([...new Set(events.map((event) => event.stage))]).toEqual([
      'ingest',
      'transform',
      'validate',
      'load',
    ]);
    for (const stage of ['ingest', 'transform', 'validate', 'load']) {
      const last = events.findLast((event) => event.stage === stage)!;
      expect(last.done).toBe(last.total);
    }
    expect(settled).toEqual([run.run]);
    expect(warnings).toEqual([]);
  });
});
