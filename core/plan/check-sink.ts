/** Whether accepted rows can be written as a sink says. */

import { DefinitionError } from '../errors.ts';
import { known } from '../layer.ts';
import type { Column } from '../row.ts';
import { meetsTable, type Sink } from '../sinks/sink.ts';
import { quote } from '../sql.ts';

/** @throws DefinitionError naming the column that is missing, or cannot be what the sink takes it for. */
export function checkSink(sink: Sink, output: readonly Column[], pipeline: string): void {
  const where = `${pipeline}: table ${sink.table}`;
  const refuse = (why: string): never => {
    throw new DefinitionError(`${where} ${why}`);
  };
  const plain = (name: string, be: string): Column => {
    const column = output.find((c) => c.name === name);
    if (column === undefined) return refuse(`cannot ${be} ${quote(name)}, which no row has.`);
    if (typeof column.delta === 'string') return column;
    return refuse(`cannot ${be} ${quote(name)}, a nested column.`);
  };
  for (const name of sink.partitionBy) {
    const { delta } = plain(name, 'be partitioned by');
    if (sink.scope === 'partition' && delta === 'timestamp') {
      refuse(
        `cannot be replaced by partitions of ${quote(name)}: writers tell moments in different ways. ` +
          'Partition by a date: rows.derive((o) => ({ day: derived(z.iso.date(), …) })).',
      );
    }
  }
  if (sink.partitionBy.length > 0 && output.every((column) => sink.partitionBy.includes(column.name))) {
    refuse('is partitioned by all its columns; leave one out.');
  }
  for (const name of sink.key) plain(name, 'have the key');
  if (sink.newest !== null) plain(sink.newest, 'take as newest');
  if (sink.deleteWhen !== null) known(sink.deleteWhen, output, `${where}, deleteWhen`);
  if (
    meetsTable(sink) &&
    output.every((column) => sink.key.includes(column.name)) &&
    sink.write === 'upsert'
  ) {
    refuse(
      "has no column but its key: there is nothing to update. Use `write: 'append'` with `dedupe: 'table'`.",
    );
  }
}
