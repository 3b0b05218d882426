/** A config file taken apart into its top-level statements, settings recognised. Pure. */
import { easierPython, lineOf, parsePython } from './pythonSyntax';
import { readLiteral, type LiteralRead, type PythonNode } from './pythonLiteral';

export interface ConfigStatement {
  /** As written, with the comment lines directly above it. */
  text: string;
  /** 1-based line of the statement itself. */
  line: number;
  /** `c.Section.trait = value` at the top level. */
  setting?: { section: string; trait: string; literal: LiteralRead };
  /** `c = get_config()`, a docstring, `...`: says nothing by itself. */
  idle: boolean;
  /** Places where a section is named, for renaming: `c.NotebookApp`; offsets into `text`. */
  names: { from: number; to: number; section: string; trait?: { from: number; to: number; name: string } }[];
}

/** Every assignment to a setting, also those in branches, loops and functions. */
export function configSettings(source: string): { line: number; section: string; trait: string }[] {
  const found: { line: number; section: string; trait: string }[] = [];
  const tree = parsePython(easierPython(source));
  const aliases = configAliases(tree.topNode, source);
  tree.iterate({
    enter({ node }) {
      if (node.name !== 'AssignStatement' && node.name !== 'UpdateStatement') return;
      for (let child = node.firstChild; child && !child.name.endsWith('Op'); child = child.nextSibling) {
        const name = settingName(child, source, aliases);
        if (name?.trait)
          found.push({ line: lineOf(source, child.from), section: name.section.text, trait: name.trait.text });
      }
    },
  });
  return found;
}

export function configStatements(source: string): ConfigStatement[] {
  const top = parsePython(easierPython(source)).topNode;
  const aliases = configAliases(top, source);
  const out: ConfigStatement[] = [];
  const take = (node: PythonNode, from: number) => {
    const text = source.slice(from, node.to);
    out.push({
      text: withEndOfLine(source, from, node.to),
      line: lineOf(source, node.from),
      ...(node.name === 'AssignStatement' && { setting: plainSetting(node, source, aliases) }),
      idle: isIdle(node, text.slice(node.from - from)),
      names: namedSections(node, source, aliases, from),
    });
  };
  for (let node = top.firstChild; node; node = node.nextSibling) {
    if (node.name === 'Comment' || node.from === node.to) continue;
    if (node.name === 'StatementGroup' && [...children(node)].every(({ name }) => name !== '⚠')) {
      let first = true;
      for (const part of children(node)) {
        if (part.name === ';') continue;
        take(part, first ? withCommentsAbove(source, part.from) : part.from);
        first = false;
      }
    } else take(node, withCommentsAbove(source, node.from));
  }
  return out;
}

function* children(node: PythonNode): Generator<PythonNode> {
  for (let child = node.firstChild; child; child = child.nextSibling) yield child;
}

/** Names the file gives the config: `c`, and x in `x = get_config()`. */
function configAliases(top: PythonNode, source: string): Set<string> {
  const aliases = new Set(['c']);
  for (const node of children(top)) {
    const match = /^(\w+)\s*=\s*get_config\(\)$/.exec(source.slice(node.from, node.to));
    if (match) aliases.add(match[1]!);
  }
  return aliases;
}

interface Named {
  section: { text: string; node: PythonNode };
  trait?: { text: string; node: PythonNode };
}

/** Reads `c.Section.trait`, `c.Section`, `get_config().Section.trait`. */
function settingName(node: PythonNode, source: string, aliases: Set<string>): Named | undefined {
  if (node.name !== 'MemberExpression') return undefined;
  const parts = [...children(node)];
  const [object, dot, property] = parts;
  if (parts.length !== 3 || !object || dot?.name !== '.' || property?.name !== 'PropertyName') return undefined;
  const text = source.slice(property.from, property.to);
  const base = source.slice(object.from, object.to);
  if ((object.name === 'VariableName' && aliases.has(base)) || /^get_config\(\s*\)$/.test(base))
    return /^[A-Z]/.test(text) ? { section: { text, node: property } } : undefined;
  const inner = settingName(object, source, aliases);
  return inner && !inner.trait ? { ...inner, trait: { text, node: property } } : undefined;
}

function plainSetting(node: PythonNode, source: string, aliases: Set<string>): ConfigStatement['setting'] {
  const [target, operator, value, ...more] = [...children(node)].filter(({ name }) => name !== 'Comment');
  if (!target || operator?.name !== 'AssignOp' || !value || more.length) return undefined;
  const name = settingName(target, source, aliases);
  if (!name?.trait) return undefined;
  return {
    section: name.section.text,
    trait: name.trait.text,
    literal: readLiteral(value, source),
  };
}

function namedSections(statement: PythonNode, source: string, aliases: Set<string>, base: number) {
  const found: ConfigStatement['names'] = [];
  const visit = (node: PythonNode) => {
    const name = settingName(node, source, aliases);
    if (name) {
      found.push({
        from: name.section.node.from - base,
        to: name.section.node.to - base,
        section: name.section.text,
        ...(name.trait && {
          trait: { from: name.trait.node.from - base, to: name.trait.node.to - base, name: name.trait.text },
        }),
      });
      return;
    }
    for (const child of children(node)) visit(child);
  };
  visit(statement);
  return found;
}

function isIdle(node: PythonNode, text: string): boolean {
  if (node.name === 'PassStatement') return true;
  if (/^c\s*=\s*get_config\(\s*\)$/.test(text)) return true;
  return (
    node.name === 'ExpressionStatement' &&
    ['String', 'ContinuedString', 'Ellipsis'].includes(node.firstChild?.name ?? '')
  );
}

/** Start of the comment lines that stand directly above, without a blank line between. */
function withCommentsAbove(source: string, at: number): number {
  let start = source.lastIndexOf('\n', at - 1) + 1;
  if (source.slice(start, at).trim() !== '') return at;
  const statement = start;
  while (start > 0) {
    const previous = source.lastIndexOf('\n', start - 2) + 1;
    if (!/^[ \t]*#/.test(source.slice(previous, start))) break;
    start = previous;
  }
  return start === statement ? at : start;
}

/** The statement with a comment behind it on its last line. */
function withEndOfLine(source: string, from: number, to: number): string {
  const rest = /^[ \t]*#[^\r\n]*/.exec(source.slice(to));
  return source.slice(from, to + (rest?.[0].length ?? 0)).replace(/\s+$/, '');
}
