/** `sluice doctor`: holds everything that an environment keeps against each other, and says what to do where it differs. */

import { shellWord } from '../../runtime/doctor/finding.ts';
import { examine } from '../../runtime/doctor.ts';
import { findLeftovers } from '../../runtime/leftovers.ts';
import { findLocalLeftovers } from '../../runtime/local/leftovers.ts';
import { repositoryPipelines } from '../find-pipeline.ts';
import { openEnvironment } from '../open-environment.ts';
import { renderDiagnosis } from '../render-diagnosis.ts';
import type { Terminal } from '../terminal.ts';

export interface DoctorCommandOptions {
  readonly out: string;
  readonly json: boolean;
}

/** The exit code of an environment in which something does not agree. */
const FINDINGS = 2;

export async function doctor(terminal: Terminal, { out, json }: DoctorCommandOptions): Promise<number> {
  const { cwd, paint } = terminal;
  const world = openEnvironment(cwd, out);
  const { isGone } = world.executions;
  const named = new Set((await repositoryPipelines()).map(({ name }) => name));
  const call = (command: string, ...args: readonly string[]): string => {
    // Only the person knows where a definition outside of the repository lies.
    const [first = '', ...rest] = args;
    const words = command === 'run' && !named.has(first) ? [`./path/to/${first}.ts`, ...rest] : args;
    const where = out === 'out' ? [] : ['--out', out];
    return ['sluice', command, ...words, ...where].map(shellWord).join(' ');
  };
  const diagnosis = await examine(world, {
    isGone,
    leftovers: async () => [...(await findLeftovers(world, isGone)), ...(await findLocalLeftovers(world))],
    call,
  });
  terminal.out(
    json
      ? `${JSON.stringify(diagnosis)}\n`
      : renderDiagnosis(diagnosis, { cwd, paint, clean: call('clean') }),
  );
  return diagnosis.findings.length === 0 ? 0 : FINDINGS;
}
