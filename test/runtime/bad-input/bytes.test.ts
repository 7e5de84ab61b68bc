/** Bytes that are not the text they should be: encodings, compression, sizes (rows 19 to 23 of the faults). */

import { crc32, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openBeside, wanted, type Case } from './beside.ts';

const beside = openBeside({ ratioFloor: 2 ** 20 });
const text = 'id,text\n1,é\n2,b\n';
const utf16 = Buffer.from(text, 'utf16le');
const latin1 = Buffer.from(text, 'latin1');
const rows = { 1: [1, 'é'], 2: [2, 'b'] };
const rejected = (code: string) => ({ status: 'rejected', code, rows: {}, rejects: {} }) as const;
const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as string)));

const encodings: readonly Case[] = [
  { what: 'UTF-8 with a byte order mark', content: `\ufeff${text}`, comes: { rows }, makes: [[1,"é"],[2,"b"]] },
  { what: 'two byte order marks: the second is part of the name', content: `\ufeff\ufeff${text}`, comes: rejected('object.header'), makes: [[1,"é"],[2,"b"]] },
  { what: 'UTF-16LE with a mark', content: Buffer.from(`\ufeff${text}`, 'utf16le'), comes: { rows }, makes: 'CSV Error on Line: 1' },
  { what: 'UTF-16BE with a mark', content: Buffer.from(`\ufeff${text}`, 'utf16le').swap16(), comes: { rows }, makes: 'CSV Error on Line: 1' },
  { what: 'UTF-16LE without a mark', content: utf16, comes: rejected('object.encoding'), makes: 'CSV Error on Line: 2' },
  { what: 'UTF-16BE without a mark', content: Buffer.from(utf16).swap16(), comes: rejected('object.encoding'), makes: 'CSV Error on Line: 2' },
  { what: 'Latin-1: the record with a letter that is not ASCII', content: latin1, comes: { rows: { 2: [2, 'b'] }, rejects: { 1: 'encoding' } }, makes: 'CSV Error on Line: 2' },
  { what: 'Latin-1, ignoring errors', content: latin1, comes: { rejects: { 1: 'encoding' } }, alone: `FROM read_csv('$file', ignore_errors=true)`, makes: [[2,"b"]] },
  { what: 'UTF-8 and Latin-1 in one file', content: bytes('id,text\n1,é\n', [...Buffer.from('2,é\n', 'latin1')], '3,c\n'), comes: { rows: { 1: [1, 'é'], 3: [3, 'c'] }, rejects: { 2: 'encoding' } }, makes: 'CSV Error on Line: 3' },
  { what: 'UTF-16 appended to UTF-8: lines of it are no records of ours', content: bytes(text, '3,a long text before it\n'.repeat(3), [...utf16]), comes: { rows: { ...rows, 3: [3, 'a long text before it'] }, rejects: { 6: 'encoding', 7: 'encoding', 8: 'encoding', 9: 'encoding' } }, makes: 'CSV Error on Line: 8' },
  { what: 'one byte 0xFF', content: bytes('id,text\n1,a', [0xff], '\n2,b\n'), comes: { rows: { 2: [2, 'b'] }, rejects: { 1: 'encoding' } }, makes: 'CSV Error on Line: 2' },
  { what: 'half a surrogate pair, as bytes', content: bytes('id,text\n1,', [0xed, 0xa0, 0x80], '\n2,b\n'), comes: { rejects: { 1: 'encoding' } }, makes: 'CSV Error on Line: 2' },
  { what: 'an overlong slash', content: bytes('id,text\n1,', [0xc0, 0xaf], '\n2,b\n'), comes: { rejects: { 1: 'encoding' } }, makes: 'CSV Error on Line: 2' },
  { what: 'a byte 0', content: 'id,text\n1,a\0b\n2,b\n', comes: { rows: { 2: [2, 'b'] }, rejects: { 1: 'encoding' } }, makes: [[1,"a\0b"],[2,"b"]] },
  { what: 'a character cut in half at the end', content: bytes('id,text\n1,a\n2,', [0xf0, 0x9f]), comes: { rows: { 1: [1, 'a'] }, rejects: { 2: 'encoding' } }, makes: 'CSV Error on Line: 3' },
  { what: 'a file of zeros', content: Buffer.alloc(5000), comes: rejected('object.encoding'), makes: [] },
]; // prettier-ignore

describe('encodings', () => {
  test.each(encodings)('$what', async (one) => {
    expect(await beside.both(one)).toMatchObject(wanted(one));
  });
});

const long = `id,text\n${Array.from({ length: 3000 }, (_, i) => `${i + 1},${(i * 7919) % 10_007}\n`).join('')}`;
const gz = gzipSync(long, { level: 0 });
const at = gz.indexOf('\n2,7919\n') + 3;
const flipped = Buffer.from(gz);
flipped[at]! ^= 1;
const wrongCrc = Buffer.from(gz);
wrongCrc.writeUInt32LE(crc32('something else'), gz.length - 8);
const all = `SELECT count(*)::INT, sum(text::INT)::INT FROM read_csv('$file')`;
const sum = Array.from({ length: 3000 }, (_, i) => (i * 7919) % 10_007).reduce((a, b) => a + b);

const compressed: readonly Case[] = [
  { what: 'half of it', content: gz.subarray(0, gz.length / 2), comes: rejected('object.truncated'), alone: `SELECT count(*)::INT FROM read_csv('$file', store_rejects=true)`, makes: [[1555]] },
  { what: 'one bit flipped', content: flipped, comes: rejected('object.checksum'), alone: all, makes: [[3000, sum - 1000]] },
  { what: 'a checksum that is not its own', content: wrongCrc, comes: rejected('object.checksum'), alone: all, makes: [[3000, sum]] },
  { what: 'text behind it', content: Buffer.concat([gz, Buffer.from('garbage')]), comes: rejected('object.unreadable'), alone: all, makes: 'not a GZIP stream' },
  { what: 'zeros behind it', content: Buffer.concat([gz, Buffer.alloc(64)]), comes: rejected('object.unreadable'), alone: all, makes: 'not a GZIP stream' },
  { what: 'text that is called .gz', content: long, comes: rejected('object.unreadable'), alone: all, makes: 'not a GZIP stream' },
  { what: 'gzip within gzip', content: gzipSync(gz), comes: rejected('object.unreadable'), alone: all, makes: 'Error' },
  { what: 'several members', content: Buffer.concat([gzipSync(text), gzipSync('3,c\n')]), comes: { rows: { ...rows, 3: [3, 'c'] } }, makes: [[1,"é"],[2,"b"],[3,"c"]] },
  { what: 'a member that holds nothing, between others', content: Buffer.concat([gzipSync(text), gzipSync(''), gzipSync('3,c\n')]), comes: { rows: { ...rows, 3: [3, 'c'] } }, makes: [[1,"é"],[2,"b"],[3,"c"]] },
  { what: 'ten megabytes that were ten kilobytes', content: gzipSync(`id,text\n${'1,a\n'.repeat(2_500_000)}`), comes: rejected('object.too_large'), alone: `SELECT count(*)::INT FROM read_csv('$file')`, makes: [[2_500_000]] },
]; // prettier-ignore

describe('gzip', () => {
  test.each(compressed)('$what', async (one) => {
    expect(await beside.both({ name: 'x.csv.gz', ...one })).toMatchObject(wanted(one));
  });
});
