/** A row of a sheet as one JSON object: dates as ISO 8601, as the column that asks for them needs them. */

import type { Asked } from './converter.ts';
import type { CellValue, SheetRow } from './excel-sheet.ts';

/** @param names by column; a value in a column without a name is told by the column's number. */
export function rowLine(
  names: ReadonlyMap<number, string>,
  columns: readonly Asked[],
): (row: SheetRow) => string {
  const asked = new Map(columns.map((column) => [column.from, column]));
  const keys = new Map([...names].map(([column, name]) => [column, `${JSON.stringify(name)}:`]));
  // Of names that stand twice nobody asks; told twice, they would make each record one with a key twice.
  const once = new Map<string, number>();
  for (const [column, name] of names) if (!once.has(name)) once.set(name, column);
  return ({ cells }) => {
    const byColumn = new Map(cells.map(({ column, value }) => [column, value]));
    const parts: string[] = [];
    for (const [name, column] of once) {
      const wants = asked.get(name);
      const value = asAsked(byColumn.get(column) ?? EMPTY, wants);
      if (value.kind === 'empty' && wants?.omitsNull === true) continue;
      parts.push(keys.get(column)! + json(value, wants));
    }
    for (const { column, value } of cells) {
      if (names.has(column) || value.kind === 'empty') continue;
      parts.push(`${JSON.stringify(`column ${column}`)}:${json(value, undefined)}`);
    }
    return `{${parts.join(',')}}`;
  };
}

const EMPTY: CellValue = Object.freeze({ kind: 'empty' });

/** A formula has no other way to give nothing than the empty text: where no text is asked for, that is null, as in CSV. */
const asAsked = (value: CellValue, wants: Asked | undefined): CellValue =>
  value.kind === 'text' && value.text === '' && wants !== undefined && wants.type !== 'text' ? EMPTY : value;

function json(value: CellValue, wants: Asked | undefined): string {
  switch (value.kind) {
    case 'empty':
      return 'null';
    case 'text':
      return JSON.stringify(value.text);
    case 'other':
      return value.json;
    case 'date':
      return JSON.stringify(dateText(value.days, wants?.type));
  }
}

const DAY = 86_400_000;
/** The day before the first one that Excel counts. */
const START = Date.UTC(1899, 11, 31);
/** Excel counts a 29th of February 1900, which never was; the days behind it are one too many. */
const NEVER = 60;

/** To the millisecond, because Excel's fractions of a day are no more exact. */
function dateText(days: number, type: string | undefined): string {
  const whole = Math.floor(days);
  const clock = Math.round((days - whole) * DAY);
  const time = new Date(clock % DAY)
    .toISOString()
    .slice(11, 23)
    .replace(/\.?0+$/, '');
  const at = whole + (clock === DAY ? 1 : 0);
  if (type === 'time' && at === 0) return time;
  const date = new Date(START + (at > NEVER ? at - 1 : at) * DAY);
  if (Number.isNaN(date.getTime())) return String(days);
  const day = at === NEVER ? '1900-02-29' : date.toISOString().split('T')[0]!;
  if (type === 'datetime') return `${day}T${time}`;
  return clock % DAY === 0 ? day : `${day}T${time}`;
}
