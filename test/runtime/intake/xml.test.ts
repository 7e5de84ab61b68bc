/** XML read tag by tag: what it says is told as it is, and what is none is refused. */

import { expect, test } from 'vitest';
import { readXml } from '../../../runtime/intake/xml.ts';

/** What was told, in order; of each element the attributes `a` and one called `id` with any prefix. */
function toldOf(xml: string): string[] {
  const told: string[] = [];
  readXml(xml, 'It', {
    open: (name, attribute) => void told.push(`<${name} ${attribute('a') ?? '-'} ${attribute(':id') ?? '-'}`),
    text: (text) => void told.push(text),
    close: (name) => void told.push(`/${name}`),
  });
  return told;
}

test.each<[string, string, string[]]>([
  ['elements, with their ends and without', '<x><p:y/></x>', ['<x - -', '<y - -', '/y', '/x']],
  ['attributes in either quotes', `<x a = "1'" r:id='2"'/>`, [`<x 1' 2"`, '/x']],
  ['no attributes but those that are asked for', '<x ba="1" id="2" ida="3" />', ['<x - -', '/x']],
  ['text, with what stands for characters', '<x>&lt;&amp;&gt;&quot;&apos;&#65;&#x42;</x>', ['<x - -', `<&>"'AB`, '/x']],
  ['data as they are', '<x><![CDATA[<&lt;]]></x>', ['<x - -', '<&lt;', '/x']],
  ['neither comments nor instructions', '<?xml version="1.0"?><!-- <y> --><x><!----></x>', ['<x - -', '/x']],
  ['nothing around the whole', '\ufeff a <x></x>\n&none;', ['<x - -', '/x']],
  ['ends of lines as one character', '<x>a\r\nb\rc</x>', ['<x - -', 'a\nb\nc', '/x']],
])('%s', (_, xml, told) => {
  expect(toldOf(xml)).toEqual(told);
}); // prettier-ignore

test.each([
  ['a tag that is none', '<x><>'],
  ['an end without a beginning', '</x>'],
  ['an end of something else', '<x></y>'],
  ['a beginning without an end', '<x><y></y>'],
  ['a text without an end', '<x>a'],
  ['a declaration', '<!DOCTYPE x><x/>'],
  ['an entity that it does not have', '<x>&lol;</x>'],
  ['an entity that JavaScript has', '<x>&constructor;</x>'],
  ['an entity without a name', '<x>a & b</x>'],
  ['a character that there is not', '<x>&#x110000;</x>'],
  ['such an entity in an attribute', '<x a="&lol;"/>'],
])('%s is refused', (_, xml) => {
  expect(() => toldOf(xml)).toThrow(
    expect.objectContaining({
      code: 'object.unreadable',
      message: 'It of the Excel workbook is no XML that is read here; save it again and deliver that.',
    }),
  );
});
