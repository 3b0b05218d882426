import { Button, Checkbox } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { Place } from '../common/Place';
import { ShortPath } from '../common/ShortPath';
import { Dialog } from '../dialogs/Dialog';
import { isTyped, TypedName } from '../dialogs/TypedName';
import { leave } from '../navigation';

/** Removing a workspace: the folder always stays; Lab's own settings, and files on a cluster, go only when asked for. */
export function RemoveDialog({ state, onClose }: { state: WorkspaceState; onClose: () => void }) {
  const { t } = useTranslation();
  const { workspace, leftBehind } = state;
  const on = workspace.target.kind;
  const [removeHome, setRemoveHome] = useState(false);
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  // Files that are nowhere else are asked for by name.
  const byName = on === 'cluster' && removeHome;
  const remove = async () => {
    setBusy(true);
    const removed = await act('workspace.remove', {
      id: workspace.id,
      removeHome,
      ...(byName && { typedName: typed }),
    });
    setBusy(false);
    onClose();
    if (removed) leave({ kind: 'home' });
  };
  return (
    <Dialog
      title={t('remove.title', { name: workspace.name })}
      onClose={onClose}
      buttons={
        <>
          <Button variant="default" data-autofocus onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button
            color="red"
            disabled={byName && !isTyped(typed, workspace.name)}
            loading={busy}
            onClick={() => void remove()}
          >
            {t('common.remove')}
          </Button>
        </>
      }
    >
      <p>{t('remove.words')}</p>
      <p>
        <strong>{t('remove.stays')}</strong>
        <br />
        <ShortPath path={workspace.folder} />
        {(leftBehind === 'cluster' || (on === 'cluster' && !removeHome)) && (
          <>
            <br />
            <Place workspace={workspace} on="cluster" />
          </>
        )}
      </p>
      <Checkbox
        checked={removeHome}
        onChange={(event) => setRemoveHome(event.currentTarget.checked)}
        label={t(`remove.home.${on}`)}
        description={t(`remove.homeHint.${on}`)}
      />
      {byName && <TypedName name={workspace.name} value={typed} onChange={setTyped} />}
    </Dialog>
  );
}
