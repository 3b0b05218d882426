import { Button } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Cost, CostEstimate, WorkspaceState } from '../../main/app/bridge/contract';
import { call } from '../bridge';
import { act } from '../common/actions';
import { draftOf } from '../problem/applyFix';
import classes from './RowNotices.module.css';

const HandInstalledDialog = lazy(() =>
  import('../dialogs/HandInstalledDialog').then((m) => ({ default: m.HandInstalledDialog })),
);

/** Saved settings the running server does not have yet, and what applying them takes. */
export function PendingNotice({ state, cost }: { state: WorkspaceState; cost: Cost }) {
  const { t } = useTranslation();
  const { workspace, phase } = state;
  const [found, setFound] = useState<CostEstimate['handInstalled']>();
  const [busy, setBusy] = useState(false);

  const apply = async () => {
    setBusy(true);
    try {
      // Before anything is recreated: what would be lost is named.
      const estimate = await call('workspace.estimate', {
        id: workspace.id,
        draft: draftOf(workspace),
        passwordChanged: false,
      });
      if (estimate.ok && estimate.value.handInstalled.length > 0) setFound(estimate.value.handInstalled);
      else await act('workspace.apply', { id: workspace.id });
    } finally {
      setBusy(false);
    }
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
      {found && (
        <Suspense>
          <HandInstalledDialog workspace={workspace} found={found} onClose={() => setFound(undefined)} />
        </Suspense>
      )}
    </div>
  );
}
