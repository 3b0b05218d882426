import { Button, PasswordInput } from '@mantine/core';
import { IconEye, IconEyeOff } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import classes from './fields.module.css';
import { SecretsNote } from './SecretsNote';
import { Section } from './SectionedPage';
import type { DraftForm } from './useForm';
import { useFieldWords } from './useFieldWords';

/** Set, change, remove. The stored password never comes back to the window: it can only be replaced. */
export function PasswordSection({ form, stored }: { form: DraftForm; stored: WorkspaceState['password'] }) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { password: change, setPassword } = form;
  // One that cannot be read can be replaced and removed all the same.
  const exists = stored !== 'unset';

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
      <SecretsNote />
    </Section>
  );
}
