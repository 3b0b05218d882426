/**
 * Reads a `jupyter_server_config.py` or `jupyter_notebook_config.py` (also their .json forms) that someone already has.
 * Nothing is executed: what is a plain value becomes a field, everything else stays Python and goes to the custom text.
 */
import { open } from 'node:fs/promises';
import { LabdockError } from '../common/problem';
import { pythonString } from './pythonLiteral';
import { checkPython } from './pythonSyntax';
import { configStatements, type ConfigStatement } from './configStatements';
import { currentName } from './configNames';
import { fieldOf, type Fields, type IgnoredWhy } from './importFields';

export interface ImportedConfig extends Fields {
  /** Free text: what has no field, under current names. */
  custom: string;
  /** Current names of the settings that became fields, in the file's order. */
  imported: string[];
  /** `why` is a key of `import.why` in resources/locales/<language>/ui.json. Never a value: it may be a secret. */
  ignored: { setting: string; why: IgnoredWhy }[];
}

/** Bytes. A generated file with every comment has about 60 kB. */
const maxBytes = 1_000_000;

/** Rejects with `config-import-unreadable` {path} or `config-syntax` {line, message}. */
export async function importConfigFile(path: string): Promise<ImportedConfig> {
  let bytes: Buffer;
  try {
    const file = await open(path, 'r');
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new Error('not a regular file');
      if (stat.size > maxBytes) throw new Error(`larger than ${maxBytes} bytes`);
      bytes = await file.readFile();
    } finally {
      await file.close();
    }
    return importConfig(new TextDecoder('utf-8', { fatal: true }).decode(bytes), path.toLowerCase().endsWith('.json'));
  } catch (error) {
    if (error instanceof LabdockError && error.problem.reason === 'config-syntax') throw error;
    throw new LabdockError('config-import-unreadable', { path }, { detail: String(error), cause: error });
  }
}

/** Throws `config-syntax` {line, message} for Python that is none: Jupyter itself would not read it either. */
export function importConfig(text: string, json = false): ImportedConfig {
  const source = json ? pythonFromJson(text) : text.replace(/^\ufeff/, '');
  const syntax = checkPython(source);
  if (syntax) throw new LabdockError('config-syntax', { line: syntax.line, message: syntax.message });
  const statements = configStatements(source);
  const result: ImportedConfig = { server: {}, custom: '', imported: [], ignored: [] };
  const kept: string[] = [];
  /** Settings that kept text touches: a later plain value must stay behind it, where the file has it. */
  const touched = new Set<string>();
  for (const [index, statement] of statements.entries()) {
    if (statement.idle) continue;
    const name = statement.setting && currentName(statement.setting.section, statement.setting.trait);
    if (statement.setting && !name) {
      const { section, trait } = statement.setting;
      result.ignored.push({ setting: `${section}.${trait}`, why: 'classic-notebook' });
      continue;
    }
    if (name && isReplacedLater(statements, index, name)) continue;
    const setting = name && `${name.section}.${name.trait}`;
    const taken = name && fieldOf(name, statement.setting?.literal);
    if (taken && 'why' in taken) {
      const { section, trait } = statement.setting!;
      result.ignored.push({ setting: `${section}.${trait}`, why: taken.why });
    } else if (taken && setting && !touched.has(setting)) {
      const { server, ...rest } = taken.fields;
      Object.assign(result.server, server);
      Object.assign(result, rest);
      result.imported.push(setting);
    } else {
      kept.push(renamed(statement));
      for (const used of statement.names) {
        const now = used.trait && currentName(used.section, used.trait.name);
        if (now) touched.add(`${now.section}.${now.trait}`);
      }
    }
  }
  result.custom = kept.length ? `${kept.join('\n')}\n` : '';
  return result;
}

/**
 * A setting assigned again further down at the top level counts there only. Without this an expression that the file
 * itself replaces by a plain value would, as custom text, win over the field.
 */
function isReplacedLater(
  statements: ConfigStatement[],
  index: number,
  name: { section: string; trait: string },
): boolean {
  return statements.slice(index + 1).some(({ setting }) => {
    const later = setting && currentName(setting.section, setting.trait);
    return later?.section === name.section && later.trait === name.trait;
  });
}

/** The statement with `c.NotebookApp.x` under its current name, wherever it stands. */
function renamed(statement: ConfigStatement): string {
  let text = statement.text;
  for (const { from, to, section, trait } of [...statement.names].reverse()) {
    const name = trait && currentName(section, trait.name);
    if (name) {
      text = text.slice(0, trait.from) + name.trait + text.slice(trait.to);
      text = text.slice(0, from) + name.section + text.slice(to);
    } else if (section === 'NotebookApp') text = `${text.slice(0, from)}ServerApp${text.slice(to)}`;
  }
  return text;
}

/** `jupyter notebook password` and `jupyter server password` write JSON: the same settings as Python lines. */
function pythonFromJson(text: string): string {
  const data: unknown = JSON.parse(text);
  if (!isRecord(data)) throw new SyntaxError('not an object');
  return Object.entries(data)
    .filter(([section]) => /^[A-Z]\w*$/.test(section))
    .flatMap(([section, traits]) =>
      Object.entries(isRecord(traits) ? traits : {})
        .filter(([trait]) => /^[a-z_]\w*$/i.test(trait))
        .map(([trait, value]) => `c.${section}.${trait} = ${pythonFromJsonValue(value)}`),
    )
    .join('\n');
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function pythonFromJsonValue(value: unknown): string {
  if (value === null || value === undefined) return 'None';
  if (typeof value === 'string') return pythonString(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (Array.isArray(value)) return `[${value.map(pythonFromJsonValue).join(', ')}]`;
  if (isRecord(value))
    return `{${Object.entries(value)
      .map(([key, inner]) => `${pythonString(key)}: ${pythonFromJsonValue(inner)}`)
      .join(', ')}}`;
  return (value as number).toString();
}
