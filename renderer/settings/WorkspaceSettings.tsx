import { lazy, Suspense, useState } from 'react';
import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import { call } from '../bridge';
import { complain } from '../common/actions';
import { go, leave, type SettingsSection } from '../navigation';
import { draftOf } from '../problem/applyFix';
import { useWorkspace } from '../state';
import { CostBar } from './CostBar';
import { SettingsForm } from './SettingsForm';
import { useForm } from './useForm';
import { LeftBehind } from './LeftBehind';
import { Section } from './SectionedPage';
import { useEffect } from 'react';
import classes from './fields.module.css';

const RemoveDialog = lazy(() => import('./RemoveDialog').then((m) => ({ default: m.RemoveDialog })));
const home = { kind: 'home' } as const;

interface Props {
  id: string;
  section: SettingsSection;
  field?: string;
}

export function WorkspaceSettings(props: Props) {
  const state = useWorkspace(props.id);
  const gone = state === undefined;
  useEffect(() => {
    if (gone) leave(home);
  }, [gone]);
  return state ? <Editor {...props} state={state} /> : null;
}

function Editor({ id, section, field, state }: Props & { state: WorkspaceState }) {
  const { t } = useTranslation();
  const form = useForm(draftOf(state.workspace), id);
  const [saving, setSaving] = useState(false);
  const [removing, setRemoving] = useState(false);
  const [blocked, setBlocked] = useState(false);

  const save = async (apply: boolean) => {
    if (!form.dirty || saving) return;
    if (!form.submit()) {
      setBlocked(true);
      return;
    }
    setSaving(true);
    // Named beside the button that was pressed.
    const letGo = form.estimate?.handInstalled;
    try {
      // The settings first, the password second, the interruption last: one restart serves both.
      const updated = await call('workspace.update', {
        id,
        draft: form.draft,
        apply: apply && form.password === undefined,
        letGo,
      });
      if (!updated.ok) {
        if (updated.fields) {
          form.refuse(updated.fields);
          setBlocked(true);
        } else complain(updated.problem);
        return;
      }
      if (form.password !== undefined) {
        const set = await call('password.set', { id, password: form.password });
        if (!set.ok) {
          complain(set.problem);
          return;
        }
        if (apply) {
          const applied = await call('workspace.apply', { id, letGo });
          if (!applied.ok) complain(applied.problem);
        }
      }
      leave(home);
    } finally {
      setSaving(false);
    }
  };

  return (
    <>
      <SettingsForm
        title={t('settings.title', { name: state.workspace.name })}
        form={form}
        stored={state.password}
        state={state}
        section={section}
        field={field}
        onSave={() => void save(false)}
        onBack={() => go(home)}
        footer={
          <CostBar
            form={form}
            saving={saving}
            blocked={blocked && Object.keys(form.problems).length > 0}
            onSave={(apply) => void save(apply)}
          />
        }
        generalExtra={
          <>
            {state.leftBehind && <LeftBehind id={id} side={state.leftBehind} />}
            <Section title={t('remove.section')} hint={t(`remove.hint.${state.workspace.target.kind}`)}>
              <div className={classes.row}>
                <Button variant="default" onClick={() => setRemoving(true)}>
                  {t('remove.open')}
                </Button>
              </div>
            </Section>
          </>
        }
      />
      {removing && (
        <Suspense>
          <RemoveDialog state={state} onClose={() => setRemoving(false)} />
        </Suspense>
      )}
    </>
  );
}
