import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Cost, WorkspaceState } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import classes from './RowNotices.module.css';

/** Saved settings the running server does not have yet, and what applying them takes. Main asks before anything is lost. */
export function PendingNotice({ state, cost }: { state: WorkspaceState; cost: Cost }) {
  const { t } = useTranslation();
  const { workspace, phase } = state;
  const [busy, setBusy] = useState(false);

  const apply = async () => {
    setBusy(true);
    await act('workspace.apply', { id: workspace.id });
    setBusy(false);
  };

  return (
    <div className={classes.notice}>
      <p className={classes.words}>
        {phase === 'ready' ? t('pending.running') : t('pending.stopped')}{' '}
        <strong>{t(`cost.${workspace.target.kind}.${cost}`)}</strong>
      </p>
      {phase === 'ready' && (
        <Button size="xs" variant="default" loading={busy} onClick={() => void apply()}>
          {t('pending.apply')}
        </Button>
      )}
    </div>
  );
}
