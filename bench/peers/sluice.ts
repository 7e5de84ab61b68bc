/** The flights as Sluice runs them, measured like a peer: called with the input and an empty folder. */

import { flights } from '../../pipelines/flights.ts';
import { runObject } from '../../runtime/local/run.ts';
import { localWorld } from '../../runtime/local/world.ts';
import type { Told } from './told.ts';

const [input, folder] = process.argv.slice(2) as [string, string];
const began = performance.now();
const { status, records, error } = await runObject(localWorld({ out: folder }), flights, { uri: input });
if (status !== 'published-with-rejects') throw new Error(`The run ended as ${status}: ${error?.message}`);
const told: Told = {
  records: records.read ?? 0,
  good: records.loaded,
  bad: records.quarantined,
  workMs: performance.now() - began,
  peakMb: process.resourceUsage().maxRSS / 1024,
  runtime: `Node ${process.versions.node}`,
};
process.stdout.write(JSON.stringify(told));
