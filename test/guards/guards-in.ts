/** Finds the guards of a file of code, and puts a switch around each. */

import ts from 'typescript';

/**
 * A place in the code that stops what must not go on: a condition that leaves by `throw`, `return`, `continue` or
 * `break`, an operand of it, a choice that names a fault, a part of a predicate, a word of SQL that decides; or a `throw`,
 * which is only watched.
 */
export interface Guard {
  /** `core/sql.ts:12:7`. */
  readonly at: string;
  readonly text: string;
  readonly kind: 'leaves' | 'operand' | 'choice' | 'predicate' | 'sql' | 'throw';
  /** What the condition is when the guard is switched off; nothing for what is only watched. */
  readonly off: boolean | undefined;
}

const FAULT =
  /fault|reject|refus|throw|error|invalid|problem|lack|damaged|broken|cannot|unknown|mismatch|undefined/i;

/** Words of SQL that decide, and what stands in their place where they are switched off. */
const SQL_WORDS: readonly (readonly [RegExp, string])[] = [
  [/(?<!BETWEEN [^ ]+) AND /g, ' OR '],
  [/ OR /g, ' AND '],
  [/\bIS NOT NULL\b/g, 'IS NULL'],
  [/\bIS NULL\b/g, 'IS NOT NULL'],
  [/(?<!IS )\bNOT (?=[(\w]|$)/g, ''],
  [/ <> /g, ' = '],
  [/ IS DISTINCT FROM /g, ' = '],
  [/ IS NOT DISTINCT FROM /g, ' <> '],
  [/ = (?!$)/g, ' <> '],
  [/ < /g, ' <= '],
  [/ > /g, ' >= '],
  [/ <= /g, ' < '],
  [/ >= /g, ' > '],
  [/\bTRY_CAST\b/g, 'CAST'],
  [/\bregexp_full_match\(/g, 'regexp_matches('],
  [/\bWHEN (?=$)/g, 'WHEN NOT '],
];
const IS_SQL =
  /\b(SELECT|FROM|WHERE|CASE|WHEN|THEN|END|AND|OR|NULL|NOT|TRY_CAST|FILTER|OVER|BETWEEN)\b|regexp_|count\(|::/;

/** The guards of a file, and its text with a switch around each: `__switch(n, condition)`. */
export function guardsIn(path: string, source: string): { guards: Guard[]; switched: string } {
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true);
  const guards: Guard[] = [];
  const edits: { at: number; text: string; order: number; cut?: number }[] = [];
  const wrapped = new Set<ts.Node>();
  const seen = new Set<ts.Node>();

  const note = (node: ts.Node, kind: Guard['kind'], off: boolean | undefined): number => {
    const { line, character } = file.getLineAndCharacterOfPosition(node.getStart());
    const text = node.getText().replace(/\s+/g, ' ').slice(0, 140);
    guards.push({ at: `${path}:${line + 1}:${character + 1}`, text, kind, off });
    return guards.length - 1;
  };
  const guard = (node: ts.Expression, kind: Guard['kind'], off: boolean): void => {
    if (seen.has(node)) return;
    seen.add(node);
    const number = note(node, kind, off);
    edits.push({ at: node.getStart(), text: `__switch(${number}, (`, order: node.getWidth() });
    edits.push({ at: node.getEnd(), text: `))`, order: -node.getWidth() });
  };

  const visit = (node: ts.Node): void => {
    if (ts.isIfStatement(node) && leaves(node.thenStatement)) {
      guard(node.expression, 'leaves', false);
      for (const operand of operands(node.expression, ts.SyntaxKind.BarBarToken))
        guard(operand, 'operand', false);
    }
    if (ts.isConditionalExpression(node)) {
      if (FAULT.test(node.whenTrue.getText())) guard(node.condition, 'choice', false);
      else if (FAULT.test(node.whenFalse.getText())) guard(node.condition, 'choice', true);
    }
    const result = resultOf(node);
    if (result)
      for (const operand of operands(result, ts.SyntaxKind.AmpersandAmpersandToken))
        guard(operand, 'predicate', true);
    for (const { at, word, other } of sqlWords(node, source)) {
      const { line, character } = file.getLineAndCharacterOfPosition(at);
      const change = `${word.trim()} -> ${other.trim()} in ${node.getText().slice(0, 120)}`;
      guards.push({ at: `${path}:${line + 1}:${character + 1}`, text: change, kind: 'sql', off: false });
      const choice = `__switch(${guards.length - 1}, true) ? ${JSON.stringify(word)} : ${JSON.stringify(other)}`;
      const isPlain = ts.isStringLiteral(node);
      const quote = source[node.getStart()]!;
      const text = isPlain ? `${quote} + (${choice}) + ${quote}` : `\${${choice}}`;
      edits.push({ at, text, cut: word.length, order: 0 });
      if (isPlain && !wrapped.has(node)) {
        wrapped.add(node);
        edits.push({ at: node.getStart(), text: '(', order: node.getWidth() });
        edits.push({ at: node.getEnd(), text: ')', order: -node.getWidth() });
      }
    }
    if (ts.isThrowStatement(node) && ts.isBlock(node.parent))
      edits.push({
        at: node.getStart(),
        text: `__switch(${note(node, 'throw', undefined)}, true); `,
        order: 0,
      });
    ts.forEachChild(node, visit);
  };
  visit(file);

  let switched = source;
  for (const { at, text, cut = 0 } of edits.toSorted((a, b) => b.at - a.at || a.order - b.order))
    switched = switched.slice(0, at) + text + switched.slice(at + cut);
  const head = `const __switch = globalThis.__guards(${JSON.stringify(path)}, ${guards.length}); `;
  return { guards, switched: guards.length === 0 ? source : head + switched };
}

function leaves(statement: ts.Node): boolean {
  if (ts.isFunctionLike(statement)) return false;
  return (
    ts.isThrowStatement(statement) ||
    ts.isReturnStatement(statement) ||
    ts.isContinueStatement(statement) ||
    ts.isBreakStatement(statement) ||
    (ts.forEachChild(statement, (child) => leaves(child)) ?? false)
  );
}

function resultOf(node: ts.Node): ts.Expression | undefined {
  if (ts.isReturnStatement(node)) return node.expression;
  return ts.isArrowFunction(node) && !ts.isBlock(node.body) ? node.body : undefined;
}

/** The operands of `a || b || c`, none where it is no such chain. */
function operands(expression: ts.Expression, token: ts.SyntaxKind): ts.Expression[] {
  let inner = expression;
  while (ts.isParenthesizedExpression(inner)) inner = inner.expression;
  if (!ts.isBinaryExpression(inner) || inner.operatorToken.kind !== token) return [];
  const of = (part: ts.Expression): ts.Expression[] => {
    const more = operands(part, token);
    return more.length > 0 ? more : [part];
  };
  return [...of(inner.left), ...of(inner.right)];
}

function sqlWords(node: ts.Node, source: string): { at: number; word: string; other: string }[] {
  const isPart = ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node);
  if (!isPart && !ts.isStringLiteral(node) && !ts.isNoSubstitutionTemplateLiteral(node)) return [];
  if (ts.isImportDeclaration(node.parent) || ts.isLiteralTypeNode(node.parent)) return [];
  if (ts.isPropertyAssignment(node.parent) && node.parent.name === node) return [];
  const whole = isPart ? (ts.isTemplateHead(node) ? node.parent : node.parent.parent) : node;
  if (!IS_SQL.test(whole.getText())) return [];
  const tagged = ts.isTaggedTemplateExpression(whole.parent) ? whole.parent.tag.getText() : 'String.raw';
  if (tagged !== 'String.raw') return [];
  const [from, to] = [node.getStart() + 1, node.getEnd() - 1];
  const text = source.slice(from, to);
  const found: { at: number; word: string; other: string }[] = [];
  for (const [pattern, other] of SQL_WORDS)
    for (const { index, 0: word } of text.matchAll(pattern)) {
      const at = from + index;
      const overlaps = found.some((one) => one.at < at + word.length && at < one.at + one.word.length);
      if (!overlaps) found.push({ at, word, other });
    }
  return found;
}
