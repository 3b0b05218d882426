import { MantineProvider } from '@mantine/core';
import { lazy, Suspense, useEffect, useLayoutEffect } from 'react';
import { DialogHost } from './dialogs/DialogHost';
import { HomePage } from './home/HomePage';
import { speak } from './i18n';
import { Announcer } from './common/Announcer';
import { useNavigation } from './navigation';
import { useAppState } from './state';
import { cssVariables, theme } from './theme';

const loadLab = () => import('./lab/LabPage').then((m) => ({ default: m.LabPage }));
const loadSettings = () => import('./settings/WorkspaceSettings').then((m) => ({ default: m.WorkspaceSettings }));
const LabPage = lazy(loadLab);
const WorkspaceSettings = lazy(loadSettings);
const NewWorkspace = lazy(() => import('./settings/NewWorkspace').then((m) => ({ default: m.NewWorkspace })));
const PreferencesPage = lazy(() =>
  import('./preferences/PreferencesPage').then((m) => ({ default: m.PreferencesPage })),
);

export function App() {
  const colours = useAppState((state) => state.theme);
  const locale = useAppState((state) => state.locale);
  const view = useAppState((state) => state.view);
  const lab = view.kind === 'lab';
  useLayoutEffect(() => void performance.mark('labdock:drawn'), []);
  useEffect(() => void speak(locale), [locale]);
  useEffect(() => {
    // The pages most likely wanted next are read once nothing else is to do, so that they come without a blank moment.
    // Not before the first frame has long been painted: idle moments come before it, too.
    let idle = 0;
    const timer = setTimeout(() => {
      idle = requestIdleCallback(() => void loadLab().then(loadSettings));
    }, 2000);
    return () => {
      clearTimeout(timer);
      cancelIdleCallback(idle);
    };
  }, []);

  return (
    <MantineProvider theme={theme} cssVariablesResolver={cssVariables} forceColorScheme={colours}>
      {lab && (
        <Suspense>
          <LabPage key={view.workspace} id={view.workspace} status={view.status} />
        </Suspense>
      )}
      {/* Below the Lab the page stays as it was left, half-made edits included. */}
      <div style={{ height: '100%' }} hidden={lab}>
        <Suspense>
          <CurrentPage />
        </Suspense>
      </div>
      <DialogHost />
      <Announcer />
    </MantineProvider>
  );
}

function CurrentPage() {
  const { page } = useNavigation();
  switch (page.kind) {
    case 'home':
      return <HomePage />;
    case 'new':
      return <NewWorkspace />;
    case 'workspace':
      return <WorkspaceSettings key={page.id} id={page.id} section={page.section} field={page.field} />;
    case 'preferences':
      return <PreferencesPage section={page.section} field={page.field} />;
  }
}
