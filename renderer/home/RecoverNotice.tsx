import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../common/actions';
import classes from './RowNotices.module.css';

/** Files a crash left half-written: Jupyter's own copy of each is still there. */
export function RecoverNotice({ id, files }: { id: string; files: string[] }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const recover = async () => {
    setBusy(true);
    await act('workspace.recover', { id, files });
    setBusy(false);
  };
  const shown = files.slice(0, 3).join(', ');
  return (
    <div className={classes.notice} data-tone="warn">
      <div className={classes.words}>
        <p>{t('recover.words', { count: files.length })}</p>
        <p className={classes.files} title={files.join('\n')} translate="no">
          {files.length > 3 ? t('recover.more', { files: shown, more: files.length - 3 }) : shown}
        </p>
      </div>
      <Button size="xs" variant="default" loading={busy} onClick={() => void recover()}>
        {t('recover.button')}
      </Button>
    </div>
  );
}
