/** Elements told apart while objects are read in blocks: where an object begins late, has no end, or is none. */

import { expect, test } from 'vitest';
import type { Format } from '../../../core/formats/format.ts';
import { defaultLimits, type Limits } from '../../../core/limits.ts';
import { format } from '../../../core/vocabulary.ts';
import type { Conversion } from '../../../runtime/intake/converter.ts';
import { each } from '../../../runtime/intake/each.ts';
import { bytesOf } from '../../support/formats.ts';

interface Taking {
  readonly of?: Format;
  readonly blockBytes?: number;
  readonly limits?: Partial<Limits>;
}

/** The lines that come of it, the number that is told of them, and what is said. */
async function converted(
  content: string,
  { of = format.json({ each: 'l' }), blockBytes = 1e6, limits }: Taking = {},
) {
  const bytes = bytesOf(content);
  const object = {
    size: bytes.length,
    async *blocks() {
      for (let at = 0; at < bytes.length; at += blockBytes) yield bytes.subarray(at, at + blockBytes);
    },
  };
  const said: string[] = [];
  const blocks: Uint8Array[] = [];
  const conversion = {
    object,
    format: of,
    options: of.options,
    limits: { ...defaultLimits, ...limits },
    say: (words: string) => void said.push(words),
  };
  const records = await each.convert(
    conversion as unknown as Conversion,
    async (lines) => void blocks.push(...(await Array.fromAsync(lines))),
    async () => {},
  );
  return { lines: Buffer.concat(blocks).toString(), records, said };
}

test.each([1, 100, 1e6])(
  'objects may begin behind more blanks than tell what they are, in blocks of %d',
  async (blockBytes) => {
    const content = `${' '.repeat(1000)}[{"l":[1,2]},{"l":[]}]`;
    expect(await converted(content, { blockBytes })).toEqual({
      lines: '{"l":1}\n{"l":2}\n',
      records: 2,
      said: ['1 object has nothing in l, and no record.'],
    });
  },
);

test('lines are as many as elements, over many blocks', async () => {
  const [one, two] = ['x'.repeat(300), 'y'.repeat(200)];
  const content = `{"l":["${one}","${two}"]}\n`.repeat(6000);
  const { lines, records, said } = await converted(content, {
    of: format.jsonl({ each: 'l' }),
    blockBytes: 70_000,
  });
  expect([records, said]).toEqual([12_000, []]);
  expect(lines === `{"l":"${one}"}\n{"l":"${two}"}\n`.repeat(6000)).toBe(true);
});

test('an object without an end in sight is not kept in memory', async () => {
  const limits = { recordBytes: 1000, chunkBytes: 1000 };
  const content = `[{"l":[1]},{"l":["${'x'.repeat(10_000)}`;
  await expect(converted(content, { limits, blockBytes: 100 })).rejects.toMatchObject({
    code: 'object.format',
    message:
      'After 1 objects, none ends for 2000 bytes (the limits recordBytes and chunkBytes). Is this json, and is every quote closed?',
  });
});

test.each([
  ['[{"l":[1]}', 'object.truncated', /does not end/],
  ['PK\u0003\u0004', 'object.unreadable', /compressed twice, with zip inside/],
])('what is none is refused: %j', async (content, code, message) => {
  await expect(converted(content)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
});

test('a byte order mark is seen whatever the blocks are', async () => {
  expect(await converted('\ufeff[{"l":[1]}]', { blockBytes: 1 })).toMatchObject({ lines: '{"l":1}\n' });
});

test('a byte order mark alone has no objects', async () => {
  expect(await converted('\ufeff')).toEqual({ lines: '', records: 0, said: [] });
});

test('an object that ends before anything begins is refused by the name of its format', async () => {
  const outer: Format = { ...format.json(), header: () => undefined };
  const of = { ...format.json({ each: 'l' }), outer };
  await expect(converted('[]', { of })).rejects.toMatchObject({
    code: 'object.format',
    message: 'The object ends before its json begins.',
  });
});
