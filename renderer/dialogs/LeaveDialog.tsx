import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { discard, stay } from '../navigation';
import { Dialog } from './Dialog';

/** In front of edits that nobody saved. */
export function LeaveDialog() {
  const { t } = useTranslation();
  return (
    <Dialog
      title={t('leave.title')}
      onClose={stay}
      buttons={
        <>
          <Button variant="default" onClick={discard}>
            {t('leave.discard')}
          </Button>
          <Button data-autofocus onClick={stay}>
            {t('leave.stay')}
          </Button>
        </>
      }
    >
      <p>{t('leave.words')}</p>
    </Dialog>
  );
}
