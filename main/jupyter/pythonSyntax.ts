/**
 * A first, immediate look at Python text in a field, without a Python at hand.
 *
 * It reports only what it is sure of, in Python's own words where it can. Python has the last word: the image's entry
 * point compiles the whole file before Jupyter sees it. Known limits, because the grammar is an editor's:
 * - parenthesised `with` items, `match`, starred targets in comprehensions and f-strings are let through unchecked, and
 *   so is what follows them;
 * - rules beyond the grammar are checked only for the commonest mistakes (indentation, Python 2's print, `'C:\Users'`,
 *   return outside a function, assigning to a call); duplicate arguments, `global` order and the like are not.
 */
import { parser } from '@lezer/python';
import { ruleBroken, type Broken } from './pythonRules';
import type { PythonNode, PythonTree } from './pythonLiteral';

export interface PythonProblem {
  /** 1-based. */
  line: number;
  message: string;
}

export function parsePython(text: string): PythonTree {
  return parser.parse(text);
}

/** 1-based line of an offset, with Python's line ends (\n, \r\n, \r). */
export function lineOf(text: string, offset: number): number {
  return (text.slice(0, offset).match(/\r\n|\r(?!\n)|\n/g)?.length ?? 0) + 1;
}

/**
 * Same length, same lines, easier for the grammar: form feeds and whole-line comments count as blank (now and then it
 * stumbles over a comment at the end of a block), and `1.`, which it takes for an attribute access, becomes a number.
 * Inside strings this changes nothing that matters here.
 */
export function easierPython(text: string): string {
  return text
    .replace(/^\f/gm, '\n')
    .replace(/\f/g, ' ')
    .replace(/^[ \t]*#(?:(?!"""|''')[^\r\n])*$/gm, (comment) => ' '.repeat(comment.length))
    .replace(/(?<![\w.])(\d[\d_]*)\.(?![\w.])/g, (_, digits: string) => `${digits}0`);
}

/** The first mistake, or null where none is certain. */
export function checkPython(text: string): PythonProblem | null {
  const source = easierPython(text);
  const found: Broken[] = [];
  // eslint-disable-next-line no-control-regex
  const character = /[\u0000\ufeff]/.exec(text);
  if (character) found.push({ at: character.index, message: unprintable[character[0]]! });
  /** Behind the first error everything is the grammar's guess; set where that begins. */
  let trustedUntil = Infinity;
  parsePython(source).iterate({
    enter({ node }) {
      if (node.from > trustedUntil) return false;
      if (!node.type.isError) {
        const broken = ruleBroken(node, source);
        if (broken) found.push(broken);
        return undefined;
      }
      if (isBareYield(node)) return false;
      if (!inWeakConstruct(node, source) && reproduces(node.from, source)) found.push(explain(node, source));
      trustedUntil = Math.min(trustedUntil, node.from);
      return false;
    },
  });
  const first = found.filter(({ at }) => at <= trustedUntil).sort((a, b) => a.at - b.at)[0];
  return first ? { line: lineOf(text, first.at), message: first.message } : null;
}

/**
 * In long files the parser sometimes stumbles where the very same lines parse well on their own (it compares its states
 * by hash). Believe an error there only when it is still one without what stands above.
 */
function reproduces(at: number, source: string): boolean {
  if (source.length < 20_000) return true;
  const starts = [...source.slice(0, at).matchAll(/^[^\s)\]}#]/gm)];
  const start = starts[starts.length - 2]?.index ?? 0;
  let same = false;
  parsePython(source.slice(start)).iterate({
    enter(node) {
      if (node.type.isError && start + node.from === at) same = true;
    },
  });
  return same;
}

const unprintable: Record<string, string> = {
  '\u0000': 'source code cannot contain null bytes',
  '\ufeff': 'invalid non-printable character U+FEFF',
};

const isBareYield = (node: PythonNode) =>
  node.from === node.to && (node.parent?.name === 'YieldStatement' || node.parent?.name === 'YieldExpression');

/** Valid Python that this grammar refuses stands inside one of these (measured on the standard library). */
function inWeakConstruct(node: PythonNode, source: string): boolean {
  for (let up: PythonNode | null = node; up; up = up.parent) {
    if (up.name === 'FormatString' || up.name === 'MatchStatement') return true;
    if (up.name === 'WithStatement') {
      const body = up.getChild('Body');
      if (!body || node.from <= body.from) return true;
    }
    if (up.name.endsWith('Expression') || up.name === 'ArgList') {
      if (/\bfor\b[^:]*\*/.test(source.slice(up.from, up.to))) return true;
    }
  }
  // After a `with` it could not read, the grammar may close the statement and stumble over the rest of the line.
  const line = source
    .slice(0, node.from)
    .split(/[\r\n]/)
    .pop()!;
  return /^\s*(?:async\s+)?(?:with|match|case)\b/.test(line) || /\b[rR]?[fF][rR]?["']/.test(line);
}

const closers: Record<string, string> = { '(': ')', '[': ']', '{': '}' };

function explain(error: PythonNode, source: string): Broken {
  for (let up = error.parent; up; up = up.parent) {
    if (up.name === 'String') {
      const triple = /^[A-Za-z]*(?:"""|''')/.test(source.slice(up.from, up.from + 5));
      return {
        at: up.from,
        message: triple ? 'unterminated triple-quoted string literal' : 'unterminated string literal',
      };
    }
    const opener = up.firstChild && source.slice(up.firstChild.from, up.firstChild.to);
    const closer = opener && closers[opener];
    if (closer && up.lastChild && source.slice(up.lastChild.from, up.lastChild.to) !== closer)
      return { at: up.firstChild!.from, message: `'${opener}' was never closed` };
  }
  const body = error.parent?.name === 'Body' ? error.parent : null;
  if (body && error.from === error.to) {
    const colon = body.firstChild;
    if (!colon || colon.type.isError) return { at: error.from, message: "expected ':'" };
    return { at: error.from, message: 'expected an indented block' };
  }
  const near = source.slice(error.from).trimStart().split(/\s/)[0]!.slice(0, 30);
  return { at: error.from, message: near ? `invalid syntax near ${near}` : 'invalid syntax' };
}
