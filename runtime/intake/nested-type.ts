/** A type of the engine as a tree, read from its name: `STRUCT("a b" INTEGER, l DATE[])`. */

export type NestedType =
  | { readonly kind: 'leaf'; readonly name: string }
  | { readonly kind: 'list'; readonly of: NestedType }
  | {
      readonly kind: 'struct';
      readonly fields: readonly { readonly name: string; readonly type: NestedType }[];
    }
  | { readonly kind: 'map'; readonly key: NestedType; readonly value: NestedType };

export function nestedType(name: string): NestedType {
  let at = 0;
  return next();

  function next(): NestedType {
    let type = one();
    for (let end; (end = /^\[\d*\]/.exec(name.slice(at))) !== null; at += end[0].length)
      type = { kind: 'list', of: type };
    return type;
  }

  function one(): NestedType {
    if (takes('STRUCT(')) {
      const fields: { name: string; type: NestedType }[] = [];
      if (takes(')')) return { kind: 'struct', fields };
      do fields.push({ name: fieldName(), type: next() });
      while (takes(', '));
      at++;
      return { kind: 'struct', fields };
    }
    if (takes('MAP(')) {
      const key = next();
      at += 2;
      const value = next();
      at++;
      return { kind: 'map', key, value };
    }
    const [leaf] = LEAF.exec(name.slice(at))!;
    at += leaf.length;
    return { kind: 'leaf', name: leaf };
  }

  function takes(text: string): boolean {
    if (!name.startsWith(text, at)) return false;
    at += text.length;
    return true;
  }

  function fieldName(): string {
    const [whole, quoted, plain] = /^(?:"((?:[^"]|"")*)"|([^ ]+)) /.exec(name.slice(at))!;
    at += whole.length;
    return quoted?.replaceAll('""', '"') ?? plain!;
  }
}

/** With what it says in brackets: `DECIMAL(9,2)`, `ENUM('a, b')`. */
const LEAF = /^[^(),[\]]*(?:\((?:'(?:[^']|'')*'|[^()'])*\))?/;
