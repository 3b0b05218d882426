/** Draft against the rules: which fields are refused, and by which rule. Pure. */
import { workspaceDraftSchema, type Problem, type WorkspaceDraft } from '../../main/app/bridge/contract';
import type { z } from 'zod';
import { settingsSections, type SettingsSection } from '../navigation';

export type FieldProblems = Record<string, Problem>;

/** Every message key a rule of the models or of main may carry; the catalogue has words for each (`rules.<key>`). */
export const ruleKeys = [
  'absolute-path',
  'ca-bundle',
  'channel',
  'control-characters',
  'count',
  'cpus',
  'engine-host',
  'image-reference',
  'invalid',
  'ip',
  'kernel-clash',
  'kernel-name',
  'kernel-reserved',
  'kubernetes-key',
  'kubernetes-key-reserved',
  'kubernetes-label',
  'kubernetes-name',
  'memory',
  'no-proxy',
  'package',
  'password-hash',
  'password-required',
  'password-too-long',
  'port',
  'python-version',
  'relative-path',
  'repository',
  'request-over-limit',
  'required',
  'size',
  'too-long',
  'uid',
  'url',
] as const;

/** A rule's own key, or what zod's built-in checks come down to. */
export function ruleOf(issue: Pick<z.core.$ZodIssue, 'code' | 'message'>): string {
  // A refused key of a map carries its reasons inside.
  const inner = issue.code === 'invalid_key' ? (issue as z.core.$ZodIssueInvalidKey).issues[0] : undefined;
  if (inner) return ruleOf(inner);
  if ((ruleKeys as readonly string[]).includes(issue.message)) return issue.message;
  if (issue.code === 'too_big') return 'too-long';
  return 'invalid';
}

export function problemsOf(issues: readonly z.core.$ZodIssue[]): FieldProblems {
  const fields: FieldProblems = {};
  for (const issue of issues) {
    fields[issue.path.join('.')] ??= { reason: 'field-invalid', params: { rule: ruleOf(issue) } };
  }
  return fields;
}

export function checkDraft(draft: WorkspaceDraft): FieldProblems {
  const result = workspaceDraftSchema.safeParse(draft);
  return result.success ? {} : problemsOf(result.error.issues);
}

/** The first problem at a path or below it (`kernels.0.pip` also answers for `kernels.0.pip.3`). */
export function problemUnder(fields: FieldProblems, path: string): Problem | undefined {
  if (fields[path]) return fields[path];
  const key = Object.keys(fields).find((candidate) => candidate.startsWith(`${path}.`));
  return key === undefined ? undefined : fields[key];
}

const sectionOfField: Record<string, SettingsSection> = {
  name: 'general',
  folder: 'general',
  port: 'general',
  target: 'general',
  kernels: 'kernels',
  image: 'image',
  resources: 'resources',
  server: 'server',
  cluster: 'cluster',
  password: 'password',
};

/** Section of the settings page that shows a field. */
export function sectionOf(path: string): SettingsSection {
  return sectionOfField[path.split('.')[0] ?? ''] ?? 'general';
}

export function sectionsWithProblems(fields: FieldProblems): Set<SettingsSection> {
  return new Set(Object.keys(fields).map(sectionOf));
}

/** The first section, in the order of the page, that has a problem. */
export function firstSection(fields: FieldProblems): SettingsSection | undefined {
  const wrong = sectionsWithProblems(fields);
  return settingsSections.find((section) => wrong.has(section));
}

/** Equal as JSON: both sides are plain data with keys in the same order of making, or compared key by key. */
export function sameDraft(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((v, i) => sameDraft(v, b[i]));
  if (a && b && typeof a === 'object' && typeof b === 'object' && !Array.isArray(a) && !Array.isArray(b)) {
    const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...keys].every((key) =>
      sameDraft((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
    );
  }
  return false;
}
