/** Parquet files with names that their writer would not take. */

/** A file in whose footer a name of one character is another one, or none. */
export function renamed(content: Buffer, name: string, to: string): Buffer {
  const start = content.length - 8 - content.readUInt32LE(content.length - 8);
  const as = (text: string) => `${String.fromCharCode(text.length)}${text}`;
  const footer = content.subarray(start, -8).toString('latin1').replaceAll(as(name), as(to));
  const end = Buffer.from(content.subarray(-8));
  end.writeUInt32LE(footer.length, 0);
  return Buffer.concat([content.subarray(0, start), Buffer.from(footer, 'latin1'), end]);
}
