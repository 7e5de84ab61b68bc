/** What happens in one simulation, as data: a seed makes one, and a failing one can be made smaller. */

import { below, chance, pick, randomOf, type Random } from './random.ts';

export const contentNames = [
  'mixed',
  'good',
  'held',
  'wrong-header',
  'gzip',
  'header-only',
  'update',
] as const;
export type ContentName = (typeof contentNames)[number];

/** One file handed to a pipeline, by a process of its own. */
export interface Delivery {
  readonly content: ContentName;
  readonly pipeline: 'people' | 'folk' | 'kept';
  readonly again: boolean;
  /** The step before which it does not begin. */
  readonly at: number;
}

/** What goes wrong with the n-th call of a delivery's process, or from then on. */
export interface Fault {
  readonly delivery: number;
  readonly call: number;
  readonly kind: FaultKind;
}

export const faultKinds = [
  'killed before',
  'killed after',
  'answer lost',
  'throttled',
  'slow',
  'disk full',
  'quarantine refused',
  'taken for gone',
] as const;
export type FaultKind = (typeof faultKinds)[number];

/** What happens around the processes. */
export interface Event {
  readonly step: number;
  readonly kind: 'overwritten' | 'deleted' | 'clock';
  /** The delivery whose object it is; for the clock, by how many seconds it jumps. */
  readonly of: number;
}

export interface Scenario {
  readonly seed: number;
  readonly deliveries: readonly Delivery[];
  readonly faults: readonly Fault[];
  readonly events: readonly Event[];
}

/** A run makes about so many calls: faults are spread over them. */
const CALLS = 55;

export function scenarioOf(seed: number): Scenario {
  const random = randomOf(seed);
  const contents = Array.from({ length: 1 + below(random, 3) }, () => pick(random, contentNames));
  const deliveries = Array.from({ length: 1 + below(random, 4) }, (): Delivery => ({
    content: pick(random, contents),
    pipeline: chance(random, 0.55) ? 'people' : chance(random, 0.7) ? 'kept' : 'folk',
    again: chance(random, 0.2),
    at: chance(random, 0.5) ? 0 : below(random, 2 * CALLS),
  }));
  const faults = Array.from({ length: below(random, 5) }, () => faultOf(random, deliveries.length));
  const events = chance(random, 0.3) ? [eventOf(random, deliveries.length)] : [];
  return { seed, deliveries, faults, events };
}

const faultOf = (random: Random, deliveries: number): Fault => ({
  delivery: below(random, deliveries),
  call: 1 + below(random, CALLS),
  kind: pick(random, faultKinds),
});

function eventOf(random: Random, deliveries: number): Event {
  const kind = pick(random, ['overwritten', 'deleted', 'clock'] as const);
  const seconds = pick(random, [-86_400, -3600, -1, 25_000, 86_400]);
  return { step: 1 + below(random, 150), kind, of: kind === 'clock' ? seconds : below(random, deliveries) };
}

/** The scenarios that are one thing smaller. */
export function* smaller(scenario: Scenario): Generator<Scenario> {
  const { deliveries, faults, events } = scenario;
  for (const i of faults.keys()) yield { ...scenario, faults: faults.toSpliced(i, 1) };
  for (const i of events.keys()) yield { ...scenario, events: events.toSpliced(i, 1) };
  for (const i of deliveries.keys()) {
    if (deliveries.length === 1) return;
    const moved = (n: number): number => (n > i ? n - 1 : n);
    yield {
      ...scenario,
      deliveries: deliveries.toSpliced(i, 1),
      faults: faults
        .filter((fault) => fault.delivery !== i)
        .map((fault) => ({ ...fault, delivery: moved(fault.delivery) })),
      events: events
        .filter(({ kind, of }) => kind === 'clock' || of !== i)
        .map((event) => (event.kind === 'clock' ? event : { ...event, of: moved(event.of) })),
    };
  }
}
