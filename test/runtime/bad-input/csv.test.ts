/** CSV that is not what its definition expects (rows 22 to 29 and 35 to 37 of the faults). */

import { describe, expect, test } from 'vitest';
import { format, z } from '../../../core/vocabulary.ts';
import { replacing } from '../../support/pipeline.ts';
import { notes, openBeside, wanted, type Case } from './beside.ts';

const beside = openBeside();
const headless = { status: 'rejected', code: 'object.header', rows: {}, rejects: {} } as const;

const headers: readonly Case[] = [
  { what: 'no header', content: '1,a\n2,b\n', comes: headless, makes: [[1,"a"],[2,"b"]] },
  { what: 'a needed name twice', content: 'id,text,text\n1,a,b\n', comes: headless, makes: [[1,"a","b"]] },
  { what: 'another name twice', content: 'id,text,more,more\n1,a,b,c\n', comes: { rows: { 1: [1, 'a'] } }, makes: [[1,"a","b","c"]] },
  { what: 'names that differ in case', content: 'id,Text,text\n1,a,b\n', comes: { rows: { 1: [1, 'b'] } }, alone: `SELECT text FROM read_csv('$file')`, makes: [["a"]] },
  { what: 'only the other case', content: 'ID,TEXT\n1,a\n', comes: headless, alone: `SELECT id, text FROM read_csv('$file')`, makes: [[1,"a"]] },
  { what: 'an empty name beside', content: 'id,,text\n1,,a\n', comes: { rows: { 1: [1, 'a'] } }, makes: [[1,null,"a"]] },
  { what: 'an empty name for a needed one', content: 'id,\n1,a\n', comes: headless, makes: [[1,"a"]] },
  { what: 'a space in a name', content: 'id, text\n1,a\n', comes: headless, makes: [[1,"a"]] },
  { what: 'another order', content: 'text,id\na,1\n', comes: { rows: { 1: [1, 'a'] } }, alone: `SELECT * FROM read_csv('$file', header=true, columns={id: 'VARCHAR', text: 'VARCHAR'})`, makes: [["a","1"]] },
  { what: 'a column more', content: 'id,more,text\n1,x,a\n', comes: { rows: { 1: [1, 'a'] } }, makes: [[1,"x","a"]] },
  { what: 'a column less', content: 'id\n1\n', comes: headless, makes: [[1]] },
  { what: 'another name for a column', content: 'id,comment\n1,a\n', comes: headless, makes: [[1,"a"]] },
  { what: 'another type', content: 'id,text\nA-1,a\n2,b\n', comes: { rows: { 2: [2, 'b'] }, rejects: { 1: 'id:decode' } }, makes: [["A-1","a"],["2","b"]] },
  { what: 'the header again in the middle', content: 'id,text\n1,a\nid,text\n2,b\n', comes: { rows: { 1: [1, 'a'], 3: [2, 'b'] }, rejects: { 2: 'malformed' } }, makes: [["1","a"],["id","text"],["2","b"]] },
  { what: 'semicolons', content: 'id;text\n1;a\n', comes: { rows: { 1: [1, 'a'] } }, alone: `SELECT * FROM read_csv('$file', delim=',')`, makes: [["1;a"]] },
  { what: 'tabs', content: 'id\ttext\n1\ta\n', comes: { rows: { 1: [1, 'a'] } }, alone: `SELECT * FROM read_csv('$file', delim=',')`, makes: [["1\ta"]] },
  { what: 'semicolons from a record on', content: 'id,text\n1,a\n2;b\n3;c\n', comes: { rows: { 1: [1, 'a'] }, rejects: { 2: 'malformed', 3: 'malformed' } }, makes: [[2,"b"],[3,"c"]] },
  { what: 'lines before the header', content: 'Report of May\n\nid,text\n1,a\n', comes: headless, makes: [[1,"a"]] },
  { what: 'a footer', content: 'id,text\n1,a\nTOTAL,,1\n', comes: { rows: { 1: [1, 'a'] }, rejects: { 2: 'malformed' } }, makes: [["TOTAL",null,1]] },
  { what: 'a footer of as many fields', content: 'id,text\n1,a\nTotal,1\n', comes: { rows: { 1: [1, 'a'] }, rejects: { 2: 'id:decode' } }, makes: [["1","a"],["Total","1"]] },
  { what: 'a comment', content: 'id,text\n# two\n1,a\n', comes: { rows: { 2: [1, 'a'] }, rejects: { 1: 'malformed' } }, makes: [[1,"a"]] },
]; // prettier-ignore

const records: readonly Case[] = [
  { what: 'fields missing and too many', content: 'id,text\n1,a\n2\n3,b,c\n4,d\n', comes: { rows: { 1: [1, 'a'], 4: [4, 'd'] }, rejects: { 2: 'malformed', 3: 'malformed' } }, makes: [["1,a"],["2"],["3,b,c"],["4,d"]] },
  { what: 'the same, while the engine ignores errors', content: 'id,text\n1,a\n2\n3,b,c\n4,d\n', comes: { rejects: { 2: 'malformed', 3: 'malformed' } }, alone: `FROM read_csv('$file', ignore_errors=true, header=true, columns={id: 'INT', text: 'VARCHAR'})`, makes: [[1,"a"],[4,"d"]] },
  { what: 'the same, while it fills up', content: 'id,text\n1,a\n2\n3,b,c\n4,d\n', comes: { rejects: { 2: 'malformed', 3: 'malformed' } }, alone: `FROM read_csv('$file', null_padding=true)`, makes: [[1,"a",null],[2,null,null],[3,"b","c"],[4,"d",null]] },
  { what: 'a quote that never closes', content: 'id,text\n1,a\n2,"b\n3,c\n4,d\n', comes: { rows: { 1: [1, 'a'], 3: [3, 'c'], 4: [4, 'd'] }, rejects: { 2: 'malformed' } }, makes: [[1,"a"],[2,"\"b"],[3,"c"],[4,"d"]] },
  { what: 'the same quote, while the engine ignores errors', content: 'id,text\n1,a\n2,"b\n3,c\n4,d\n', comes: { rejects: { 2: 'malformed' } }, alone: `FROM read_csv('$file', quote='"', ignore_errors=true)`, makes: [["1,a"],["2,\"b"],["3,c"],["4,d"]] },
  { what: 'quotes inside a field', content: 'id,text\n1,5" pipe\n2,say "so"\n', comes: { rows: { 1: [1, '5" pipe'], 2: [2, 'say "so"'] } }, makes: [[1,"5\" pipe"],[2,"say \"so\""]] },
  { what: 'text after a closing quote', content: 'id,text\n1,"a"b\n2,c\n', comes: { rows: { 2: [2, 'c'] }, rejects: { 1: 'malformed' } }, makes: [[1,"\"a\"b"],[2,"c"]] },
  { what: 'a quote escaped by a backslash', content: 'id,text\n1,"a\\"b"\n2,c\n', comes: { rows: { 2: [2, 'c'] }, rejects: { 1: 'malformed' } }, makes: [[1,"a\"b"],[2,"c"]] },
  { what: 'mixed line ends', content: 'id,text\r\n1,a\n2,b\r3,c\r\n', comes: { rows: { 1: [1, 'a'], 2: [2, 'b'], 3: [3, 'c'] } }, makes: 'Invalid Input Error: Error when sniffing file "x.csv".' },
  { what: 'blank lines', content: '\nid,text\n\n1,a\n\n\n2,b\n\n', comes: { rows: { 1: [1, 'a'], 2: [2, 'b'] } }, makes: [[1,"a"],[2,"b"]] },
  { what: 'no line end at the end', content: 'id,text\n1,a\n2,b', comes: { rows: { 1: [1, 'a'], 2: [2, 'b'] } }, makes: [[1,"a"],[2,"b"]] },
  { what: 'the last line cut', content: 'id,text\n1,a\n2', comes: { rows: { 1: [1, 'a'] }, rejects: { 2: 'malformed' } }, makes: [["1,a"],["2"]] },
  { what: 'the last field cut, which nobody can know', content: 'id,text\n1,alpha\n2,be', comes: { rows: { 1: [1, 'alpha'], 2: [2, 'be'] } }, makes: [[1,"alpha"],[2,"be"]] },
  { what: 'texts that look like null', content: 'id,text\n1,\n2,""\n3,NULL\n4,\\N\n5,NaN\n6,null\n7, \n', comes: { rows: { 1: [1, ''], 2: [2, ''], 3: [3, 'NULL'], 4: [4, '\\N'], 5: [5, 'NaN'], 6: [6, 'null'], 7: [7, ' '] } }, makes: [[1,null],[2,null],[3,"NULL"],[4,"\\N"],[5,"NaN"],[6,"null"],[7," "]] },
  { what: 'formulas: kept as they are, and quarantined as they are', content: `id,text\n1,=cmd|' /C calc'!A0\n2,+1\n3,-1\n4,@SUM(A1)\n5,"\t=1"\n=6,x\n`, comes: { rows: { 1: [1, `=cmd|' /C calc'!A0`], 2: [2, '+1'], 3: [3, '-1'], 4: [4, '@SUM(A1)'], 5: [5, '\t=1'] }, rejects: { 6: 'id:decode' } }, makes: [["1","=cmd|' /C calc'!A0"],["2","+1"],["3","-1"],["4","@SUM(A1)"],["5","\t=1"],["=6","x"]] },
  { what: 'SQL', content: `id,text\n1,'); DROP TABLE rows; --\n2,"""; ATTACH 'x'; --"\n`, comes: { rows: { 1: [1, `'); DROP TABLE rows; --`], 2: [2, `"; ATTACH 'x'; --`] } }, makes: [[1,"'); DROP TABLE rows; --"],[2,"\"; ATTACH 'x'; --"]] },
]; // prettier-ignore

describe('a header', () => {
  test.each(headers)('with $what', async (one) => {
    expect(await beside.both(one)).toMatchObject(wanted(one));
  });

  test('says what was found, what was expected, and what it may have been', async () => {
    const run = await beside.run(notes('csv'), 'x.csv', 'id^text;more\n1^a\n');
    expect(run.error?.message).toMatch(/no field "id".*has: "id\^text;more".*";": is that the delimiter/s);
    const other = await beside.run(notes('csv'), 'x.csv', 'ID,TEXT\n1,a\n');
    expect(other.error?.message).toMatch(/Did you mean "ID"\? They differ in upper and lower case/);
  });
});

describe('records', () => {
  test.each(records)('with $what', async (one) => {
    expect(await beside.both(one)).toMatchObject(wanted(one));
  });
});

test('nulls are the texts that the definition says, for each column', async () => {
  const pipeline = replacing({
    row: z.object({
      id: z.int().nullable(),
      a: z.string().nullable(),
      b: z.string().nullable(),
      n: z.number().nullable(),
    }),
    format: format.csv(),
    decode: { a: { nulls: ['NULL', ''] }, n: { nulls: ['\\N', 'NaN'] } },
  });
  const content = 'id,a,b,n\n1,NULL,NULL,NaN\n,"","",\n3,null,,\\N\nNULL,x,y,NULL\n';
  // The same texts mean the same in every column to the engine, and NaN is a number.
  const came = await beside.came(await beside.run(pipeline, 'x.csv', content));
  expect(came).toMatchObject({
    rows: { 1: [1, null, 'NULL', null], 2: [null, null, '', null], 3: [3, 'null', '', null] },
    rejects: { 4: 'id:decode,n:decode' },
  });
  const path = await beside.alone.put('x.csv', content);
  const read = `FROM read_csv('${path}', header=true, columns={id: 'VARCHAR', a: 'VARCHAR', b: 'VARCHAR', n: 'DOUBLE'}, nullstr=['NULL', '\\N', ''])`;
  expect(await beside.alone.ask(`SELECT id, a, b, n::VARCHAR ${read}`)).toEqual([
    ['1', null, null, 'nan'],
    [null, null, null, null],
    ['3', 'null', null, null],
    [null, 'x', 'y', null],
  ]);
});
