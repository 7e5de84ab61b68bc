/** The keys of JSON records: which of the asked fields each is, and whether it stands twice in its record. */

import { decodeUtf8 } from './utf8.ts';

export interface KeyTable {
  nextRecord(): void;
  /**
   * The place among the asked fields of the key between `start` and `end` (inside its quotes), or -1.
   * @param position of the key in its record: records mostly have their keys in one order.
   */
  slotOf(bytes: Uint8Array, start: number, end: number, escaped: boolean, position: number): number;
  /** The key given last, if its record had it before. */
  repeated(): string | undefined;
  /** Names that were not asked for, as many as `most`; of a long name its beginning. */
  extra(most: number): readonly string[];
}

interface Key {
  readonly name: string;
  /** As it is mostly written: without escapes. */
  readonly bytes: Uint8Array;
  readonly slot: number;
  /** The record that had it last. */
  record: number;
}

const encoder = new TextEncoder();

/** @param most names that are remembered beyond one record, so that random keys cannot fill the memory. */
export function keyTable(fields: readonly string[], most: number): KeyTable {
  const known = new Map<string, Key>();
  for (const [slot, name] of fields.entries()) known.set(name, made(name, slot));
  const byPosition: (Key | undefined)[] = [];
  const room = known.size + most;
  const unknown = new Set<string>();
  let record = 0;
  let again: string | undefined;

  function find(name: string): Key | undefined {
    let key = known.get(name);
    if (key === undefined && known.size < room) {
      key = made(name, -1);
      known.set(name, key);
    }
    return key;
  }

  return {
    nextRecord() {
      record++;
      again = undefined;
      if (unknown.size > 0) unknown.clear();
    },
    slotOf(bytes, start, end, escaped, position) {
      let key = byPosition[position];
      if (key === undefined || escaped || !isWritten(bytes, start, end, key.bytes)) {
        const text = decodeUtf8(bytes.subarray(start, end))!;
        const name = escaped ? (JSON.parse(`"${text}"`) as string) : text;
        key = find(name);
        if (key === undefined) {
          again = unknown.has(name) ? name : undefined;
          unknown.add(name);
          return -1;
        }
        byPosition[position] = key;
      }
      again = key.record === record ? key.name : undefined;
      key.record = record;
      return key.slot;
    },
    repeated: () => again,
    extra(count) {
      const names: string[] = [];
      for (const key of known.values()) {
        if (names.length === count) break;
        if (key.slot < 0) names.push(key.name.length > 100 ? `${key.name.slice(0, 99)}…` : key.name);
      }
      return Object.freeze(names);
    },
  };
}

const made = (name: string, slot: number): Key => ({ name, bytes: encoder.encode(name), slot, record: 0 });

function isWritten(bytes: Uint8Array, start: number, end: number, key: Uint8Array): boolean {
  if (end - start !== key.length) return false;
  for (let i = 0; i < key.length; i++) if (bytes[start + i] !== key[i]) return false;
  return true;
}
