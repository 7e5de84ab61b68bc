/** Reads XML tag by tag: elements, attributes and text, and no entities but the five that XML has itself. */

import { ObjectRejectedError } from '../../core/errors.ts';

/** What is told of an element; names come without their prefix. */
export interface XmlHandler {
  /** @param attribute one by its name; `:id` for one of that name with any prefix. */
  open?(name: string, attribute: (name: string) => string | undefined): void;
  text?(text: string): void;
  close?(name: string): void;
}

const TAG =
  /<(?:!--[^]*?-->|!\[CDATA\[([^]*?)\]\]>|\?[^]*?\?>|(\/?)([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>)/y;

/** @throws ObjectRejectedError `object.unreadable` for what is no XML, or XML that declares entities. */
export function readXml(text: string, part: string, handler: XmlHandler): void {
  // To XML every end of a line is one line feed.
  const xml = text.includes('\r') ? text.replaceAll(/\r\n?/g, '\n') : text;
  const open: string[] = [];
  for (let at = xml.startsWith('\ufeff') ? 1 : 0; at < xml.length;) {
    const next = xml.indexOf('<', at);
    const between = xml.slice(at, next === -1 ? xml.length : next);
    if (between !== '' && open.length > 0) handler.text?.(unescaped(between, part));
    if (next === -1) break;
    TAG.lastIndex = next;
    const tag = TAG.exec(xml);
    if (tag === null) throw damaged(part);
    at = TAG.lastIndex;
    const [, data, end, qualified, attributes, empty] = tag;
    if (data !== undefined) handler.text?.(data);
    if (qualified === undefined) continue;
    const name = qualified.slice(qualified.indexOf(':') + 1);
    if (end === '/') {
      if (open.pop() !== qualified) throw damaged(part);
      handler.close?.(name);
      continue;
    }
    handler.open?.(name, (wanted) => attributeOf(attributes!, wanted, part));
    if (empty === '/') handler.close?.(name);
    else open.push(qualified);
  }
  if (open.length > 0) throw damaged(part);
}

function attributeOf(attributes: string, wanted: string, part: string): string | undefined {
  for (const [, name, double, single] of attributes.matchAll(/([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g)) {
    if (name === wanted || (wanted.startsWith(':') && name!.endsWith(wanted)))
      return unescaped(double ?? single!, part);
  }
  return undefined;
}

const entities: ReadonlyMap<string, string> = new Map([
  ['amp', '&'], ['lt', '<'], ['gt', '>'], ['quot', '"'], ['apos', "'"],
]); // prettier-ignore

function unescaped(text: string, part: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w*));?/g,
    (_, hex?: string, digits?: string, name?: string) => {
      if (name !== undefined) {
        const character = entities.get(name);
        if (character === undefined) throw damaged(part);
        return character;
      }
      const point = hex === undefined ? Number(digits) : Number.parseInt(hex, 16);
      if (point > 0x10ffff) throw damaged(part);
      return String.fromCodePoint(point);
    },
  );
}

const damaged = (part: string): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.unreadable',
    `${part} of the Excel workbook is no XML that is read here; save it again and deliver that.`,
  );
