/** What every implementation of the port Ledger must do. */

import { describe, expect, test } from 'vitest';
import { StaleAttemptError, TransientError } from '../../../core/errors.ts';
import type { AttemptKey, Decision, Ledger, Registered, Registration } from '../../../runtime/ports.ts';
import type { RunRecord, Status } from '../../../runtime/result.ts';

export const SHA = 'a'.repeat(64);
const OTHER = 'b'.repeat(64);

export const registration = (owner: string, more: Partial<Registration> = {}): Registration => ({
  pipeline: 'orders',
  sha256: SHA,
  run: `run-of-${owner}`,
  owner,
  definition: 'd1',
  at: new Date('2026-11-21T10:00:00Z'),
  again: false,
  object: { uri: '/in/a.csv', version: 'v1', bytes: 10 },
  ...more,
});

const keyOf = (attempt = 1): AttemptKey => ({ pipeline: 'orders', sha256: SHA, attempt });
const decision = (by: string, outcome: Decision['outcome'] = 'publish'): Decision => ({
  outcome,
  by,
  conclusion: `/work/${by}.json`,
});

export const settled = (
  owner: string,
  status: Status,
  attempt = 1,
  more: Partial<RunRecord> = {},
): RunRecord => ({
  pipeline: 'orders',
  run: `run-of-${owner}${attempt === 1 ? '' : `-${attempt}`}`,
  definition: 'd1',
  status,
  records: { read: 2, loaded: 2, quarantined: 0, filtered: 0, deduplicated: 0, held: 0 },
  rows: { inserted: 2, updated: 0, unchanged: 0, deleted: 0 },
  reasons: [
    {
      column: 'amount',
      code: 'too_small',
      message: 'is −1\nand 👍',
      records: 1,
      example: { record: 1, value: '-1' },
    },
  ],
  objects: [{ uri: '/in/a.csv', bytes: 10, sha256: SHA }],
  durationMs: 12.5,
  recordsPerSecond: 160,
  tables: [],
  quarantine: null,
  report: '/out/report.json',
  warnings: [],
  attempt,
  owner,
  startedAt: '2026-11-21T10:00:00.000Z',
  settledAt: '2026-11-21T10:00:01.000Z',
  references: [],
  checks: [],
  ...more,
});

/** `place` gives an empty ledger twice: as this process sees it, and as another one does. */
export function ledgerConformance(place: () => Promise<{ ledger: Ledger; other: Ledger }>): void {
  const runs = async (ledger: Ledger, limit = 100): Promise<string[]> =>
    (await ledger.history('orders', limit)).map(({ run }) => run);

  describe('as every ledger', () => {
    test('a content that nobody knows starts as attempt 1', async () => {
      const { ledger } = await place();
      expect(await ledger.register(registration('x'))).toEqual({
        status: 'started',
        run: 'run-of-x',
        attempt: 1,
        published: [],
        held: [],
      });
      expect(await ledger.history('orders', 10)).toEqual([]);
    });

    test('its owner may register again, and goes on with the run and the attempt that it has', async () => {
      const { ledger, other } = await place();
      const first = await ledger.register(registration('x'));
      expect(await other.register(registration('x', { run: 'another-name' }))).toEqual(first);
      expect(await other.register(registration('x', { again: true }))).toEqual(first);
    });

    test('another owner is told to wait while it is at work, and who is', async () => {
      const { ledger, other } = await place();
      await ledger.register(registration('x'));
      const waiting = other.register(registration('y'));
      await expect(waiting).rejects.toThrow(TransientError);
      await expect(waiting).rejects.toThrow(
        /^x is at work on this content of orders \(attempt 1, run run-of-x/,
      );
      await expect(other.register(registration('y', { again: true }))).rejects.toThrow(TransientError);
    });

    test('what was published is a duplicate, unless again; then it is the next attempt', async () => {
      const { ledger, other } = await place();
      for (const [i, status] of (['published', 'published-with-rejects'] as const).entries()) {
        const sha256 = String(i).repeat(64);
        const objects = [{ uri: '/in/a.csv', bytes: 10, sha256 }];
        await ledger.register(registration('x', { sha256 }));
        await ledger.settle(settled('x', status, 1, { objects }));
        expect(await other.register(registration('y', { sha256 }))).toEqual({
          status: 'duplicate',
          of: 'run-of-x',
        });
        expect(await other.register(registration('y', { sha256, again: true }))).toEqual({
          status: 'started',
          run: 'run-of-y-2',
          attempt: 2,
          published: ['run-of-x'],
          held: [],
        });
      }
    });

    test('what was held, rejected or failed may be tried by anyone', async () => {
      const { ledger } = await place();
      for (const [i, status] of (['held', 'rejected', 'failed'] as const).entries()) {
        expect(await ledger.register(registration(`x${i}`))).toMatchObject({
          status: 'started',
          attempt: i + 1,
        });
        await ledger.settle(settled(`x${i}`, status, i + 1));
      }
      expect(await ledger.register(registration('y'))).toEqual({
        status: 'started',
        attempt: 4,
        run: 'run-of-y-4',
        published: [],
        held: ['run-of-x0'],
      });
    });

    test('an attempt is decided once: what came first stands, whoever asks', async () => {
      const { ledger, other } = await place();
      await ledger.register(registration('x'));
      expect(await ledger.decide(keyOf(), decision('x'))).toEqual(decision('x'));
      expect(await other.decide(keyOf(), decision('y', 'fail'))).toEqual(decision('x'));
      expect(await ledger.decide(keyOf(), decision('x', 'hold'))).toEqual(decision('x'));
      expect(await other.attempts('orders', SHA)).toEqual([
        {
          ...keyOf(),
          run: 'run-of-x',
          owner: 'x',
          definition: 'd1',
          registeredAt: '2026-11-21T10:00:00.000Z',
          object: { uri: '/in/a.csv', version: 'v1', bytes: 10 },
          decision: decision('x'),
        },
      ]);
    });

    test('of twenty that decide at once exactly one does, and all are told the same', async () => {
      const { ledger, other } = await place();
      await ledger.register(registration('x'));
      const told = await Promise.all(
        Array.from({ length: 20 }, (_, i) => (i % 2 ? ledger : other).decide(keyOf(), decision(`x${i}`))),
      );
      expect(new Set(told.map(({ by }) => by)).size).toBe(1);
    });

    test('an attempt that is decided and not settled is handed to whoever registers, its owner too', async () => {
      const { ledger, other } = await place();
      await ledger.register(registration('x'));
      await ledger.decide(keyOf(), decision('x'));
      for (const owner of ['x', 'y']) {
        expect(await other.register(registration(owner))).toMatchObject({
          status: 'unfinished',
          attempt: { ...keyOf(), owner: 'x', run: 'run-of-x', decision: decision('x') },
        });
      }
      await ledger.settle(settled('x', 'failed'));
      expect(await other.register(registration('y'))).toMatchObject({ status: 'started', attempt: 2 });
    });

    test('an attempt that nobody ends counts as abandoned in the end, and one that is at work never', async () => {
      const { ledger, other } = await place();
      await ledger.register(registration('x'));
      const later = (hours: number) => new Date(Date.parse('2026-11-21T10:00:00Z') + hours * 3_600_000);
      await expect(other.register(registration('y', { at: later(5) }))).rejects.toThrow(TransientError);
      expect(await other.register(registration('y', { at: later(24) }))).toMatchObject({
        status: 'unfinished',
        attempt: { owner: 'x' },
      });
      // A clock that went back makes nobody abandoned.
      await expect(other.register(registration('y', { at: later(-24) }))).rejects.toThrow(TransientError);
    });

    test('a rejected object is told to the same owner under the same definition, not tried again', async () => {
      const { ledger } = await place();
      await ledger.register(registration('x'));
      await ledger.settle(settled('x', 'rejected'));
      expect(await ledger.register(registration('x'))).toEqual({
        status: 'settled',
        record: settled('x', 'rejected'),
      });
      expect(await ledger.register(registration('x', { definition: 'd2' }))).toMatchObject({ attempt: 2 });
    });

    test('what is not settled can be listed', async () => {
      const { ledger, other } = await place();
      expect(await Array.fromAsync(ledger.unsettled('orders'))).toEqual([]);
      await ledger.register(registration('x'));
      await ledger.register(registration('y', { sha256: OTHER }));
      await ledger.settle(settled('x', 'failed'));
      const open = await Array.fromAsync(other.unsettled('orders'));
      expect(open.map(({ owner, sha256 }) => [owner, sha256])).toEqual([['y', OTHER]]);
    });

    test('content that was published stays a duplicate after a later attempt at it failed', async () => {
      const { ledger, other } = await place();
      await ledger.register(registration('x'));
      await ledger.settle(settled('x', 'published'));
      await ledger.register(registration('y', { again: true }));
      expect(await other.register(registration('z'))).toEqual({ status: 'duplicate', of: 'run-of-x' });
      await ledger.settle(settled('y', 'failed', 2));
      expect(await other.register(registration('z'))).toEqual({ status: 'duplicate', of: 'run-of-x' });
      await ledger.register(registration('z', { again: true }));
      await ledger.settle(settled('z', 'published', 3));
      expect(await other.register(registration('w'))).toEqual({ status: 'duplicate', of: 'run-of-z-3' });
    });

    test('a duplicate is told in the history and disturbs neither the content nor an attempt at it', async () => {
      const { ledger } = await place();
      await ledger.register(registration('x'));
      await ledger.settle(settled('x', 'published'));
      await ledger.settle(settled('y', 'duplicate'));
      await ledger.settle(settled('y', 'duplicate'));
      expect(await ledger.register(registration('z'))).toEqual({ status: 'duplicate', of: 'run-of-x' });
      await ledger.register(registration('z', { again: true }));
      await ledger.settle(settled('w', 'duplicate', 2));
      expect(await ledger.register(registration('z', { again: true }))).toMatchObject({ attempt: 2 });
      expect(await runs(ledger)).toEqual(['run-of-w-2', 'run-of-y', 'run-of-x']);
    });

    test('the same content for another pipeline, and another content, are their own', async () => {
      const { ledger } = await place();
      await ledger.register(registration('x'));
      await ledger.settle(settled('x', 'published'));
      expect(await ledger.register(registration('y', { pipeline: 'returns' }))).toMatchObject({ attempt: 1 });
      expect(await ledger.register(registration('y', { sha256: OTHER }))).toMatchObject({ attempt: 1 });
      expect(await ledger.history('returns', 10)).toEqual([]);
    });

    test('of twenty owners at once exactly one starts; the others wait for it', async () => {
      const { ledger, other } = await place();
      const results = await Promise.allSettled(
        Array.from({ length: 20 }, (_, i) => (i % 2 ? ledger : other).register(registration(`x${i}`))),
      );
      const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      expect(started).toEqual([
        {
          status: 'started',
          attempt: 1,
          run: expect.any(String),
          published: [],
          held: [],
        } satisfies Registered,
      ]);
      for (const result of results) {
        expect(result.status === 'rejected' ? result.reason : new TransientError('')).toBeInstanceOf(
          TransientError,
        );
      }
    });

    test('settling twice is settling once; what came first stays', async () => {
      const { ledger, other } = await place();
      await ledger.register(registration('x'));
      await ledger.settle(settled('x', 'published'));
      await other.settle(settled('x', 'published'));
      expect(await other.settle(settled('x', 'failed'))).toEqual(settled('x', 'published'));
      expect(await ledger.history('orders', 10)).toEqual([settled('x', 'published')]);
      expect(await ledger.register(registration('y'))).toMatchObject({ status: 'duplicate' });
    });

    test('an attempt of another owner cannot be settled', async () => {
      const { ledger } = await place();
      await ledger.register(registration('x'));
      const theirs = settled('y', 'published', 1, { run: 'run-of-x' });
      await expect(ledger.settle(theirs)).rejects.toThrow(StaleAttemptError);
      expect(await ledger.history('orders', 10)).toEqual([]);
      expect(await ledger.register(registration('x'))).toMatchObject({ status: 'started', attempt: 1 });
    });

    test('a run that ended before its content was known, or registered, has its line and no more', async () => {
      const { ledger } = await place();
      const unknown = { objects: [{ uri: '/in/a.csv', bytes: 10, sha256: null }] };
      await ledger.settle(settled('x', 'failed', 1, unknown));
      await ledger.settle(settled('x', 'failed', 1, unknown));
      await ledger.settle(settled('y', 'rejected'));
      expect(await runs(ledger)).toEqual(['run-of-y', 'run-of-x']);
      expect(await ledger.register(registration('z'))).toMatchObject({ status: 'started', attempt: 1 });
    });

    test('the history is newest first, whole, and as long as asked for', async () => {
      const { ledger, other } = await place();
      const records = Array.from({ length: 7 }, (_, i) => {
        const sha256 = String(i).repeat(64);
        return settled(`x${i}`, 'published', 1, { objects: [{ uri: `/in/${i}.csv`, bytes: i, sha256 }] });
      });
      for (const [i, record] of records.entries()) {
        await ledger.register(registration(`x${i}`, { sha256: record.objects[0]!.sha256! }));
        await ledger.settle(record);
      }
      expect(await other.history('orders', 100)).toEqual(records.toReversed());
      expect(await other.history('orders', 3)).toEqual(records.toReversed().slice(0, 3));
      expect(await other.history('orders', 0)).toEqual([]);
    });
  });
}
