/** What a merge is between: the rows of a run in an engine, and one version of a table. */

import type { DeltaField } from '../../core/row.ts';
import type { Engine } from '../engine.ts';
import type { World } from '../world.ts';
import type { MergeTask } from './task.ts';

export interface Meeting {
  readonly world: World;
  readonly engine: Engine;
  readonly uri: string;
  readonly task: MergeTask;
  readonly partitionBy: readonly string[];
  /** The columns of incoming rows; in the table an object may have more fields than here. */
  readonly wanted: readonly DeltaField[];
  /** Columns of the table that incoming rows lack. */
  readonly kept: readonly DeltaField[];
  /** The columns of the table afterwards, and those of them that lie in files. */
  readonly fields: readonly DeltaField[];
  readonly stored: readonly DeltaField[];
  /** How many rows came in. */
  readonly incoming: number;
  /** The same for two meetings if files that one of them wrote anew are those that the other would write. */
  readonly shape: string;
}
