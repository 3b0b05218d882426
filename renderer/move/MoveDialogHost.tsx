import { useEffect } from 'react';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import { useWorkspace } from '../state';
import { ForgetDialog } from './ForgetDialog';
import { MoveDialog } from './MoveDialog';
import { MoveReportDialog } from './MoveReportDialog';
import { showMoveDialog, type MoveDialogRequest } from './request';

const close = () => showMoveDialog(undefined);

/** The dialog that was asked for, as long as there is something to say in it. */
export function MoveDialogHost({ request }: { request: MoveDialogRequest }) {
  const state = useWorkspace(request.workspace);
  const dialog = state && dialogFor(request, state);
  const over = !dialog;
  useEffect(() => {
    if (over) close();
  }, [over]);
  return dialog ?? null;
}

function dialogFor(request: MoveDialogRequest, state: WorkspaceState) {
  switch (request.kind) {
    case 'move':
      return state.move || state.workspace.target.kind === request.to ? undefined : (
        <MoveDialog key={`${state.workspace.id} ${request.to}`} state={state} to={request.to} onClose={close} />
      );
    case 'report':
      return state.moved && <MoveReportDialog state={state} report={state.moved} onClose={close} />;
    case 'forget':
      return state.leftBehind && <ForgetDialog state={state} side={state.leftBehind} onClose={close} />;
  }
}
