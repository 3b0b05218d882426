import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import bar from '../settings/CostBar.module.css';
import type { BuildForm } from './useBuildForm';

export function BuildFooter({ form }: { form: BuildForm }) {
  const { t } = useTranslation();
  const blocked = Object.keys(form.problems).length > 0;
  return (
    <div className={bar.line}>
      <p className={bar.words} role="status">
        {blocked ? (
          <span className={bar.blocked}>{t('settings.blocked')}</span>
        ) : form.dirty ? (
          t('build.cost')
        ) : (
          t('settings.clean')
        )}
      </p>
      <div className={bar.buttons}>
        {form.dirty && (
          <Button variant="default" onClick={form.reset}>
            {t('leave.discard')}
          </Button>
        )}
        <Button disabled={!form.dirty || blocked} loading={form.saving} onClick={() => void form.save()}>
          {t('settings.save')}
        </Button>
      </div>
    </div>
  );
}
