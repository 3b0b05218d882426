/** Rules of Python 3 that an editor's grammar does not know, one function each, for the commonest mistakes in a config. Pure. */
import { stringEscapeError, type PythonNode } from './pythonLiteral';

export interface Broken {
  at: number;
  message: string;
}

/** Checks one node of the tree; called for each of them. */
export function ruleBroken(node: PythonNode, source: string): Broken | null {
  const text = () => source.slice(node.from, node.to);
  switch (node.name) {
    case 'Script':
    case 'Body':
      return indentation(node, source);
    case 'PrintStatement':
      return { at: node.from, message: "Missing parentheses in call to 'print'" };
    case 'CompareOp':
      return text() === '<>' ? { at: node.from, message: 'invalid syntax near <>' } : null;
    case 'RaiseStatement':
      return node.getChild(',') ? { at: node.from, message: 'invalid syntax near raise' } : null;
    case 'Number':
      return number(text(), node.from);
    case 'String':
      return string(text(), node.from);
    case 'AssignStatement':
      return assignment(node, source);
    case 'ReturnStatement':
      return inside(node, ['FunctionDefinition'], ['ClassDefinition']) ? null : outside(node, 'return', 'function');
    case 'YieldStatement':
    case 'YieldExpression':
      return inside(node, ['FunctionDefinition', 'LambdaExpression'], ['ClassDefinition'])
        ? null
        : outside(node, 'yield', 'function');
    case 'AwaitExpression':
      return inside(node, ['FunctionDefinition'], ['ClassDefinition']) ? null : outside(node, 'await', 'function');
    case 'BreakStatement':
    case 'ContinueStatement':
      return inside(node, ['WhileStatement', 'ForStatement'], ['FunctionDefinition', 'ClassDefinition'])
        ? null
        : outside(node, text(), 'loop');
    case 'ScopeStatement':
      return text().startsWith('nonlocal') && !inside(node, ['FunctionDefinition', 'ClassDefinition'], [])
        ? { at: node.from, message: 'nonlocal declaration not allowed at module level' }
        : null;
    default:
      return null;
  }
}

const outside = (node: PythonNode, word: string, what: string): Broken => ({
  at: node.from,
  message: `'${word}' outside ${what}`,
});

function inside(node: PythonNode, wanted: string[], borders: string[]): boolean {
  for (let up = node.parent; up; up = up.parent) {
    if (wanted.includes(up.name)) return true;
    if (borders.includes(up.name)) return false;
  }
  return false;
}

/** Statements of one block begin in the same column, with the same blanks; those of the file in the first. */
function indentation(block: PythonNode, source: string): Broken | null {
  let expected = block.name === 'Script' ? '' : null;
  for (let child = block.firstChild; child; child = child.nextSibling) {
    if (child.type.isError || child.name === 'Comment' || child.name === ':' || child.from === child.to) continue;
    const lineStart = Math.max(source.lastIndexOf('\n', child.from - 1), source.lastIndexOf('\r', child.from - 1)) + 1;
    const before = source.slice(lineStart, child.from);
    const continued = /\\\r?\n?$/.test(source.slice(Math.max(0, lineStart - 3), lineStart));
    if (!/^[ \t]*$/.test(before) || continued) continue;
    expected ??= before;
    if (before === expected) continue;
    const mixed = /\t/.test(before + expected) && / /.test(before + expected);
    return { at: child.from, message: mixed ? 'inconsistent use of tabs and spaces' : 'unexpected indent' };
  }
  return null;
}

function number(text: string, at: number): Broken | null {
  if (/^0[\d_]*[1-9][\d_]*$/.test(text)) return { at, message: 'leading zeros in a number are not permitted' };
  if (/__|_$/.test(text) || /[lL]$/.test(text)) return { at, message: 'invalid decimal literal' };
  return null;
}

function string(text: string, at: number): Broken | null {
  const [, prefix, quotes] = /^([A-Za-z]*)("""|'''|"|')/.exec(text) ?? [];
  if (prefix === undefined || quotes === undefined) return null;
  if (text.length < prefix.length + 2 * quotes.length || !text.endsWith(quotes))
    return { at, message: `unterminated ${quotes.length > 1 ? 'triple-quoted ' : ''}string literal` };
  if (/[rb]/i.test(prefix)) return null;
  const error = stringEscapeError(text.slice(prefix.length + quotes.length, -quotes.length));
  return error ? { at, message: `(unicode error) ${error}` } : null;
}

const notTargets: Record<string, string> = {
  Number: 'literal',
  String: 'literal',
  ContinuedString: 'literal',
  FormatString: 'f-string expression',
  Boolean: 'literal',
  None: 'None',
  CallExpression: 'function call',
  BinaryExpression: 'expression',
  UnaryExpression: 'expression',
  ConditionalExpression: 'conditional expression',
  LambdaExpression: 'lambda',
  DictionaryExpression: 'dict literal',
};

function assignment(node: PythonNode, source: string): Broken | null {
  const children: PythonNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  const last = children.findLastIndex((child) => child.name === 'AssignOp');
  for (const child of children.slice(0, Math.max(0, last))) {
    if (child.name === 'TypeDef') continue;
    const what = child.name === 'Boolean' ? source.slice(child.from, child.to) : notTargets[child.name];
    if (what) return { at: child.from, message: `cannot assign to ${what}` };
  }
  return null;
}
