/** Where a simulation happens: a store and a ledger, new for each, and what is kept in them. */

import { layoutOf, type Layout } from '../../runtime/layout.ts';
import type { History } from '../../runtime/local/history.ts';
import { localLedger } from '../../runtime/local/ledger.ts';
import type { IsGone } from '../../runtime/leftovers.ts';
import type { Files, Ledger } from '../../runtime/ports.ts';
import type { RunRecord } from '../../runtime/result.ts';
import { memoryFiles } from '../support/memory-files.ts';

/** Does a call of a port when its turn comes. */
export type Call = <T>(name: string, what: string, act: () => Promise<T>) => Promise<T>;

export interface Place {
  readonly layout: Layout;
  readonly files: Files;
  /** The ledger as a process has it: over its own files, each call in its turn. */
  ledgerOf(process: { readonly files: Files; readonly call: Call; readonly isGone: IsGone }): Ledger;
  /** Every object that is kept, by its URI. */
  contents(): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Whether `clean` and `doctor` can look at it. */
  readonly canBeExamined: boolean;
}

/** A call that needs no turn. */
export const atOnce: Call = (_name, _what, act) => act();

/** Bytes of a block of a read: few, so that things can happen in the midst of one. */
const BLOCK = 16;

/** In memory, with the ledger of a laptop. */
export function memoryPlace(): Place {
  const layout = layoutOf('/env');
  const files = memoryFiles({}, BLOCK);
  const histories = new Map<string, RunRecord[]>();
  const historyOf = (call: Call): History => ({
    append: (record) =>
      call('append', record.run, async () => {
        histories.set(record.pipeline, [...(histories.get(record.pipeline) ?? []), record]);
      }),
    async *newestFirst(pipeline) {
      yield* await call('history', pipeline, async () => histories.get(pipeline)?.toReversed() ?? []);
    },
  });
  return {
    layout,
    files,
    ledgerOf: ({ files: own, call, isGone }) =>
      localLedger(own, layout.ledger, { isGone, history: historyOf(call) }),
    contents: async () => files.contents,
    canBeExamined: true,
  };
}

/** A ledger of which each call is one turn. */
export const ledgerInTurns = (ledger: Ledger, call: Call): Ledger => ({
  register: (given) => call('register', given.owner, () => ledger.register(given)),
  attempts: (pipeline, sha256) => call('attempts', sha256, () => ledger.attempts(pipeline, sha256)),
  decide: (key, decision) => call('decide', decision.outcome, () => ledger.decide(key, decision)),
  settle: (record) => call('settle', record.run, () => ledger.settle(record)),
  async *unsettled(pipeline) {
    yield* await call('unsettled', pipeline, () => Array.fromAsync(ledger.unsettled(pipeline)));
  },
  history: (pipeline, limit) => call('history', pipeline, () => ledger.history(pipeline, limit)),
});
