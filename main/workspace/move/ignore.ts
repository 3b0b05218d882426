/**
 * `.labdockignore`, in the folder's root: the syntax of .gitignore. Patterns become plain regular expressions that
 * JavaScript and Python read alike, so that both sides leave out the same files and the far side need not send their names.
 *
 * As in git: `#` comments, `!` takes back, a `/` at the start or in the middle ties to the root, one at the end means
 * folders only, `*`, `?`, `[a-z]`, `**`; what lies in a folder that is left out cannot be taken back. Unlike git: only the one
 * file in the root counts.
 */

export interface IgnoreRule {
  /** Without anchors: matches a whole relative path. */
  pattern: string;
  negated: boolean;
  foldersOnly: boolean;
}

export function parseIgnore(text: string): IgnoreRule[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map(parseLine)
    .filter((rule) => rule !== null);
}

function parseLine(raw: string): IgnoreRule | null {
  // Spaces at the end count only after a backslash.
  let line = raw.replace(/(?<!\\)\s+$/, '');
  if (line === '' || line.startsWith('#')) return null;
  const negated = line.startsWith('!');
  if (negated) line = line.slice(1);
  const foldersOnly = line.endsWith('/');
  if (foldersOnly) line = line.replace(/\/+$/, '');
  const tied = line.includes('/');
  line = line.replace(/^\/+/, '');
  if (line === '') return null;
  const body = translate(line);
  if (body === null) return null;
  const pattern = tied ? body : `(?:.*/)?${body}`;
  return { pattern, negated, foldersOnly };
}

const plain = (char: string) => (/[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char);

/** null for a pattern that no regular expression can be made of; such a line matches nothing in git either. */
function translate(glob: string): string | null {
  let out = '';
  let at = 0;
  while (at < glob.length) {
    const rest = glob.slice(at);
    const atStart = at === 0 || glob[at - 1] === '/';
    if (atStart && rest.startsWith('**/')) {
      out += '(?:.*/)?';
      at += 3;
    } else if (atStart && rest === '**') {
      out += '.+';
      at += 2;
    } else if (glob[at] === '*') {
      out += '[^/]*';
      while (glob[at] === '*') at += 1;
    } else if (glob[at] === '?') {
      out += '[^/]';
      at += 1;
    } else if (glob[at] === '[') {
      const found = /^\[([!^]?)(\]?(?:\\.|[^\]\\])*)\]/.exec(rest);
      if (!found) return null;
      const inner = found[2]!.replace(/\\(.)/g, '$1').replace(/[\\[\]^&~|]/g, '\\$&');
      out += `[${found[1] ? '^/' : ''}${inner}]`;
      at += found[0].length;
    } else {
      if (glob[at] === '\\' && at + 1 < glob.length) at += 1;
      const char = String.fromCodePoint(glob.codePointAt(at)!);
      out += plain(char);
      at += char.length;
    }
  }
  try {
    new RegExp(out, 's');
    return out;
  } catch {
    return null;
  }
}

/** Does the last rule that matches leave it out? The folders around it are asked by whoever walks. */
export function ignores(rules: IgnoreRule[]): (path: string, isFolder: boolean) => boolean {
  const compiled = rules.map((rule) => ({ ...rule, expression: new RegExp(`^(?:${rule.pattern})$`, 's') }));
  return (path, isFolder) => {
    let found = false;
    for (const { expression, negated, foldersOnly } of compiled)
      if ((isFolder || !foldersOnly) && expression.test(path)) found = !negated;
    return found;
  };
}
