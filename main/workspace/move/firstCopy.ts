/** What a first copy to a cluster would carry: nothing is there to compare with, so nothing there is asked. */
import { ignores, parseIgnore } from './ignore';
import { listFolder } from './localList';
import { openLocal } from './localSide';
import { merge } from './merge';
import type { MoveRequest } from './comparison';
import type { Comparison } from './moveFiles';
import { summaryOf } from './summary';

export async function previewFirstCopy(
  { folder, workspaceId, sizeLimitBytes }: Pick<MoveRequest, 'folder' | 'workspaceId' | 'sizeLimitBytes'>,
  signal: AbortSignal,
): Promise<Comparison> {
  // Nothing over there can be told of what an earlier move left unfinished here.
  const { ignore } = await openLocal(folder, workspaceId, 'glance');
  const source = await listFolder(folder, {
    ignored: ignores(parseIgnore(ignore)),
    sizeLimit: sizeLimitBytes ?? 0,
    signal,
  });
  // A volume is a Linux disk.
  const traits = { platform: 'linux', insensitive: false } as const;
  const destination = new Map<string, never>();
  const plan = merge({ direction: 'to-cluster', source, destination, base: null, traits, label: '', trash: '' });
  return { ...summaryOf(plan, true), farSide: 'new' };
}
