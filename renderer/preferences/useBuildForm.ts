/** How images are built: edited as one, saved as one, because every change makes new images. */
import { useEffect, useState } from 'react';
import { buildSettingsSchema, type BuildSettings, type Problem } from '../../main/app/bridge/contract';
import { call } from '../bridge';
import { complain } from '../common/actions';
import { markDirty } from '../navigation';
import { problemsOf, problemUnder, sameDraft, type FieldProblems } from '../settings/fields';

export interface BuildForm {
  draft: BuildSettings;
  patch: (change: Partial<BuildSettings>) => void;
  dirty: boolean;
  saving: boolean;
  problems: FieldProblems;
  problemAt: (path: string) => Problem | undefined;
  save: () => Promise<void>;
  reset: () => void;
}

export function useBuildForm(saved: BuildSettings): BuildForm {
  const [edited, setEdited] = useState<BuildSettings>();
  const [far, setFar] = useState<FieldProblems>({});
  const [saving, setSaving] = useState(false);
  const draft = edited ?? saved;
  const dirty = !sameDraft(draft, saved);
  const result = buildSettingsSchema.safeParse(draft);
  const problems = result.success ? far : problemsOf(result.error.issues);

  useEffect(() => {
    markDirty(dirty);
    return () => markDirty(false);
  }, [dirty]);

  return {
    draft,
    dirty,
    saving,
    problems,
    patch: (change) => {
      setEdited({ ...draft, ...change });
      setFar({});
    },
    problemAt: (path) => problemUnder(problems, path),
    reset: () => setEdited(undefined),
    save: async () => {
      if (!dirty || saving || !result.success) return;
      setSaving(true);
      const answer = await call('app.preferences', { build: result.data });
      setSaving(false);
      if (answer.ok) setEdited(undefined);
      else if (answer.fields)
        setFar(Object.fromEntries(Object.entries(answer.fields).map(([key, p]) => [key.replace(/^build\./, ''), p])));
      else complain(answer.problem);
    },
  };
}
