import type { Workspace, WorkspaceDraft } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { go } from '../navigation';
import type { Fix } from './fixes';

/** The editable part of a workspace. */
export function draftOf({ id: _id, wanted: _wanted, ...draft }: Workspace): WorkspaceDraft {
  return draft;
}

async function changeAndStart(workspace: Workspace, change: Partial<WorkspaceDraft>) {
  const { id } = workspace;
  const saved = await act('workspace.update', { id, draft: { ...draftOf(workspace), ...change }, apply: false });
  if (saved) await act('workspace.start', { id });
}

export async function applyFix(fix: Fix, workspace: Workspace): Promise<void> {
  const { id } = workspace;
  switch (fix.kind) {
    case 'retry':
      await act('workspace.start', { id });
      return;
    case 'use-port':
      return changeAndStart(workspace, { port: fix.port });
    case 'pick-folder': {
      const picked = await act('files.pickFolder', { current: workspace.folder });
      if (picked?.value.path) await changeAndStart(workspace, { folder: picked.value.path });
      return;
    }
    case 'pick-archive': {
      const picked = await act('files.pickFile', { kind: 'image-archive' });
      if (picked?.value.path) await changeAndStart(workspace, { image: { kind: 'archive', path: picked.value.path } });
      return;
    }
    case 'build-on':
      return changeAndStart(workspace, { image: { kind: 'build', base: fix.reference } });
    case 'without-gpu':
      return changeAndStart(workspace, { resources: { ...workspace.resources, gpu: 'none' } });
    case 'settings':
    case 'preferences':
      await act('view.home');
      go(
        fix.kind === 'settings'
          ? { kind: 'workspace', id, section: fix.section, field: fix.field }
          : { kind: 'preferences', section: fix.section, field: fix.field },
      );
      return;
    case 'adopt':
      await act('cluster.adopt', { id });
      return;
    case 'engine-retry':
      await act('engine.retry');
      return;
    case 'engine-help':
      await act('app.openExternal', { link: 'engine-help' });
      return;
  }
}
