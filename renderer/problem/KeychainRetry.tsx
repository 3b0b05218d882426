import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../common/actions';

/** Looks for the keychain again; a locked one asks for its password meanwhile. */
export function KeychainRetry() {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const retry = async () => {
    setBusy(true);
    await act('secrets.retry');
    setBusy(false);
  };
  return (
    <Button size="xs" variant="default" loading={busy} onClick={() => void retry()}>
      {t('fix.retry')}
    </Button>
  );
}
