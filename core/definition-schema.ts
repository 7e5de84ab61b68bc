/** What a definition must hold before its words are looked at one by one: a file that nobody compiled may lack any of it. */

import { z } from 'zod';
import { secondsOf, type Duration } from './duration.ts';
import { DefinitionError } from './errors.ts';
import { scaleSchema } from './scale.ts';

/** What is said of a part that is missing or of another type. */
const write = (part: string) => ({
  error: ({ code, input }: { readonly code: string; readonly input?: unknown }) =>
    code === 'invalid_type' || code === 'custom'
      ? `${input === undefined ? 'It is missing' : `It is ${kindOf(input)}`}; write ${part}`
      : undefined,
});
const kindOf = (input: unknown): string =>
  input === null ? 'null' : Array.isArray(input) ? 'a list' : `of type ${typeof input}`;

const made = (part: string) => z.custom<never>((given) => typeof given === 'function', write(part));

const duration = (part: string) =>
  z.string(write(part)).superRefine((text, refusal) => {
    try {
      secondsOf(text as Duration);
    } catch (error) {
      refusal.addIssue({ code: 'custom', message: (error as DefinitionError).message });
    }
  });

const share = z.number(write('a share from 0 to 1: 0.01 is one of a hundred')).min(0).max(1);
const gate = 'gate: { rejected: { atMost: 0.01 } }';
const sla = "sla: { latency: '10 minutes' }";

export const definitionSchema = z.strictObject({
  name: z
    .string(write("name: 'orders'"))
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'a name has lower case letters, digits and dashes, 40 at most'),
  owner: z.string(write("owner: 'team@example.com', who answers for the pipeline")).min(1),
  description: z.string(write("description: 'Orders of the shop.'")).min(1),
  row: z.custom<z.ZodObject>((given) => given instanceof z.ZodObject, write('row: z.object({ … })')),
  sources: made('sources: (source) => [source.files({ … })]'),
  transform: made('transform: (rows) => rows.where(…)').optional(),
  checks: made('checks: (o) => [check.unique(o.id)]').optional(),
  gate: z.strictObject({ rejected: z.strictObject({ atMost: share }, write(gate)) }, write(gate)),
  sinks: made("sinks: () => [sink.lake({ table: 'orders', write: 'append' })]"),
  sla: z.strictObject(
    {
      latency: duration(sla),
      freshness: duration("freshness: '1 day'").optional(),
      errorRate: share.optional(),
    },
    write(sla),
  ),
  scale: scaleSchema.optional(),
});
