/** The elements of a list in each object as JSON lines, told apart while the objects are read. */

import { ObjectRejectedError } from '../../core/errors.ts';
import type { Format, Scanner } from '../../core/formats/format.ts';
import { eachLines, type EachCounts } from '../../core/formats/json-each.ts';
import type { Limits } from '../../core/limits.ts';
import { blowUp } from './blow-up.ts';
import type { Conversion, Converter } from './converter.ts';
import { checkContainer, sniffEncoding, SNIFFED } from './sniff.ts';

/** Bytes of whole objects that are taken apart at a time, and of lines that are handed over at a time. */
const STEP = 1024 * 1024;

export const each: Converter = Object.freeze({
  async convert({ object, format, options, limits, say }: Conversion, take) {
    const outer = format.outer!;
    const place = String(options['each']);
    const counts: EachCounts = { elements: 0, without: 0, single: 0 };
    const more = blowUp('JSON', limits);
    async function* lines(): AsyncGenerator<Uint8Array, void> {
      let received = 0;
      let made: Uint8Array[] = [];
      let waiting = 0;
      for await (const chunk of wholeRecords(outer, object.blocks(), limits)) {
        received += chunk.length;
        const task = { each: place, depth: limits.depth };
        for (const line of eachLines(chunk, outer.index(chunk), task, counts)) {
          made.push(line);
          waiting += line.length;
          more(line.length, received);
          if (waiting < STEP) continue;
          yield Buffer.concat(made);
          [made, waiting] = [[], 0];
        }
      }
      yield Buffer.concat(made);
    }
    await take(lines());
    const objects = (n: number): string => (n === 1 ? '1 object has' : `${n} objects have`);
    if (counts.without > 0) say(`${objects(counts.without)} nothing in ${place}, and no record.`);
    if (counts.single > 0)
      say(`${objects(counts.single)} no list in ${place}; what stands there counts as its one element.`);
    return counts.elements;
  },
} satisfies Converter);

/** Parts of the text that end where a record ends, without its header. */
async function* wholeRecords(
  format: Format,
  blocks: AsyncIterable<Uint8Array>,
  limits: Limits,
): AsyncGenerator<Uint8Array, void> {
  let kept: Uint8Array = new Uint8Array(0);
  let scanner: Scanner | undefined;
  let done = 0;
  const begin = (atEnd: boolean): void => {
    if (kept.length < SNIFFED && !atEnd) return;
    checkContainer(kept);
    const { mark } = sniffEncoding(kept, format.encoding);
    const header = format.header(kept.subarray(mark), atEnd, limits);
    if (header === undefined) return;
    const bytes = header.bytes === 0 ? 0 : mark + header.bytes;
    scanner = format.scanner({ ...header, bytes }, limits);
    kept = kept.subarray(mark + header.bytes);
    scanner.push(kept);
  };
  for await (const block of blocks) {
    kept = Buffer.concat([kept, block]);
    if (scanner === undefined) begin(false);
    else scanner.push(block);
    if (scanner === undefined) continue;
    const whole = scanner.boundary - done;
    if (kept.length - whole > limits.recordBytes + limits.chunkBytes)
      throw endless(format, scanner.records, limits);
    if (whole < STEP) continue;
    yield kept.subarray(0, whole);
    kept = kept.subarray(whole);
    done += whole;
  }
  if (scanner === undefined) begin(true);
  if (scanner === undefined)
    throw new ObjectRejectedError('object.format', `The object ends before its ${format.kind} begins.`);
  scanner.end();
  yield kept.subarray(0, scanner.boundary - done);
}

const endless = (
  { kind }: Format,
  records: number,
  { recordBytes, chunkBytes }: Limits,
): ObjectRejectedError =>
  new ObjectRejectedError(
    'object.format',
    `After ${records} objects, none ends for ${recordBytes + chunkBytes} bytes (the limits recordBytes and chunkBytes). ` +
      `Is this ${kind}, and is every quote closed?`,
  );
