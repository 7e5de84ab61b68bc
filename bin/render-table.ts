/** A table and its versions, as a person reads them. */

import type { DeltaType } from '../core/row.ts';
import type { DescribedTable } from '../runtime/table/describe.ts';
import type { Amount, TableVersion } from '../runtime/table/history.ts';
import { second } from './render-runs.ts';
import type { Paint, Terminal } from './terminal.ts';
import { aligned, bytes, count, counted, shownPath, visible } from './text.ts';

export function renderTableHistory(versions: readonly TableVersion[], paint: Paint): string {
  const head = ['version', 'committed at', 'operation', 'run', 'files', 'rows', ''];
  const rows = versions.map(({ version, at, operation, run, added, removed, restorable }) => [
    count(version),
    at === null ? '-' : second(at),
    visible(operation ?? '-'),
    visible(run ?? '-'),
    `+${count(added.files)} -${count(removed.files)}`,
    `+${rowsOf(added)} -${rowsOf(removed)}`,
    restorable ? '' : 'files are gone',
  ]);
  const [first = '', ...lines] = aligned([head, ...rows], { right: [0, 4, 5] });
  return [paint('dim', first), ...lines].map((line) => `${line}\n`).join('');
}

const rowsOf = ({ rows }: Amount): string => (rows === null ? '?' : count(rows));

export function renderTable(
  table: DescribedTable & { readonly name: string },
  { cwd, paint }: Pick<Terminal, 'cwd' | 'paint'>,
): string {
  const { files, rows, versions, protocol, checkpoint, partitionBy } = table;
  const facts = [
    ['place', shownPath(table.uri, cwd)],
    ['holds', `${counted(rows, 'row')} in ${counted(files, 'file')}, ${bytes(table.bytes)}`],
    ['partitions', partitionBy.length === 0 ? 'none' : visible(partitionBy.join(', '))],
    [
      'versions',
      `${count(versions.oldest)} to ${count(versions.newest)}` +
        (checkpoint === null ? '' : `, checkpoint at ${count(checkpoint)}`),
    ],
    ['protocol', `Delta reader ${protocol.minReaderVersion}, writer ${protocol.minWriterVersion}`],
  ];
  const columns = table.columns.map(({ name, type, nullable, metadata }) => [
    visible(name),
    visible(typeText(type)),
    nullable ? 'may be null' : '',
    visible(String(metadata['comment'] ?? '')),
  ]);
  return [
    `${paint('bold', visible(table.name))}  ${visible(table.description)}`.trimEnd(),
    '',
    ...aligned(facts.map(([name = '', value = '']) => [`  ${name}`, value])),
    '',
    ...aligned(columns.map(([name = '', ...more]) => [`  ${name}`, ...more])),
  ]
    .map((line) => `${line}\n`)
    .join('');
}

function typeText(type: DeltaType): string {
  if (typeof type === 'string') return type;
  if (type.type === 'array') return `array<${typeText(type.elementType)}>`;
  return `struct<${type.fields.map((field) => `${field.name}: ${typeText(field.type)}`).join(', ')}>`;
}
