/** A settled run as a person reads it. Pure; nothing from data reaches the terminal but as visible text. */

import type { RunRecord } from '../runtime/result.ts';
import { plain, type Paint, type Style } from './terminal.ts';
import { aligned, count, counted, duration, shortened, shownPath, visible } from './text.ts';

export interface RenderOptions {
  /** Paths in this folder are shown relative to it. */
  readonly cwd: string;
  /** Default: no colours. */
  readonly paint?: Paint;
  /** Whether to say which file the run was for. Default: false. */
  readonly file?: boolean;
}

const styles: Readonly<Record<RunRecord['status'], Style>> = {
  published: 'green',
  'published-with-rejects': 'yellow',
  duplicate: 'cyan',
  held: 'yellow',
  rejected: 'red',
  failed: 'red',
};

/** Reasons beyond these stand in the report. */
const MOST_REASONS = 10;
/** Characters of a received text that are shown. */
const MOST_TEXT = 40;

/** A run in a few lines, the last one ended. */
export function renderRun(record: RunRecord, options: RenderOptions): string {
  const { cwd, paint = plain } = options;
  const lines = [
    headline(record, paint),
    ...rowsOf(record, paint),
    ...(options.file ? [`  file  ${record.objects.map(({ uri }) => shownPath(uri, cwd)).join(', ')}`] : []),
    ...reasons(record, paint),
    ...labelled(record, paint),
    places(record, cwd, paint),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

export const statusWords = (status: RunRecord['status']): string => status.replaceAll('-', ' ').toUpperCase();
export const statusStyle = (status: RunRecord['status']): Style => styles[status];

function headline(record: RunRecord, paint: Paint): string {
  const status = paint(styles[record.status], statusWords(record.status));
  return `${paint('bold', visible(record.pipeline))}  ${status}   ${account(record)}   ${duration(record.durationMs)}`;
}

/** Where every record went, and whether that adds up. */
function account({ status, records }: RunRecord): string {
  const { read, loaded, quarantined, filtered, deduplicated, held } = records;
  if (status === 'duplicate') return 'nothing loaded';
  if (status === 'rejected') return 'no record of it was loaded';
  if (status === 'failed') return read === null ? 'nothing loaded' : `${count(read)} read, nothing loaded`;
  const ways = [
    `${count(loaded)} loaded`,
    `${count(quarantined)} quarantined`,
    `${count(filtered)} filtered`,
    `${count(deduplicated)} deduplicated`,
    ...(status === 'held' || held > 0 ? [`${count(held)} held`] : []),
  ];
  const agrees = read === loaded + quarantined + filtered + deduplicated + held;
  return `${count(read ?? 0)} read = ${ways.join(' + ')} ${agrees ? '✓' : '✗'}`;
}

/** What became of rows that met those of the table, or are not as many as the records. */
function rowsOf({ rows, records }: RunRecord, paint: Paint): string[] {
  const { inserted, updated, unchanged, deleted } = rows;
  if (updated + unchanged + deleted === 0 && inserted === records.loaded) return [];
  const said = [`${count(inserted)} inserted`, `${count(updated)} updated`, `${count(unchanged)} unchanged`];
  return [`  ${paint('dim', 'rows')}  ${[...said, `${count(deleted)} deleted`].join(', ')}`];
}

function reasons(record: RunRecord, paint: Paint): string[] {
  const shown = record.reasons
    .slice(0, MOST_REASONS)
    .map((reason) => [
      visible(reason.column ?? 'record'),
      shortened(visible(reason.message), 100),
      counted(reason.records, 'record'),
      example(reason.example),
    ]);
  const more = record.reasons.length - shown.length;
  const rest = more > 0 ? [`and ${counted(more, 'more reason')}, see the report`] : [];
  return [...aligned(shown).map((line) => `  ${line}`), ...rest.map((line) => `  ${paint('dim', line)}`)];
}

function example({ record, value }: RunRecord['reasons'][number]['example']): string {
  if (value === null) return `e.g. record ${count(record)}`;
  return `e.g. ${value === '' ? '""' : shortened(visible(value), MOST_TEXT)} (record ${count(record)})`;
}

/** What else is to be said, one line each behind a word. */
function labelled(record: RunRecord, paint: Paint): string[] {
  const { status, error } = record;
  const said: [string, string][] = [];
  if (status === 'held') {
    said.push(['held', error?.message ?? 'the quality gate stopped the run']);
    said.push(['', 'The table is as it was: nothing of this run is visible.']);
  } else if (status === 'rejected') {
    said.push(['why', error?.message ?? 'the object cannot be trusted as a whole']);
    said.push(['', 'The object is in quarantine, whole; the table is as it was.']);
  } else if (status === 'failed') {
    said.push(['why', `${error?.name ?? 'Error'}: ${error?.message ?? 'unknown'}`]);
    said.push(['next', nextStep(error?.name)]);
  }
  for (const warning of record.warnings) said.push([status === 'duplicate' ? 'note' : 'warning', warning]);
  const label = Math.max(0, ...said.map(([word]) => word.length));
  return said.map(
    ([word, text]) =>
      `  ${paint(word === 'warning' ? 'yellow' : 'dim', word.padEnd(label))}  ${shortened(visible(text), 2000)}`,
  );
}

function nextStep(name: string | undefined): string {
  const again = 'Nothing became visible and the file is as it was';
  if (name === 'DefinitionError')
    return `${again}. Mend the definition as it says, then run the same command.`;
  if (name === 'LimitExceededError')
    return `${again}. Raise the limit or split the file, then run the same command.`;
  if (name === 'TransientError' || name === 'CommitConflictError' || name === 'ObjectChangedError') {
    return `${again}. Run the same command once more.`;
  }
  return `${again}. Mend the cause, then run the same command; the report has the details.`;
}

function places(record: RunRecord, cwd: string, paint: Paint): string {
  const said = [
    ...record.tables.map(({ uri, version }) => ['table', `${shownPath(uri, cwd)} (version ${version})`]),
    ...(record.quarantine === null
      ? []
      : [[record.status === 'rejected' ? 'object' : 'rejects', shownPath(record.quarantine, cwd)]]),
    ['report', shownPath(record.report, cwd)],
  ];
  return `  ${said.map(([word = '', path = '']) => `${paint('dim', word)}  ${path}`).join('   ')}`;
}
