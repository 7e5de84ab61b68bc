/**
 * Lets one call of one actor happen at a time, in an order that a seed decides: between two calls of an actor any other
 * may come, as between processes. What an actor does by itself (the engine's work) happens undisturbed.
 */

import { setImmediate } from 'node:timers/promises';
import { below, type Random } from './random.ts';

export interface Scheduler {
  /** Calls that happened. */
  readonly steps: number;
  /** Does a call when its turn comes; not before so many have happened, as long as another can. */
  turn<T>(actor: string, call: () => Promise<T>, notBefore?: number): Promise<T>;
  /** Says that an actor makes no more calls. */
  leave(actor: string): void;
  /** Lets calls happen until all of these actors have left. */
  play(actors: readonly string[], beforeStep: (step: number) => Promise<void>): Promise<void>;
}

interface Request {
  readonly notBefore: number;
  happen(): Promise<void>;
}

export function scheduler(random: Random): Scheduler {
  const waiting = new Map<string, Request[]>();
  let present = new Set<string>();
  let steps = 0;
  let wake = (): void => undefined;
  const isIdle = (): boolean => [...present].some((actor) => (waiting.get(actor) ?? []).length === 0);

  return {
    get steps() {
      return steps;
    },
    turn: (actor, call, notBefore = 0) =>
      new Promise((resolve, reject) => {
        const happen = async (): Promise<void> => {
          try {
            resolve(await call());
          } catch (error) {
            reject(error as Error);
          }
        };
        waiting.set(actor, [...(waiting.get(actor) ?? []), { notBefore, happen }]);
        wake();
      }),
    leave(actor) {
      present.delete(actor);
      wake();
    },
    async play(actors, beforeStep) {
      present = new Set(actors);
      for (;;) {
        // An actor that asks for nothing is at work by itself, and asks or leaves in the end.
        while (isIdle()) await new Promise<void>((resolve) => (wake = resolve));
        if (present.size === 0) return;
        const asking = [...present].toSorted();
        const ready = asking.filter((actor) => waiting.get(actor)![0]!.notBefore <= steps);
        const able = ready.length > 0 ? ready : asking;
        const actor = able[below(random, able.length)]!;
        await beforeStep(++steps);
        await waiting.get(actor)!.shift()!.happen();
        // What follows from the answer at once, happens before the next turn is given.
        await setImmediate();
      }
    },
  };
}
