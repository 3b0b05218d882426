/** The draft being edited: rules at once, main's word and the cost a moment after the last keystroke. */
import { useEffect, useMemo, useRef, useState } from 'react';
import type { CostEstimate, Problem, WorkspaceDraft } from '../../main/app/bridge/contract';
import { call } from '../bridge';
import { checkDraft, problemUnder, sameDraft, type FieldProblems } from './fields';
import { checkPassword, type PasswordChange } from './passwordChange';

export interface DraftForm {
  draft: WorkspaceDraft;
  initial: WorkspaceDraft;
  patch: (change: Partial<WorkspaceDraft>) => void;
  password: PasswordChange;
  setPassword: (change: PasswordChange) => void;
  dirty: boolean;
  /** What stands in the way of saving. */
  problems: FieldProblems;
  /** Problem to show at a field: rules only once the field was touched or saving was tried. */
  problemAt: (path: string) => Problem | undefined;
  warningAt: (path: string) => Problem | undefined;
  estimate: CostEstimate | undefined;
  /** How often saving was tried in vain. */
  attempts: number;
  /** True when no rule stands in the way; otherwise every problem is shown. What only main knows, main decides. */
  submit: () => boolean;
  /** Main refused to save. */
  refuse: (fields: FieldProblems) => void;
}

/** What main said, and of which draft. */
interface Far {
  draft: WorkspaceDraft;
  fields: FieldProblems;
  warnings: FieldProblems;
}

const debounce = 350;

export function useForm(initial: WorkspaceDraft, id: string | undefined): DraftForm {
  const [draft, setDraft] = useState(initial);
  const [password, setPassword] = useState<PasswordChange>(undefined);
  const [attempts, setAttempts] = useState(0);
  const [far, setFar] = useState<Far>({ draft: initial, fields: {}, warnings: {} });
  const [estimate, setEstimate] = useState<CostEstimate>();
  const round = useRef(0);

  const rules = useMemo(() => ({ ...checkDraft(draft), ...checkPassword(password) }), [draft, password]);
  const broken = Object.keys(rules).length > 0;
  const passwordChanged = password !== undefined;
  const changed = useMemo(() => !sameDraft(draft, initial), [draft, initial]);

  useEffect(() => {
    const mine = ++round.current;
    if (broken) return;
    const timer = setTimeout(() => {
      void call('workspace.check', { ...(id && { id }), draft }).then((answer) => {
        if (mine !== round.current) return;
        if (answer.ok) setFar({ draft, ...answer.value });
        else if (answer.fields) setFar({ draft, fields: answer.fields, warnings: {} });
      });
      if (!id) return;
      if (!changed && !passwordChanged) {
        setEstimate(undefined);
        return;
      }
      void call('workspace.estimate', { id, draft, passwordChanged }).then((answer) => {
        if (mine === round.current && answer.ok) setEstimate(answer.value);
      });
    }, debounce);
    return () => clearTimeout(timer);
  }, [draft, broken, changed, passwordChanged, id]);

  // Main's word counts for the value it was asked about; what was changed since is asked about again.
  const still = (fields: FieldProblems) =>
    Object.fromEntries(
      Object.entries(fields).filter(([path]) => sameDraft(valueAt(draft, path), valueAt(far.draft, path))),
    );
  const farProblems = still(far.fields);
  // A field that has just come into being and is still empty is not yet wrong.
  const touched = (path: string) => {
    const value = path === 'password' ? plainOf(password) : valueAt(draft, path);
    const before = valueAt(initial, path);
    return !sameDraft(value, before) && !(value === '' && before === undefined);
  };
  return {
    draft,
    initial,
    patch: (change) => setDraft((before) => ({ ...before, ...change })),
    password,
    setPassword,
    dirty: changed || passwordChanged,
    problems: { ...farProblems, ...rules },
    problemAt: (path) => {
      const ruled = attempts > 0 || touched(path) ? problemUnder(rules, path) : undefined;
      return ruled ?? problemUnder(farProblems, path);
    },
    warningAt: (path) => problemUnder(still(far.warnings), path),
    estimate: changed || passwordChanged ? estimate : undefined,
    attempts,
    submit: () => {
      if (broken) setAttempts(attempts + 1);
      return !broken;
    },
    refuse: (fields) => {
      setFar({ draft, fields, warnings: {} });
      setAttempts(attempts + 1);
    },
  };
}

const plainOf = (change: PasswordChange) => (change && 'plain' in change ? change.plain : undefined);

function valueAt(value: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (at, key) => (at && typeof at === 'object' ? (at as Record<string, unknown>)[key] : undefined),
      value,
    );
}
