/** The ids that commands on tables commit with: no run has such a one, for a run's name has no slash. */

import { randomUUID } from 'node:crypto';
import type { TableChange } from '../ports.ts';

const APPLICATION = 'sluice/table/';

export const commandId = (): TableChange['id'] => ({ application: APPLICATION + randomUUID(), version: 1 });

/** Whether a person's command made the commit, which may take rows out and bring them back. */
export const isCommand = (application: string | undefined): boolean =>
  application?.startsWith(APPLICATION) ?? false;
