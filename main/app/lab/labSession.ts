/** The partition of one workspace: its own cookies, cache and storage, and next to no permissions. */
import { session, type DownloadItem, type Session, type WebContents } from 'electron';
import { guardSession } from '../hardening';
import { decidePermission } from './permissionPolicy';

export interface LabSessionHooks {
  /** The workspace's server, null while there is none. */
  origin(): string | null;
  refused(): void;
  download(item: DownloadItem, from: WebContents | undefined): void;
}

const partition = (workspaceId: string) => `persist:lab-${workspaceId}`;
const current = new Map<string, LabSessionHooks>();

/** Handlers belong to the session and are set once; the hooks are those of the workspace's present view. */
export function labSession(workspaceId: string, hooks: LabSessionHooks): Session {
  const of = session.fromPartition(partition(workspaceId));
  const known = current.has(workspaceId);
  current.set(workspaceId, hooks);
  if (known) return of;
  const now = () => current.get(workspaceId);
  guardSession(of, (permission, requester) => decidePermission(permission, requester, now()?.origin() ?? null));
  of.webRequest.onCompleted({ urls: ['http://*/*', 'https://*/*'] }, (details) => {
    const origin = now()?.origin();
    if (details.statusCode === 403 && origin && details.url.startsWith(`${origin}/`)) now()?.refused();
  });
  of.on('will-download', (event, item, from) => {
    const hooksNow = now();
    if (hooksNow) hooksNow.download(item, from);
    else event.preventDefault();
  });
  return of;
}

/** Forgets a removed workspace's cookies, cache and storage. */
export async function clearLabSession(workspaceId: string): Promise<void> {
  current.delete(workspaceId);
  await session.fromPartition(partition(workspaceId)).clearStorageData();
  await session.fromPartition(partition(workspaceId)).clearCache();
}
