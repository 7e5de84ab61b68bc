/** What surrounds the sheets of a workbook: where they are, which is meant, and what their cells share. */

import { expect, test } from 'vitest';
import {
  chooseSheet,
  dateStyles,
  relationsOf,
  sharedTexts,
  workbookOf,
} from '../../../runtime/intake/excel-workbook.ts';

const relations = (inside: string): string => `<Relationships>${inside}</Relationships>`;
const workbook = (sheets: string, before = '') =>
  workbookOf(
    `<workbook>${before}<sheets>${sheets}</sheets></workbook>`,
    relations('<Relationship Id="r1" Target="one.xml"/><Relationship Id="r2" Target="two.xml"/>'),
    'xl/workbook.xml',
  );

test('relations are told from their part, or from the top; those without a target and those outside are none', () => {
  const xml = relations(
    `<Relationship Id="a" Type="x/y/styles" Target="./a.xml"/><Relationship Id="b" Target="/b.xml"/><Other Id="c" Target="c"/>
    <Relationship Id="d"/><Relationship Id="e" Target="e" TargetMode="External"/><Relationship Target="..\\f//g.xml"/>`,
  );
  expect(relationsOf(xml, 'xl/sub/w.xml')).toEqual([
    { id: 'a', kind: 'styles', part: 'xl/sub/a.xml' },
    { id: 'b', kind: '', part: 'b.xml' },
    { id: '', kind: '', part: 'xl/f/g.xml' },
  ]);
});

test('texts and styles are where the relations say, or where most writers put them', () => {
  expect(workbook('')).toMatchObject({ texts: 'xl/sharedStrings.xml', styles: 'xl/styles.xml' });
  const told = relations('<Relationship Type="r/styles" Target="looks.xml"/>');
  expect(workbookOf('<w/>', told, 'w.xml')).toMatchObject({
    texts: 'sharedStrings.xml',
    styles: 'looks.xml',
  });
});

test.each([
  ['', false],
  ['<workbookPr/>', false],
  ['<workbookPr date1904="0"/>', false],
  ['<workbookPr date1904="1"/>', true],
  ['<workbookPr date1904="true"/><x15:workbookPr/>', true],
])('days are counted from 1904 with %j: %s', (before, from1904) => {
  expect(workbook('', before).from1904).toBe(from1904);
});

test('the sheet is the one that is shown, or the one of a name or a place', () => {
  const two = workbook(
    '<sheet name="a" state="hidden" r:id="r1"/><sheet name="b" state="visible" r:id="r2"/>',
  );
  expect([
    chooseSheet(two, undefined),
    chooseSheet(two, 'a'),
    chooseSheet(two, 2),
    chooseSheet(two, 1),
  ]).toEqual(['xl/two.xml', 'xl/one.xml', 'xl/two.xml', 'xl/one.xml']);
});

test('the place of a sheet is told by all of them, also by one that stands nowhere', () => {
  const gone = workbook('<sheet name="a" r:id="r9"/><sheet r:id="r2"/>');
  expect([chooseSheet(gone, 2), chooseSheet(gone, '')]).toEqual(['xl/two.xml', 'xl/two.xml']);
  expect(() => chooseSheet(gone, 'a')).toThrow(
    expect.objectContaining({
      code: 'object.unreadable',
      message: 'The workbook does not say where its sheet "a" stands. Save it again and deliver that.',
    }),
  );
});

test.each<[string, string | number | undefined, string]>([
  ['<sheet name="a" r:id="r1"/><sheet name="b" r:id="r2"/>', undefined, 'The workbook has 2 sheets, and the definition names none: "a", "b". Say which: format.excel({ sheet: … }).'],
  ['<sheet name="a" r:id="r1"/><sheet name="b" r:id="r9"/>', undefined, 'The workbook has 2 sheets, and the definition names none: "a", "b". Say which: format.excel({ sheet: … }).'],
  ['<sheet name="a" state="veryHidden" r:id="r1"/>', undefined, 'The workbook has 0 sheets, and the definition names none: "a". Say which: format.excel({ sheet: … }).'],
  ['<sheet name="a" r:id="r1"/>', 'A', 'Expected the sheet "A", found: "a".'],
  ['<sheet name="a" r:id="r1"/>', 2, 'Expected the sheet 2, found: "a".'],
])('of %s the sheet %j cannot be told', (sheets, wanted, message) => {
  expect(() => chooseSheet(workbook(sheets), wanted)).toThrow(
    expect.objectContaining({ code: 'object.format', message }),
  );
}); // prettier-ignore

test('shared texts are whole, without how they are pronounced', () => {
  const parts =
    '<si><t>a</t></si><si><r><t>b</t></r><r><rPr/><t> c</t></r><rPh><t>no</t></rPh><phoneticPr/></si>';
  expect(sharedTexts(`<sst>x${parts}<si/><si><t>_x0041_</t></si></sst>`)).toEqual(['a', 'b c', '', 'A']);
  expect(sharedTexts(undefined)).toEqual([]);
});

test('styles are dates by their number, or by their own format', () => {
  const codes = [
    'yyyy-mm-dd',
    '[h]:mm',
    '0.00;yyyy',
    '"day" 0',
    '\\d0',
    '_d0',
    '*d0',
    '[Red]0',
    'General',
    '[$-409]d',
  ];
  const own = codes.map((code, i) => `<numFmt numFmtId="${200 + i}" formatCode='${code}'/>`).join('');
  const ids = [...codes.keys()].map((i) => 200 + i);
  const xf = (list: readonly number[]): string => list.map((id) => `<xf numFmtId="${id}"/>`).join('');
  const cells = `<cellStyleXfs>${xf([14])}</cellStyleXfs><cellXfs>${xf(ids)}<xf/></cellXfs><dxfs>${xf([14])}</dxfs>`;
  expect(dateStyles(`<s><numFmts>${own}<numFmt numFmtId="9"/></numFmts>${cells}</s>`)).toEqual([
    true, true, false, false, false, false, false, false, false, true, false,
  ]); // prettier-ignore
  const edges = [13, 14, 22, 23, 26, 27, 36, 37, 44, 45, 47, 48, 49, 50, 58, 59];
  expect(dateStyles(`<s><cellXfs>${xf(edges)}</cellXfs></s>`)).toEqual([
    false, true, true, false, false, true, true, false, false, true, true, false, false, true, true, false,
  ]); // prettier-ignore
  expect(dateStyles(undefined)).toEqual([]);
});
