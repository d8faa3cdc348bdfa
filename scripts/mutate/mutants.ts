/** A change of a contract's source that must not go unnoticed: `[start, end)` becomes `replacement`. */
export interface Mutant {
  /** Relative to contracts/. */
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** What is changed, as a person reads it; names the mutant in the list of equivalents. */
  readonly change: string;
}

/** Statements that do not look like guards, but without which something happens twice or is lost. */
const MARKS: readonly RegExp[] = [
  /withdrawable\[token\]\[account\] \+?= [^;]+;/g,
  /tokenTotal\[token\] [+-]?= [^;]+;/g,
  /(?:if \([^()]+\) )?(?:amount = Math\.min|emit StillCredited)\([^;]+;/g,
  /_progress\.\w+ = [^;]+;/g,
  /_registered\[newToken\] = true;/g,
  /_exited\.set\(index\);/g,
  /_leave\([^;{]+;/g,
  /_queue\[queueIndex\]\.deadline = L1Queue\.REFUNDED;/g,
  /(?:stateRoot|batchChain) = tip\.\w+;/g,
  /(?:tip|statement)\.\w+ = [^;]+;/g,
  /\+\+tip\.queueEnd;/g,
  /(?:if \(forced\) )?_credit\([^;]+;/g,
  /(?:values|digests|counts|decided)\[\w+\] = [^;]+;/g,
  /power = mulmod\([^;]+;/g,
  /ofO\w+\.z = [^;]+;/g,
  /\(ofO\w+\.inBlob[^;]+;/g,
  /_settleValue\([^;{]+;/g,
  /(?:PublishedWords\.|_)require[A-Z]\w*\([^;{]*\);/g,
];

/** All mutants of a source: guards, their conditions' parts and bounds, modifiers, and the marks. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const code = withoutComments(source);
  const mutants: Mutant[] = [];
  const add = (start: number, end: number, replacement: string, what: string): void => {
    const line = source.slice(0, start).split("\n").length;
    const change = `${what}: ${source.slice(start, end).replace(/\s+/g, " ")}`;
    mutants.push({ file, line, start, end, replacement, change: replacement ? `${change} → ${replacement}` : change });
  };

  for (const { start, end, condition } of conditionsIn(code)) {
    if (end !== undefined) add(start, end, "", "no guard");
    const [from, to] = condition;
    for (const part of partsOf(code, from, to)) add(part.start, part.end, "", "no part");
    for (const match of code.slice(from, to).matchAll(/ (<=|>=|<|>) /g)) {
      const at = from + match.index + 1;
      const operator = match[1]!;
      add(
        at,
        at + operator.length,
        operator.length === 2 ? operator[0]! : `${operator}=`,
        `bound in ${code.slice(from, to).replace(/\s+/g, " ")}`,
      );
    }
  }
  for (const match of code.matchAll(/\b(onlyOwner|nonReentrant)\b(?=[^;{}]*\{)/g)) {
    const name = /function (\w+)[^{}]*$/.exec(code.slice(0, match.index))?.[1];
    if (name !== undefined) add(match.index, match.index + match[0].length, "", `no modifier of ${name}`);
  }
  for (const mark of MARKS) {
    for (const { index, 0: text } of code.matchAll(mark)) {
      // A declaration or a definition begins otherwise than a statement.
      if (/^\s*$/.test(code.slice(code.lastIndexOf("\n", index) + 1, index)))
        add(index, index + text.length, "", "no statement");
    }
  }
  return mutants;
}

/** The source with every comment blanked, place by place. */
function withoutComments(source: string): string {
  return source.replace(/\/\/[^\n]*|\/\*[^]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " "));
}

interface Condition {
  readonly start: number;
  /** End of the guard, if the condition is one's: `if (…) revert …;`. */
  readonly end?: number;
  readonly condition: readonly [number, number];
}

function conditionsIn(code: string): Condition[] {
  const guards = [...code.matchAll(/\bif \(/g)].flatMap(({ index }): Condition[] => {
    const open = index + 3;
    const close = closing(code, open);
    if (!/^\s*revert\b/.test(code.slice(close + 1))) return [];
    return [{ start: index, end: code.indexOf(";", close) + 1, condition: [open + 1, close] }];
  });
  const results = [...code.matchAll(/\breturn\s([^;]*(?:&&|\|\|)[^;]*);/g)].map(({ index, 0: text }): Condition => {
    return { start: index, condition: [index + "return".length, index + text.length - 1] };
  });
  return [...guards, ...results];
}

function closing(code: string, open: number): number {
  for (let at = open, depth = 0; ; at++) {
    if (code[at] === "(") depth++;
    if (code[at] === ")" && --depth === 0) return at;
  }
}

/** The operands of a condition's `||` or `&&`, each with one operator, so that the rest is a condition. */
function partsOf(code: string, from: number, to: number): { start: number; end: number }[] {
  const operators: number[] = [];
  for (let at = from, depth = 0; at < to; at++) {
    if ("([".includes(code[at]!)) depth++;
    if (")]".includes(code[at]!)) depth--;
    const pair = code.slice(at, at + 2);
    if (depth === 0 && (pair === "||" || pair === "&&")) operators.push(at);
  }
  if (operators.length === 0) return [];
  const first = { start: from, end: operators[0]! + 2 };
  return [first, ...operators.map((start, i) => ({ start, end: operators[i + 1] ?? to }))];
}
