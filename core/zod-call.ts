/** zod as a function that the engine calls inside a scan: one text in; null, a changed value or a list of issues out. */

import { z } from 'zod';
import { saidBy } from './said-by.ts';
import type { Received, ZodFinding } from './types/type.ts';
import { sentences } from './words.ts';

/** What the function gives starts with one of these; null means: fine as it is. */
export const marks = Object.freeze({
  /** The rest is the value that zod made of it. */
  changed: '=',
  /** The rest is a JSON list of findings; zod would still run the checks of the object around it. */
  continued: '?',
  /** The rest is a JSON list of findings; zod would not go on. */
  aborted: '!',
});

/** What came of one value. */
export type Judged =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      /** What zod would hand on to the checks of the object around it. */
      readonly value: unknown;
      /** It would not run them. */
      readonly aborted: boolean;
      readonly findings: readonly ZodFinding[];
    };

/**
 * Runs a schema on a value. Never throws: what a check of the definition throws becomes a `custom` finding.
 * @param isOnce it is not run again: then zod need not write code for it, which takes longer than to do without.
 */
export function judge(schema: z.ZodType, value: unknown, isOnce = false): Judged {
  try {
    const ctx = { async: false, error: sentences, jitless: isOnce };
    const payload = schema._zod.run({ value, issues: [] }, ctx);
    if (payload instanceof Promise) {
      payload.catch(() => undefined);
      throw new Error('the check is asynchronous and cannot run inside a scan');
    }
    if (payload.issues.length === 0) return { ok: true, value: payload.value };
    const findings = payload.issues.map((raw) => {
      const issue = z.core.util.finalizeIssue(raw, ctx, z.core.config());
      return { code: issue.code, message: issue.message, path: issue.path.map(String) };
    });
    return { ok: false, value: payload.value, aborted: z.core.util.aborted(payload), findings };
  } catch (error) {
    return thrown(error, value);
  }
}

function thrown(error: unknown, value: unknown): Judged {
  const message = `the check failed: ${saidBy(error)}`;
  return { ok: false, value, aborted: true, findings: [{ code: 'custom', message, path: [] }] };
}

export interface Calling {
  readonly schema: z.ZodType;
  read(text: string): Received;
  /** The text of a value that zod made, or findings against it; undefined where a value cannot change. */
  readonly write: ((value: unknown, text: string) => string | readonly ZodFinding[]) | undefined;
  /** What the engine is told of a finding. */
  finding(finding: ZodFinding): {
    readonly column: string | null;
    readonly code: string;
    readonly message: string;
  };
  /** How many different texts are remembered. 0: none. */
  readonly remembered: number;
}

/** The function for one column, or for the row. */
export function zodCall({
  schema,
  read,
  write,
  finding,
  remembered,
}: Calling): (text: string) => string | null {
  // JSON that the engine can read: half of a surrogate pair would not be.
  const listOf = (findings: readonly ZodFinding[]): string =>
    JSON.stringify(
      findings.map((one) => finding(one)),
      (_key, part: unknown) => (typeof part === 'string' ? part.toWellFormed() : part),
    );
  const judgeText = (text: string): Judged => {
    try {
      const received = read(text);
      if (!('fault' in received)) return judge(schema, received.value);
      return { ok: false, value: undefined, aborted: true, findings: [received.fault] };
    } catch (error) {
      return thrown(error, text);
    }
  };
  const known = new Map<string, string | null>();
  const answer = (text: string): string | null => {
    const judged = judgeText(text);
    if (!judged.ok) return (judged.aborted ? marks.aborted : marks.continued) + listOf(judged.findings);
    if (write === undefined) return null;
    const written = write(judged.value, text);
    if (typeof written !== 'string') return marks.aborted + listOf(written);
    return written === text ? null : marks.changed + written;
  };
  if (remembered === 0) return answer;
  return (text) => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const now = answer(text);
    if (known.size >= remembered) known.clear();
    known.set(text, now);
    return now;
  };
}
