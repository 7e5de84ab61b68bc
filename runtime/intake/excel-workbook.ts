/** What surrounds the sheets of a workbook: which there are, the texts that cells share, the styles that mean a date. */

import { ObjectRejectedError } from '../../core/errors.ts';
import { plainText } from './excel-text.ts';
import { readXml } from './xml.ts';

export interface Workbook {
  readonly sheets: readonly Sheet[];
  /** Whether days are counted from 1904 on, as Macs once did. */
  readonly from1904: boolean;
  /** Where the texts that cells share stand, and the styles. */
  readonly texts: string;
  readonly styles: string;
}

interface Sheet {
  readonly name: string;
  /** Where it stands in the archive, if that is told. */
  readonly part: string | undefined;
  readonly isShown: boolean;
}

/** @param place where it stands in the archive: the places of its parts are told from there. */
export function workbookOf(workbook: string, relations: string, place: string): Workbook {
  const parts = relationsOf(relations, place);
  const sheets: Sheet[] = [];
  let from1904 = false;
  readXml(workbook, 'The list of sheets', {
    open(name, attribute) {
      // Extensions have an element of this name too, which says nothing of days.
      if (name === 'workbookPr') from1904 ||= ['1', 'true'].includes(attribute('date1904') ?? '');
      if (name !== 'sheet') return;
      // One without a part counts too: the places of those behind it are told by it.
      sheets.push({
        name: attribute('name') ?? '',
        part: parts.find(({ id }) => id === attribute(':id'))?.part,
        isShown: attribute('state') === undefined || attribute('state') === 'visible',
      });
    },
  });
  const partOf = (kind: string): string =>
    parts.find((one) => one.kind === kind)?.part ?? placeOf(`${kind}.xml`, place);
  return { sheets, from1904, texts: partOf('sharedStrings'), styles: partOf('styles') };
}

export interface Relation {
  readonly id: string;
  /** The end of its type: `styles`. */
  readonly kind: string;
  /** Where the part stands in the archive. */
  readonly part: string;
}

/** @param of the part whose relations they are. */
export function relationsOf(xml: string, of: string): readonly Relation[] {
  const relations: Relation[] = [];
  readXml(xml, 'The list of parts', {
    open(name, attribute) {
      const target = attribute('Target');
      if (name !== 'Relationship' || target === undefined || attribute('TargetMode') === 'External') return;
      const kind = attribute('Type') ?? '';
      const part = placeOf(target.replaceAll('\\', '/'), of);
      relations.push({ id: attribute('Id') ?? '', kind: kind.slice(kind.lastIndexOf('/') + 1), part });
    },
  });
  return relations;
}

/** A place that is told from another one, or from the top of the archive. */
function placeOf(target: string, from: string): string {
  const steps = target.startsWith('/') ? [] : from.split('/').slice(0, -1);
  for (const step of target.split('/')) {
    if (step === '..') steps.pop();
    else if (step !== '' && step !== '.') steps.push(step);
  }
  return steps.join('/');
}

/** @throws ObjectRejectedError `object.format` unless it is clear which sheet is meant. */
export function chooseSheet({ sheets }: Workbook, wanted: string | number | undefined): string {
  const shown = sheets.filter(({ isShown }) => isShown);
  const found =
    wanted === undefined
      ? shown.length === 1 ? shown[0] : undefined
      : sheets.find(({ name }, i) => name === wanted || i + 1 === wanted); // prettier-ignore
  if (found?.part !== undefined) return found.part;
  if (found !== undefined) {
    throw new ObjectRejectedError(
      'object.unreadable',
      `The workbook does not say where its sheet ${JSON.stringify(found.name)} stands. Save it again and deliver that.`,
    );
  }
  const has = sheets
    .map(({ name }) => JSON.stringify(name))
    .slice(0, 20)
    .join(', ');
  throw new ObjectRejectedError(
    'object.format',
    wanted === undefined
      ? `The workbook has ${shown.length} sheets, and the definition names none: ${has}. Say which: format.excel({ sheet: … }).`
      : `Expected the sheet ${JSON.stringify(wanted)}, found: ${has}.`,
  );
}

/** The texts that cells name by number; how a text is pronounced is no part of it. */
export function sharedTexts(xml: string | undefined): readonly string[] {
  const texts: string[] = [];
  if (xml === undefined) return texts;
  let text: string | undefined;
  let isText = false;
  let isSpoken = false;
  readXml(xml, 'The list of texts', {
    open(name) {
      if (name === 'si') text = '';
      else if (name === 't') isText = true;
      else if (name === 'rPh') isSpoken = true;
    },
    text(more) {
      if (isText && !isSpoken && text !== undefined) text += more;
    },
    close(name) {
      if (name === 'si') texts.push(plainText(text!));
      else if (name === 't') isText = false;
      else if (name === 'rPh') isSpoken = false;
    },
  });
  return texts;
}

/** By the number of a cell's style, whether it shows a number as a date or a time. */
export function dateStyles(xml: string | undefined): readonly boolean[] {
  const styles: boolean[] = [];
  if (xml === undefined) return styles;
  const own = new Map<number, boolean>();
  let isIn = false;
  readXml(xml, 'The list of styles', {
    open(name, attribute) {
      if (name === 'numFmt')
        own.set(Number(attribute('numFmtId')), isDateFormat(attribute('formatCode') ?? ''));
      else if (name === 'cellXfs') isIn = true;
      else if (name === 'xf' && isIn) {
        const id = Number(attribute('numFmtId') ?? 0);
        styles.push(own.get(id) ?? isBuiltInDate(id));
      }
    },
    close(name) {
      if (name === 'cellXfs') isIn = false;
    },
  });
  return styles;
}

const isBuiltInDate = (id: number): boolean =>
  (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) || (id >= 50 && id <= 58);

/** Outside of quotes, of what is escaped, and of colours and conditions in brackets. */
const isDateFormat = (code: string): boolean =>
  /[dmyhs]/i.test(
    code
      .split(';')[0]!
      .replaceAll(/"[^"]*"|\\.|_.|\*./g, '')
      .replaceAll(/\[(?!h+\]|m+\]|s+\])[^\]]*\]/gi, '')
      .replaceAll(/General/gi, ''),
  );
