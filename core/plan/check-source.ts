/** Whether what a source has is what the row asks for, where that is known before any object is read. */

import { DefinitionError } from '../errors.ts';
import type { Column } from '../row.ts';
import { acceptsMissing } from '../row.ts';
import type { Sink } from '../sinks/sink.ts';
import type { OfferedColumn, Source } from '../sources/source.ts';

type Asked = Pick<Source, 'decode' | 'versions'>;

/** @throws DefinitionError naming the column, what it is and what is asked for. */
export function checkSource(
  { decode, versions }: Partial<Asked>,
  received: readonly Column[],
  sinks: readonly Sink[],
  pipeline: string,
): void {
  if (versions === undefined) return;
  const { table, read, columns } = versions;
  const where = `${pipeline}: source.table(${table})`;
  const refuse = (why: string): never => {
    throw new DefinitionError(`${where}: ${why}`);
  };
  for (const column of received) {
    const from = decode?.[column.name]?.from ?? column.name;
    const offered = columns.find(({ name }) => name === from);
    if (offered === undefined) {
      if (decode?.[column.name] === undefined && acceptsMissing(column)) continue;
      refuse(
        `${column.name} asks for the column ${from}, which ${table} does not have; it has ${columns.map(({ name }) => name).join(', ')}. ` +
          `Say which one is meant: { decode: { ${column.name}: '…' } }.`,
      );
    } else {
      const why = misfit(column, offered);
      if (why !== null) {
        refuse(
          `${column.name} is ${column.sql}${column.type === 'text' ? '' : ` (${column.type})`} and ${table}.${from} is ${offered.sql}: ${why}. ` +
            'Ask for it as what it is, and derive() the other from that.',
        );
      }
      if (offered.pii && !column.pii) {
        refuse(
          `${table}.${from} is personal, and ${column.name} does not say so; write .meta({ pii: true }), or mask it in ${table}.`,
        );
      }
    }
  }
  const appended = sinks.find((sink) => sink.write === 'append' && sink.key.length === 0);
  if (read === 'whole' && appended !== undefined) {
    refuse(
      `read: 'whole' gives all rows of ${table} at each version, which ${appended.table} would append again and again. ` +
        "Let the sink `replace` or `upsert`, or read: 'added'.",
    );
  }
}

/** Why a value of the one may not be one of the other without a change; null where it is. */
function misfit({ type, sql }: Column, offered: OfferedColumn): string | null {
  const decimals = /^DECIMAL\(\d+,(\d+)\)$/;
  const scale = decimals.exec(offered.sql)?.[1];
  switch (type) {
    case 'int':
    case 'bigint':
      return offered.sql === 'BIGINT' || scale === '0'
        ? null
        : 'only whole numbers fit without a change of their values';
    case 'number':
      return offered.sql === 'DOUBLE' ? null : 'only a double is a double without a change of its values';
    case 'decimal':
      return offered.sql === 'BIGINT' ||
        (scale !== undefined && Number(scale) <= Number(decimals.exec(sql)?.[1]))
        ? null
        : 'only whole numbers and decimals of no more digits after the point fit without a change of their values';
    default:
      return offered.sql === sql ? null : 'it would have to be another value';
  }
}
