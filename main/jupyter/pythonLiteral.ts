/** Python literals, written and read: the only way values cross between Labdock and a Python file. Pure. */
import type { parser } from '@lezer/python';

/** Types of the parse tree, taken from the parser so that its library needs no second dependency. */
export type PythonTree = ReturnType<typeof parser.parse>;
export type PythonNode = PythonTree['topNode'];

const named: Record<string, string> = { '\\': '\\\\', "'": "\\'", '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A string as a single-quoted Python 3 literal on one line. What a reader could not see or an editor might break on
 * (control characters, line and paragraph separators, direction marks, lone surrogates) is escaped; the rest stays readable.
 */
export function pythonString(text: string): string {
  let out = "'";
  for (const char of text) {
    const escape = named[char];
    if (escape) out += escape;
    else if (/[\p{C}\p{Z}]/u.test(char) && char !== ' ') {
      const code = char.codePointAt(0)!;
      out += code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
    } else out += char;
  }
  return `${out}'`;
}

export type PythonValue = string | number | boolean | null | readonly PythonValue[];

export function pythonLiteral(value: PythonValue): string {
  if (value === null) return 'None';
  if (typeof value === 'string') return pythonString(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new RangeError('only whole numbers are rendered');
    return String(value);
  }
  return `[${value.map(pythonLiteral).join(', ')}]`;
}

/** A value read from a file, or undefined where the expression is not a literal that means the same everywhere. */
export type LiteralRead = { value: string | number | boolean | null } | undefined;

/** Reads strings (all prefixes but bytes and f-strings, implicit concatenation), whole numbers, True, False and None. */
export function readLiteral(node: PythonNode, source: string): LiteralRead {
  const text = source.slice(node.from, node.to);
  switch (node.name) {
    case 'String':
      return readString(text);
    case 'ContinuedString': {
      let joined = '';
      for (let part = node.firstChild; part; part = part.nextSibling) {
        if (part.name === 'Comment') continue;
        const read = part.name === 'String' ? readString(source.slice(part.from, part.to)) : undefined;
        if (!read) return undefined;
        joined += read.value;
      }
      return { value: joined };
    }
    case 'Number':
      return readInteger(text);
    case 'UnaryExpression': {
      const operand = node.lastChild;
      const read = operand?.name === 'Number' ? readInteger(source.slice(operand.from, operand.to)) : undefined;
      if (!read || !/^[+-]/.test(text)) return undefined;
      return { value: text.startsWith('-') ? -read.value : read.value };
    }
    case 'Boolean':
      return { value: text === 'True' };
    case 'None':
      return { value: null };
    case 'ParenthesizedExpression': {
      const inner: PythonNode[] = [];
      for (let child = node.firstChild; child; child = child.nextSibling)
        if (!['(', ')', 'Comment'].includes(child.name)) inner.push(child);
      return inner.length === 1 ? readLiteral(inner[0]!, source) : undefined;
    }
    default:
      return undefined;
  }
}

function readInteger(text: string): { value: number } | undefined {
  const digits = text.replace(/(?<=[\da-f])_(?=[\da-f])|(?<=^0[xob])_/gi, '');
  if (!/^(?:0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+|0+|[1-9]\d*)$/.test(digits)) return undefined;
  const value = Number(digits);
  return Number.isSafeInteger(value) ? { value } : undefined;
}

const stringForm = /^([A-Za-z]*)("""|'''|"|')([\s\S]*)\2$/;
const simpleEscapes: Record<string, string> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

function readString(text: string): { value: string } | undefined {
  const match = stringForm.exec(text);
  if (!match) return undefined;
  const prefix = match[1]!.toLowerCase();
  // Python itself reads every line end as \n before anything else.
  const body = match[3]!.replace(/\r\n?/g, '\n');
  if (prefix === 'r') return { value: body };
  if (prefix !== '' && prefix !== 'u') return undefined;
  if (stringEscapeError(body)) return undefined;
  let known = true;
  const value = body.replace(
    /\\(?:([0-7]{1,3})|x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(N\{)|([\s\S]))/g,
    (whole, octal?: string, x?: string, u?: string, wide?: string, name?: string, single?: string) => {
      if (octal) return String.fromCodePoint(parseInt(octal, 8));
      const hex = x ?? u ?? wide;
      if (hex) return String.fromCodePoint(parseInt(hex, 16));
      // \N{NAME} needs Unicode's table of names: leave such a string to Python.
      if (name) known = false;
      return simpleEscapes[single ?? ''] ?? whole;
    },
  );
  return known ? { value } : undefined;
}

/** What Python would refuse in the body of a plain string: `\x`, `\u`, `\U` or `\N` without their digits, as in 'C:\Users'. */
export function stringEscapeError(body: string): string | null {
  for (const [, escape] of body.matchAll(
    /\\(x[\da-fA-F]{0,2}|u[\da-fA-F]{0,4}|U[\da-fA-F]{0,8}|N(?:\{[^}]*\})?|[\s\S])/g,
  )) {
    const wanted = { x: 3, u: 5, U: 9 }[escape![0]!];
    if (wanted && escape!.length < wanted) return `truncated \\${escape![0]} escape`;
    if (escape!.startsWith('U') && parseInt(escape!.slice(1), 16) > 0x10ffff) return 'illegal Unicode character';
    if (escape === 'N' || escape === 'N{}') return 'malformed \\N character escape';
  }
  return null;
}
