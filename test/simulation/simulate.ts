/** One simulation: processes that deliver files while things go wrong, then a quiet time, then the judge. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultLimits } from '../../core/limits.ts';
import { namedFiles } from '../../runtime/delta/named-files.ts';
import { deltaTables } from '../../runtime/delta/tables.ts';
import { examine } from '../../runtime/doctor.ts';
import { findLeftovers, removeLeftovers, type Leftover } from '../../runtime/leftovers.ts';
import { runObject } from '../../runtime/local/run.ts';
import type { RunRecord } from '../../runtime/result.ts';
import type { World } from '../../runtime/world.ts';
import { openEngine, type OpenEngine } from '../support/engine.ts';
import { bytesOf, pipelines } from './contents.ts';
import { judge, tooEarly } from './judge.ts';
import { withAll, type Switches } from './mechanisms.ts';
import { atOnce, memoryPlace, type Place } from './place.ts';
import { processOf, type Shared } from './ports.ts';
import { randomOf } from './random.ts';
import { smaller, type ContentName, type Delivery, type FaultKind, type Scenario } from './scenario.ts';
import { scheduler } from './scheduler.ts';

export interface Simulated {
  /** What is not as it must be; empty if the promise was kept. */
  readonly violations: readonly string[];
  /** Calls of ports that happened. */
  readonly steps: number;
  readonly runs: number;
  /** What happened, a line each. */
  readonly trace: readonly string[];
  readonly happened: ReadonlyMap<FaultKind, number>;
}

/** Where the engine and the judge keep their files. */
export interface Bench {
  readonly scratch: string;
  readonly engine: OpenEngine;
  close(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const scratch = await mkdtemp(join(tmpdir(), 'sluice-simulation-'));
  const engine = await openEngine();
  return {
    scratch,
    engine,
    async close() {
      await engine.close();
      await rm(scratch, { recursive: true, force: true });
    },
  };
}

/** Milliseconds that pass with each step. */
const STEP_MS = 20;
const START = Date.parse('2026-11-21T10:00:00Z');

export async function simulate(
  bench: Bench,
  scenario: Scenario,
  switches: Switches = withAll,
  place: Place = memoryPlace(),
): Promise<Simulated> {
  const violations: string[] = [];
  const { files } = place;
  const turns = scheduler(randomOf(scenario.seed ^ 0x5eed));
  const shared: Shared & { jump: number } = {
    place,
    scheduler: turns,
    scratch: bench.scratch,
    switches,
    trace: [],
    happened: new Map(),
    written: async (uri) => void violations.push(...(await tooEarly(place, uri))),
    gone: new Set(),
    jump: 0,
    now: () => new Date(START + turns.steps * STEP_MS + shared.jump),
  };
  const { deliveries, events } = scenario;
  const uriOf = (i: number): string => `${place.layout.root}/in/${i}/${nameOf(deliveries[i]!.content)}`;
  for (const [i, { content }] of deliveries.entries()) await files.write(uriOf(i), bytesOf[content]);

  const happen = async (step: number): Promise<void> => {
    for (const { kind, of } of events.filter((event) => event.step === step)) {
      shared.trace.push(`${step} ${kind} ${of}`);
      if (kind === 'clock') shared.jump += of * 1000;
      else if (kind === 'deleted') await files.remove(uriOf(of));
      else await files.write(uriOf(of), bytesOf[overwriting(deliveries, of)]);
    }
  };
  await turns.play(
    deliveries.map((delivery, i) => {
      void deliver(shared, delivery, uriOf(i), `e${i}`, scenario);
      return `e${i}`;
    }),
    happen,
  );

  // Every content once more while nothing goes wrong, and twice, so that the second finds what the first left.
  const given = givenTo(scenario);
  for (const [n, [pipeline, content]] of [...given, ...given].entries()) {
    const uri = `${place.layout.root}/in/quiet/${content}/${nameOf(content)}`;
    await files.write(uri, bytesOf[content]);
    const delivery: Delivery = { pipeline, content, again: false, at: 0 };
    const outcome = deliver(shared, delivery, uri, `q${n}`);
    await turns.play([`q${n}`], async () => undefined);
    const record = await outcome;
    if (record === undefined || record.status === 'failed') {
      violations.push(
        `${content} in ${pipeline} cannot be run any more: ${record?.error?.message ?? 'it throws'}`,
      );
    }
  }
  const evidence = { place, engine: bench.engine, given };
  violations.push(...(await judge(evidence)));
  if (place.canBeExamined) violations.push(...(await cleaned(shared)), ...(await judge(evidence)));
  return {
    violations,
    steps: turns.steps,
    runs: deliveries.length + 2 * given.length,
    trace: shared.trace,
    happened: shared.happened,
  };
}

/** Removes what is left over, as `sluice clean` does; then the doctor must be content, and no file be of no use. */
async function cleaned({ place, now, scratch, gone }: Shared): Promise<string[]> {
  const { files, layout } = place;
  const isGone = async (_: string, execution: string): Promise<boolean> => gone.has(execution);
  const world: World = {
    files,
    tables: deltaTables(files),
    ledger: place.ledgerOf({ files, call: atOnce, isGone }),
    notifications: { progress: () => undefined, settled: async () => undefined },
    layout,
    limits: defaultLimits,
    scratch,
    secret: async (name) => `the secret ${name}`,
    engine: { memoryMb: 256, threads: 1 },
    now,
  };
  const find = (): Promise<readonly Leftover[]> => findLeftovers(world, isGone);
  await Array.fromAsync(removeLeftovers(find));
  const useless: string[] = [];
  for (const uri of (await place.contents()).keys()) {
    const [, table, path] = /^(.*\/(?:lake\/\w+|quarantine\/records))\/(.*\.parquet)$/.exec(uri) ?? [];
    if (table !== undefined && !(await namedFiles(files, table))?.has(path!)) useless.push(uri);
  }
  const { findings } = await examine(world, { isGone, leftovers: find, call: (...words) => words.join(' ') });
  return [
    ...useless.map((uri) => `${uri} is of no use, and not cleaned`),
    ...findings.map(({ what, where }) => `the doctor finds: ${what} (${where})`),
  ];
}

const nameOf = (content: ContentName): string => (content === 'gzip' ? 'a.csv.gz' : 'a.csv');

/** What an object is overwritten with: the next delivery's content, if that may have the object's name; else the same. */
function overwriting(deliveries: readonly Delivery[], of: number): ContentName {
  const own = deliveries[of]!.content;
  const next = deliveries[(of + 1) % deliveries.length]!.content;
  return nameOf(next) === nameOf(own) ? next : own;
}

/** The contents that each pipeline was handed, also through an object that was overwritten. */
function givenTo({ deliveries, events }: Scenario): (readonly [Delivery['pipeline'], ContentName])[] {
  const given = new Map<string, readonly [Delivery['pipeline'], ContentName]>();
  const add = (pipeline: Delivery['pipeline'], content: ContentName): void =>
    void given.set(`${pipeline} ${content}`, [pipeline, content]);
  for (const { pipeline, content } of deliveries) add(pipeline, content);
  for (const { kind, of } of events) {
    if (kind === 'overwritten') add(deliveries[of]!.pipeline, overwriting(deliveries, of));
  }
  return [...given.values()];
}

/** Runs a pipeline on an object in a process of its own, to its end or its death. */
async function deliver(
  shared: Shared,
  { pipeline, again, at }: Delivery,
  uri: string,
  execution: string,
  scenario?: Scenario,
): Promise<RunRecord | undefined> {
  const i = Number(execution.slice(1));
  const faults = (scenario?.faults ?? []).filter((fault) => fault.delivery === i);
  const process = processOf(shared, execution, new Map(faults.map(({ call, kind }) => [call, kind])), at);
  try {
    const record = await runObject(process.world, pipelines[pipeline], {
      uri,
      again,
      execution,
      retryDelays: 0,
    });
    shared.trace.push(`${shared.scheduler.steps} ${execution} ended as ${record.status}`);
    return record;
  } catch (error) {
    shared.trace.push(`${shared.scheduler.steps} ${execution} threw ${String(error)}`);
    return undefined;
  } finally {
    shared.gone.add(execution);
    shared.scheduler.leave(execution);
  }
}

/** The smallest scenario that can be found which still breaks the promise. */
export async function shortest(bench: Bench, failing: Scenario, switches?: Switches): Promise<Scenario> {
  for (const one of smaller(failing)) {
    if ((await simulate(bench, one, switches)).violations.length > 0) return shortest(bench, one, switches);
  }
  return failing;
}
