import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../common/actions';
import { useCover } from '../common/cover';
import { LogView } from '../log/LogView';
import { useWorkspace } from '../state';
import { LabArea } from './LabArea';
import { LabBar } from './LabBar';
import classes from './LabPage.module.css';

interface Props {
  id: string;
  status: 'loading' | 'shown' | 'lost';
}

/** The bar above a workspace's Lab, and what stands below it while the Lab itself is not shown. */
export function LabPage({ id, status }: Props) {
  const { t } = useTranslation();
  const state = useWorkspace(id);
  const [log, setLog] = useState(false);
  // The log takes the Lab's place: main hides the native view meanwhile.
  useCover(log);
  useEffect(() => {
    if (!log) return;
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') setLog(false);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [log]);
  // Removed while shown: there is nothing left to show.
  const gone = state === undefined;
  useEffect(() => {
    if (gone) void act('view.home');
  }, [gone]);
  if (!state) return null;
  return (
    <div className={classes.page}>
      <LabBar state={state} status={status} log={log} onLog={() => setLog(!log)} />
      {log ? (
        <main className={classes.log} aria-label={t('log.title')}>
          <LogView id={id} fill />
        </main>
      ) : status === 'shown' ? (
        // Main paints the Lab over this place.
        <main className={classes.area} aria-label="JupyterLab" />
      ) : (
        <LabArea state={state} status={status} />
      )}
    </div>
  );
}
