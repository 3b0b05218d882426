import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Output } from '../../main/app/bridge/contract';
import { Dialog } from '../dialogs/Dialog';
import classes from '../dialogs/List.module.css';
import { importChange } from './importChange';
import type { DraftForm } from './useForm';

interface Props {
  found: Output<'config.import'>;
  form: DraftForm;
  onClose: () => void;
}

/** What an existing configuration file holds, before it goes into the fields. Nothing is saved by importing. */
export function ImportDialog({ found, form, onClose }: Props) {
  const { t } = useTranslation();
  const { imported, ignored, custom } = found;
  const take = () => {
    form.patch(importChange(form.draft, found));
    if (found.passwordHash) form.setPassword({ hash: found.passwordHash });
    onClose();
  };
  const nothing = imported.length === 0 && custom.trim() === '' && !found.passwordHash;
  return (
    <Dialog
      title={t('import.title')}
      onClose={onClose}
      buttons={
        <>
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button data-autofocus disabled={nothing} onClick={take}>
            {t('import.take')}
          </Button>
        </>
      }
    >
      {nothing && <p>{t('import.nothing')}</p>}
      {imported.length > 0 && (
        <>
          <p>{t('import.fields')}</p>
          <ul className={classes.list} tabIndex={0} aria-label={t('import.fields')} translate="no">
            {imported.map((setting) => (
              <li key={setting}>{setting}</li>
            ))}
          </ul>
        </>
      )}
      {found.folder !== undefined && <p>{t('import.folder', { folder: found.folder })}</p>}
      {custom.trim() !== '' && <p>{t('import.custom', { count: custom.trim().split('\n').length })}</p>}
      {ignored.length > 0 && (
        <>
          <p>{t('import.ignored')}</p>
          <ul className={classes.list} tabIndex={0} aria-label={t('import.ignored')} translate="no">
            {ignored.map(({ setting, why }) => (
              <li key={setting}>
                {setting} <span>– {t(`import.why.${why}`, { defaultValue: why })}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </Dialog>
  );
}
