import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { appState, subscribe } from '../state';
import { phaseChanges, type Announcement } from './announcements';

const unseen = { position: 'absolute', width: 1, height: 1, overflow: 'hidden', clipPath: 'inset(50%)' } as const;

/** Says phase changes to those who cannot see them, wherever they are in the window. */
export function Announcer() {
  const { t } = useTranslation();
  const [changes, setChanges] = useState<Announcement[]>([]);
  const before = useRef(appState().workspaces);
  useEffect(
    () =>
      subscribe(() => {
        const now = appState().workspaces;
        const found = phaseChanges(before.current, now);
        before.current = now;
        if (found.length > 0) setChanges(found);
      }),
    [],
  );
  return (
    <div role="status" aria-live="polite" style={unseen}>
      {changes.map((change) => t('announce', { name: change.name, phase: words(change, t) })).join(' ')}
    </div>
  );
}

function words(change: Announcement, t: (key: string) => string): string {
  if ('phase' in change) return t(`phase.${change.phase}`);
  if (change.move === 'begun') return t(`moving.${change.to}`);
  if (change.move === 'arrived') return t(`moved.title.${change.to}`);
  return change.move === 'failed' ? t(`moved.failed.${change.to}`) : t('moved.cancelled');
}
