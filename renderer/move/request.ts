/** Which dialog about a switch is open. Small, for it is part of the first frame; the dialogs come when one is asked for. */
import { useSyncExternalStore } from 'react';
import type { TargetKind, WorkspaceState } from '../../main/app/bridge/contract';

export type MoveDialogRequest =
  | { kind: 'move'; workspace: string; to: TargetKind }
  /** How the last switch ended. */
  | { kind: 'report'; workspace: string }
  /** Removing what was left behind. */
  | { kind: 'forget'; workspace: string };

let open: MoveDialogRequest | undefined;
const listeners = new Set<() => void>();

export function showMoveDialog(next: MoveDialogRequest | undefined) {
  open = next;
  for (const listener of listeners) listener();
}

export function useMoveDialog(): MoveDialogRequest | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => open,
  );
}

/** The other side of where a workspace runs. */
export const otherSide = ({ workspace }: Pick<WorkspaceState, 'workspace'>): TargetKind =>
  workspace.target.kind === 'local' ? 'cluster' : 'local';
