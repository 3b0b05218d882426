import { Button, Checkbox } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Workspace } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { ShortPath } from '../common/ShortPath';
import { Dialog } from '../dialogs/Dialog';
import { leave } from '../navigation';

/** Removing a workspace: the folder always stays, Lab's own settings go only when ticked. */
export function RemoveDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const { t } = useTranslation();
  const [removeHome, setRemoveHome] = useState(false);
  const [busy, setBusy] = useState(false);
  const remove = async () => {
    setBusy(true);
    const removed = await act('workspace.remove', { id: workspace.id, removeHome });
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
          <Button color="red" loading={busy} onClick={() => void remove()}>
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
      </p>
      <Checkbox
        checked={removeHome}
        onChange={(event) => setRemoveHome(event.currentTarget.checked)}
        label={t('remove.home')}
        description={t('remove.homeHint')}
      />
    </Dialog>
  );
}
