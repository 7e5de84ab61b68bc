/** Finds objects of the sources for which no run was ever started: the event was lost, or nobody tries it any more. */

import type { Pipeline } from '../core/pipeline.ts';
import type { Source } from '../core/sources/source.ts';
import { sideBySide } from '../runtime/aws/side-by-side.ts';
import { markIn, markOf, whyIgnored, type Delivery } from '../runtime/aws/delivery.ts';
import type { Executions } from '../runtime/aws/executions.ts';
import type { Landed, Landing } from './landing.ts';

export interface Looking {
  readonly pipeline: Pipeline;
  readonly executions: Pick<Executions, 'since'>;
  readonly landing: Landing;
  readonly now: Date;
  /** Objects that were seen to have a run; this look adds to them. */
  readonly known: Set<string>;
}

const MINUTE = 60_000;
/** An event takes seconds; an object that waits for its turn takes longer. */
const YOUNGEST_MS = 15 * MINUTE;
/** What is older was looked at for a day. */
const OLDEST_MS = 24 * 60 * MINUTE;
/** More objects than this are not looked at: S3 lists a thousand at a time, whatever their age. */
const MOST_OBJECTS = 500_000;
/** Versions that are asked for side by side. */
const AT_ONCE = 16;

export interface NeverRun {
  /** The oldest first. */
  readonly found: readonly Delivery[];
  /** Whether there were more objects than could be looked at. */
  readonly isCut: boolean;
}

/**
 * Looks at the newest version of each object of the last day. The execution of a delivery has its mark in its name, so
 * one listing of executions answers for all objects.
 */
export async function findNeverRun(looking: Looking): Promise<NeverRun> {
  const { pipeline, executions, landing, now, known } = looking;
  const marks = new Set<string | undefined>();
  for await (const { name } of executions.since(new Date(now.getTime() - OLDEST_MS))) marks.add(markIn(name));
  const found: Delivery[] = [];
  let looked = 0;
  let isCut = false;
  const candidates = async function* (): AsyncGenerator<Landed, void> {
    for (const below of prefixesOf(pipeline)) {
      for await (const object of landing.objects(below)) {
        if (++looked > MOST_OBJECTS) {
          isCut = true;
          return;
        }
        const age = now.getTime() - object.at.getTime();
        if (age < YOUNGEST_MS || age > OLDEST_MS || known.has(idOf(object))) continue;
        if (whyIgnored(pipeline, object) === undefined) yield object;
      }
    }
  };
  const withVersions = sideBySide(candidates(), AT_ONCE, async (object) => {
    // Where the event told no version id, the mark was made of the ETag.
    const isMarked = marks.has(markOf({ ...object, version: object.tag }));
    return { object, isMarked, version: isMarked ? object.tag : await landing.versionOf(object) };
  });
  for await (const { object, isMarked, version } of withVersions) {
    if (version === undefined) continue;
    if (isMarked || marks.has(markOf({ ...object, version }))) known.add(idOf(object));
    else found.push({ ...object, version });
  }
  return { found: found.sort((a, b) => a.at.getTime() - b.at.getTime()), isCut };
}

/** A prefix within another one is listed with that. */
function prefixesOf({ sources }: Pipeline): Source[] {
  return sources.filter(
    ({ place, prefix }, i) =>
      !sources.some(
        (other, at) =>
          other.place === place && (other.prefix === prefix ? at < i : prefix.startsWith(other.prefix)),
      ),
  );
}

const idOf = ({ key, tag, at }: Landed): string => JSON.stringify([key, tag, at.getTime()]);
