/** Takes the rows of a run in, to meet one version of a table. */

import { createHash } from 'node:crypto';
import { evolvedFields } from '../delta/evolve.ts';
import type { Engine } from '../engine.ts';
import type { Snapshot, TableSchema } from '../ports.ts';
import type { World } from '../world.ts';
import { viewHeld, writeShape } from './held.ts';
import { takeIn } from './incoming.ts';
import type { Meeting } from './meeting.ts';
import { openMet } from './met.ts';
import type { MergeTask } from './task.ts';

/** Makes the tables `incoming` and `met` of the engine. */
export async function openMeeting(
  world: World,
  engine: Engine,
  at: { readonly uri: string; readonly snapshot: Snapshot | undefined; readonly schema: TableSchema },
  task: MergeTask,
): Promise<Meeting> {
  const { uri, snapshot, schema } = at;
  const { partitionBy, fields: wanted } = schema;
  const incoming = await takeIn(world, engine, task);
  const has = new Set(wanted.map(({ name }) => name));
  const kept = (snapshot?.schema.fields ?? wanted).filter(({ name }) => !has.has(name));
  // An object of the table may have fields that the definition lacks: rows that only move keep them.
  const becomes = snapshot?.files.length ? evolvedFields(uri, snapshot.schema, schema) : wanted;
  const fields = [...becomes.filter(({ name }) => has.has(name)), ...kept];
  const stored = fields.filter(({ name }) => !partitionBy.includes(name));
  const shape = createHash('sha256')
    .update(JSON.stringify([fields, partitionBy]))
    .digest('hex');
  const meeting = { world, engine, uri, task, partitionBy, wanted, kept, fields, stored, incoming, shape };
  await writeShape(engine, stored);
  await viewHeld(engine, [], fields, partitionBy);
  await openMet(meeting);
  return meeting;
}
