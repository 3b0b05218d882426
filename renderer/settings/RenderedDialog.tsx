import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { copyText } from '../common/copy';
import { Dialog } from '../dialogs/Dialog';
import classes from './RenderedDialog.module.css';

/** The server's configuration file as it will be, secrets replaced by words. */
export function RenderedDialog({ text, onClose }: { text: string; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog
      wide
      title={t('server.rendered')}
      onClose={onClose}
      buttons={
        <>
          <Button variant="default" onClick={() => void copyText(text)}>
            {t('common.copy')}
          </Button>
          <Button data-autofocus onClick={onClose}>
            {t('common.close')}
          </Button>
        </>
      }
    >
      <pre className={classes.file} tabIndex={0} aria-label={t('server.rendered')} translate="no">
        {text}
      </pre>
    </Dialog>
  );
}
