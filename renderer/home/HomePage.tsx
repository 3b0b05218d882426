import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { useShortcuts } from '../common/useShortcuts';
import { go } from '../navigation';
import { useAppState } from '../state';
import { isFirstStart } from './firstStart';
import { FirstStart } from './FirstStart';
import { HomeHeader } from './HomeHeader';
import { WorkspaceRow } from './WorkspaceRow';
import classes from './HomePage.module.css';

const EngineBanner = lazy(() => import('./EngineBanner').then((m) => ({ default: m.EngineBanner })));
const Notices = lazy(() => import('./Notices').then((m) => ({ default: m.Notices })));

export function HomePage() {
  const { t } = useTranslation();
  const workspaces = useAppState((state) => state.workspaces);
  const engine = useAppState((state) => state.engine);
  const notices = useAppState((state) => state.notices);
  // Who works on clusters only needs no engine here; a start that does says so itself.
  const local = workspaces.length === 0 || workspaces.some(({ workspace }) => workspace.target.kind === 'local');
  const first = workspaces.length === 1 ? workspaces[0] : undefined;
  useShortcuts({
    'mod+n': () => go({ kind: 'new' }),
    'mod+,': () => go({ kind: 'preferences', section: 'appearance' }),
  });

  return (
    <div className={classes.page}>
      <HomeHeader />
      <main className={classes.main}>
        <div className={classes.column}>
          <Suspense>
            {notices.length > 0 && <Notices notices={notices} />}
            {engine.status === 'unavailable' && local && <EngineBanner engine={engine} />}
          </Suspense>
          {workspaces.length === 0 ? (
            <section className={classes.empty}>
              <h2>{t('home.empty')}</h2>
              <p>{t('home.emptyWords')}</p>
              <Button leftSection={<IconPlus size={16} />} onClick={() => go({ kind: 'new' })}>
                {t('home.new')}
              </Button>
            </section>
          ) : first && isFirstStart(first) ? (
            <FirstStart state={first} />
          ) : (
            <ul className={classes.list} aria-label={t('home.title')}>
              {workspaces.map((state) => (
                <WorkspaceRow key={state.workspace.id} state={state} only={workspaces.length === 1} />
              ))}
            </ul>
          )}
        </div>
      </main>
    </div>
  );
}
