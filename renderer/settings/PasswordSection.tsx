import { Button, PasswordInput } from '@mantine/core';
import { IconEye, IconEyeOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import { useAppState } from '../state';
import classes from './fields.module.css';
import { Section } from './SectionedPage';
import type { DraftForm } from './useForm';
import { useFieldWords } from './useFieldWords';
import { Warning } from './Warning';

/** Set, change, remove. The stored password never comes back to the window: it can only be replaced. */
export function PasswordSection({ form, stored }: { form: DraftForm; stored: WorkspaceState['password'] }) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const store = useAppState((state) => state.secrets.store);
  const { password: change, setPassword } = form;
  const exists = stored === 'set' || stored === 'imported-hash';

  return (
    <Section title={t('section.password')} hint={t('password.hint')}>
      <p>
        {change === null
          ? t('password.willRemove')
          : change && 'hash' in change
            ? t('password.willImport')
            : t(`password.${stored}`)}
      </p>
      {change && 'plain' in change ? (
        <div className={classes.group}>
          <PasswordInput
            id="field-password"
            data-autofocus
            autoFocus
            className={classes.narrow}
            label={t('password.new')}
            value={change.plain}
            error={words(form.problemAt('password'))}
            onChange={(event) => setPassword({ plain: event.currentTarget.value })}
            autoComplete="new-password"
            visibilityToggleButtonProps={{ 'aria-label': t('password.show'), tabIndex: 0 }}
            visibilityToggleIcon={({ reveal }) => (reveal ? <IconEyeOff size={17} /> : <IconEye size={17} />)}
          />
          <div>
            <Button variant="default" onClick={() => setPassword(undefined)}>
              {t('password.leave')}
            </Button>
          </div>
        </div>
      ) : (
        <div className={classes.row}>
          <Button variant="default" onClick={() => setPassword({ plain: '' })}>
            {exists ? t('password.change') : t('password.set-it')}
          </Button>
          {exists && change === undefined && (
            <Button variant="default" onClick={() => setPassword(null)}>
              {t('password.remove')}
            </Button>
          )}
          {change !== undefined && (
            <Button variant="default" onClick={() => setPassword(undefined)}>
              {t('password.leave')}
            </Button>
          )}
        </div>
      )}
      {store === 'memory' ? (
        <Warning>{t('secrets.memory')}</Warning>
      ) : (
        <p className={classes.small}>{t(`secrets.${store}`)}</p>
      )}
    </Section>
  );
}
