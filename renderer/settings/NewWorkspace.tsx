import { Button } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WorkspaceDraft } from '../../main/app/bridge/contract';
import { call } from '../bridge';
import { act, complain } from '../common/actions';
import { go, leave } from '../navigation';
import bar from './CostBar.module.css';
import { SettingsForm } from './SettingsForm';
import { useForm } from './useForm';

const home = { kind: 'home' } as const;

/** A new workspace begins as a complete suggestion: a free name, folder and port. */
export function NewWorkspace() {
  const [suggested, setSuggested] = useState<WorkspaceDraft>();
  useEffect(() => {
    void act('workspace.suggest').then((answer) => (answer ? setSuggested(answer.value) : leave(home)));
  }, []);
  return suggested ? <Editor suggested={suggested} /> : null;
}

function Editor({ suggested }: { suggested: WorkspaceDraft }) {
  const { t } = useTranslation();
  const form = useForm(suggested, undefined);
  const [saving, setSaving] = useState(false);
  const [blocked, setBlocked] = useState(false);

  const create = async () => {
    if (saving) return;
    if (!form.submit()) {
      setBlocked(true);
      return;
    }
    setSaving(true);
    try {
      const plain = form.password && 'plain' in form.password ? form.password.plain : undefined;
      const created = await call('workspace.create', {
        draft: form.draft,
        ...(plain !== undefined && { password: plain }),
      });
      if (!created.ok) {
        if (created.fields) {
          form.refuse(created.fields);
          setBlocked(true);
        } else complain(created.problem);
        return;
      }
      // The workspace exists from here on: what fails now is said, and mended in its settings.
      if (form.password && 'hash' in form.password) {
        await act('password.set', { id: created.value.id, password: form.password });
      }
      leave(home);
    } finally {
      setSaving(false);
    }
  };

  return (
    <SettingsForm
      title={t('new.title')}
      form={form}
      stored="unset"
      section="general"
      onSave={() => void create()}
      onBack={() => go(home)}
      footer={
        <div className={bar.line}>
          <p className={bar.words} role="status">
            {blocked && Object.keys(form.problems).length > 0 ? (
              <span className={bar.blocked}>{t('settings.blocked')}</span>
            ) : (
              t('new.words')
            )}
          </p>
          <div className={bar.buttons}>
            <Button variant="default" onClick={() => go(home)}>
              {t('common.cancel')}
            </Button>
            <Button loading={saving} onClick={() => void create()}>
              {t('new.create')}
            </Button>
          </div>
        </div>
      }
    />
  );
}
