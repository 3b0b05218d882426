import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { TargetKind, WorkspaceState } from '../../main/app/bridge/contract';
import { call } from '../bridge';
import { Place } from '../common/Place';
import { Dialog } from '../dialogs/Dialog';
import { isTyped, TypedName } from '../dialogs/TypedName';
import type { Problem } from '../../main/app/bridge/contract';
import { ProblemPanel } from '../problem/ProblemPanel';

interface Props {
  state: WorkspaceState;
  side: TargetKind;
  onClose: () => void;
}

/** Removing what a workspace left behind. Cannot be undone, so it is asked for by name. */
export function ForgetDialog({ state, side, onClose }: Props) {
  const { t } = useTranslation();
  const { workspace } = state;
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const remove = async () => {
    setBusy(true);
    const answer = await call('move.forget', { id: workspace.id, typedName: typed });
    setBusy(false);
    if (answer.ok) onClose();
    else setProblem(answer.problem);
  };
  return (
    <Dialog
      title={t(`forget.title.${side}`)}
      onClose={onClose}
      buttons={
        <>
          <Button variant="default" data-autofocus onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button color="red" disabled={!isTyped(typed, workspace.name)} loading={busy} onClick={() => void remove()}>
            {t('common.remove')}
          </Button>
        </>
      }
    >
      {side === 'cluster' && (
        <p>
          <Place workspace={workspace} on="cluster" />
        </p>
      )}
      <p>{t(`forget.words.${side}`)}</p>
      <p>
        <strong>{t(`forget.stays.${side}`)}</strong>
        <br />
        {side === 'local' && <Place workspace={workspace} on="local" />}
      </p>
      <TypedName name={workspace.name} value={typed} onChange={setTyped} />
      {problem && <ProblemPanel problem={problem} />}
    </Dialog>
  );
}
