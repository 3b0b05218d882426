/** Both languages say everything, and nothing is said that nobody asks for. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { reasons } from '../../../main/common/problem';
import { knownWaits } from '../../../renderer/common/waiting';
import { moveSteps } from '../../../renderer/move/moveStages';
import { placeholders } from '../../../renderer/problem/words';
import { ruleKeys } from '../../../renderer/settings/fields';

const root = join(import.meta.dirname, '../../..');
const read = (language: string, name: string): unknown =>
  JSON.parse(readFileSync(join(root, `resources/locales/${language}/${name}.json`), 'utf8'));

/** Dotted keys with their texts. */
function flat(value: unknown, prefix = ''): Map<string, string> {
  const keys = new Map<string, string>();
  for (const [key, inner] of Object.entries(value as Record<string, unknown>)) {
    if (typeof inner === 'string') keys.set(prefix + key, inner);
    else for (const [path, text] of flat(inner, `${prefix}${key}.`)) keys.set(path, text);
  }
  return keys;
}

function sources(folder: string): { path: string; text: string }[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => ({ path: join(folder, name), text: readFileSync(join(root, folder, name), 'utf8') }));
}

const plural = /_(?:one|other)$/;
const en = { ui: flat(read('en', 'ui')), problems: flat(read('en', 'problems')) };
const ko = { ui: flat(read('ko', 'ui')), problems: flat(read('ko', 'problems')) };
const uiKeys = new Set([...en.ui.keys()].map((key) => key.replace(plural, '')));

const targets = ['local', 'cluster'];

/** Values of the union types that complete a key made from parts: t(`phase.${phase}`). */
const parts: Record<string, readonly string[]> = {
  'phase.': ['stopped', 'preparing', 'starting', 'ready', 'stopping', 'failed'],
  'stage.': ['image', 'container', 'objects', 'server', 'route', 'lab'],
  'step.': [
    ...['build-image', 'pull-image', 'load-image', 'probe-image', 'push-image', 'create', 'configure'],
    ...['start', 'forward', 'await-ready', 'save-work', 'stop', 'remove'],
  ],
  'waiting.': knownWaits,
  'cost.': targets.flatMap((on) => ['nothing', 'restart', 'recreate', 'rebuild'].map((cost) => `${on}.${cost}`)),
  'moving.': targets,
  'moveStep.': moveSteps,
  'moveStage.': [
    ...['checking', 'image', 'preparing', 'saving', 'comparing', 'copying', 'committing', 'starting', 'returning'],
  ],
  'moveLeft.': ['moment', 'minutes', 'hours'],
  'moveImage.': ['build', 'pull', 'load', 'push'],
  'leftOut.': ['ignored', 'too-large', 'unreadable', 'outside', 'special', 'name', 'refused'],
  ...Object.fromEntries(
    [
      ...['open', 'of', 'title', 'looking', 'go', 'first', 'deletions', 'running', 'kept'].map((key) => `move.${key}.`),
      ...['place.', 'conflicts.words.', 'moved.title.', 'moved.failed.', 'moved.stayed.'],
      ...['leftBehind.words.', 'leftBehind.open.', 'forget.title.', 'forget.words.', 'forget.stays.'],
      ...['remove.hint.', 'remove.home.', 'remove.homeHint.'],
    ].map((prefix) => [prefix, targets]),
  ),
  'cluster.amount.': ['memoryRequestMiB', 'memoryLimitMiB', 'cpuRequest', 'cpuLimit'],
  'because.': [
    'name',
    'folder',
    'target',
    'kernels',
    'image',
    'port',
    'resources',
    'server',
    'password',
    'build',
    'cluster',
  ],
  'fix.': ['retry', 'pick-folder', 'pick-archive', 'build-on', 'without-gpu', 'adopt', 'engine-retry', 'engine-help'],
  'section.': ['general', 'kernels', 'image', 'password', 'resources', 'server', 'cluster'],
  'preferencesSection.': ['appearance', 'engine', 'build', 'about'],
  'password.': ['set', 'unset', 'imported-hash', 'unknown'],
  'secrets.': ['keychain', 'safe-storage', 'memory'],
  'engine.product.': ['docker', 'podman', 'other'],
  'question.': ['unsaved', 'busy-kernels'].flatMap((kind) =>
    ['title', 'words', 'list', 'proceed', 'cancel'].map((part) => `${kind}.${part}`),
  ),
  'kernels.': ['conda', 'condaHint', 'pip', 'pipHint'],
  'import.why.': [
    ...['classic-notebook', 'config-file', 'machine-path', 'encryption', 'own-token', 'own-value'],
    ...['address', 'port-range', 'hash-unusable', 'value-unusable'],
  ],
  'rules.': ruleKeys,
};

/** Keys that the window's code asks for: literals, and templates completed from {@link parts}. */
function asked(): { keys: Set<string>; unknown: string[] } {
  const keys = new Set<string>();
  const unknown: string[] = [];
  for (const { path, text } of sources('renderer')) {
    const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
    const visit = (node: ts.Node): void => {
      const [argument] = ts.isCallExpression(node) ? node.arguments : [];
      if (ts.isCallExpression(node) && node.expression.getText() === 't' && argument) {
        for (const key of literals(argument)) {
          if (key.startsWith('problems:')) continue;
          if (!key.endsWith('*')) keys.add(key);
          else {
            const prefix = key.slice(0, -1);
            const found = parts[prefix];
            if (!found) unknown.push(`${path}: ${key}`);
            for (const part of found ?? []) keys.add(prefix + part);
          }
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return { keys, unknown };
}

/** `'a'`, `x ? 'a' : 'b'`, and templates as their head with a star. */
function literals(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [...literals(node.whenTrue), ...literals(node.whenFalse)];
  if (ts.isTemplateExpression(node)) return [`${node.head.text}*`];
  return [`${node.getText()}*`];
}

describe.each(['ui', 'problems'] as const)('%s.json', (name) => {
  it('has the same keys in both languages', () => {
    expect([...ko[name].keys()].sort()).toEqual([...en[name].keys()].sort());
  });

  it('uses the same parameters in both languages', () => {
    for (const [key, text] of en[name]) {
      const korean = new Set(placeholders(ko[name].get(key) ?? ''));
      const english = new Set(placeholders(text));
      // Where English counts in a word ("one file"), Korean may still use the number.
      if (plural.test(key)) english.add('count');
      if (plural.test(key)) korean.add('count');
      // The number may come as it is written (`{{files}}`: 1,234).
      for (const number of placeholders(en[name].get(key.replace(/_one$/, '_other')) ?? '')) {
        if (key.endsWith('_one') && ['files', 'more'].includes(number)) english.add(number);
        if (key.endsWith('_one') && ['files', 'more'].includes(number)) korean.add(number);
      }
      expect([...korean].sort(), key).toEqual([...english].sort());
    }
  });

  it('is not empty anywhere', () => {
    for (const catalogue of [en, ko]) for (const [key, text] of catalogue[name]) expect(text.trim(), key).not.toBe('');
  });

  it('is Korean in Korean', () => {
    // Names, examples and numbers are the same in every language.
    const international =
      /^(?:(?:\{\{[^}]*\}\}|Labdock|JupyterLab|Lab|Jupyter|Docker|Podman|Python|Conda|Pip|HTTP|HTTPS|numpy|pandas|%|[\s\d:.,>=()·–-])+)$/;
    for (const [key, text] of ko[name]) {
      if (!international.test(text)) expect(text, key).toMatch(/[가-힣]/);
    }
  });

  it('has no Korean in English', () => {
    for (const [key, text] of en[name]) expect(text, key).not.toMatch(/[가-힣]/);
  });
});

describe('ui.json', () => {
  const { keys, unknown } = asked();

  it('knows every key the window asks for', () => {
    expect(unknown).toEqual([]);
    expect([...keys].filter((key) => !uiKeys.has(key))).toEqual([]);
  });

  it('has no key that nobody asks for', () => {
    // Rules are asked for by the name that main sends; they are held to the models below.
    expect([...uiKeys].filter((key) => !keys.has(key) && !key.startsWith('rules.'))).toEqual([]);
  });

  it('has words for every message key of the models, and for no other', () => {
    expect([...uiKeys].filter((key) => key.startsWith('rules.')).sort()).toEqual(
      ruleKeys.map((key) => `rules.${key}`).sort(),
    );
    const used = new Set(
      [
        ...['image/model.ts', 'jupyter/model.ts', 'runtime/kubernetes/model.ts'],
        ...['workspace/model.ts', 'workspace/procedures.ts'],
      ].flatMap(messageKeys),
    );
    expect(used.size).toBeGreaterThan(10);
    expect([...used].filter((key) => !(ruleKeys as readonly string[]).includes(key))).toEqual([]);
  });

  it('has words for every rule that main names by itself', () => {
    const named = sources('main').flatMap(({ text }) =>
      [...text.matchAll(/\brule: '([a-z-]+)'/g)].map((match) => match[1]),
    );
    expect(named.filter((rule) => !(ruleKeys as readonly string[]).includes(rule ?? ''))).toEqual([]);
  });

  it('offers both plural forms together', () => {
    for (const key of en.ui.keys()) {
      if (plural.test(key)) {
        const stem = key.replace(plural, '');
        expect(en.ui.has(`${stem}_one`) && en.ui.has(`${stem}_other`), key).toBe(true);
      }
    }
  });
});

/** Message keys in a model: last string argument of a check, `error:` and `message:`. */
function messageKeys(path: string): string[] {
  const file = ts.createSourceFile(path, readFileSync(join(root, 'main', path), 'utf8'), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const checks = new Set(['min', 'max', 'int', 'number', 'regex', 'refine']);
  const visit = (node: ts.Node): void => {
    if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      checks.has(node.expression.name.text)
    ) {
      const last = node.arguments.at(-1);
      if (last && ts.isStringLiteral(last)) found.push(last.text);
    }
    if (
      ts.isPropertyAssignment(node) &&
      ['error', 'message'].includes(node.name.getText()) &&
      ts.isStringLiteral(node.initializer)
    ) {
      found.push(node.initializer.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

describe('problems.json', () => {
  const entries = read('en', 'problems') as Record<string, Record<string, string>>;

  it('has an entry for every reason, and for no other', () => {
    expect(Object.keys(entries).sort()).toEqual([...reasons].sort());
  });

  it('says what, why and what next without any parameter', () => {
    for (const language of ['en', 'ko']) {
      const all = read(language, 'problems') as typeof entries;
      for (const reason of reasons) {
        for (const field of ['title', 'cause', 'next']) {
          expect(all[reason]?.[field], `${language} ${reason}.${field}`).toBeTruthy();
          expect(placeholders(all[reason]?.[field] ?? ''), `${language} ${reason}.${field}`).toEqual([]);
        }
      }
    }
  });

  it('keeps titles short', () => {
    for (const reason of reasons) expect(entries[reason]?.['title']?.split(' ').length, reason).toBeLessThanOrEqual(6);
  });

  it('names variants after a parameter they use', () => {
    for (const reason of reasons) {
      for (const [key, text] of Object.entries(entries[reason] ?? {})) {
        const parameter = /^(?:title|cause|next)_(\w+)$/.exec(key)?.[1];
        if (parameter) expect(placeholders(text), `${reason}.${key}`).toContain(parameter);
        else expect(['title', 'cause', 'next'], `${reason}.${key}`).toContain(key);
      }
    }
  });
});
