import { Button, Loader } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { useLater } from '../common/useLater';
import { StartProgress } from '../home/StartProgress';
import { LogView } from '../log/LogView';
import { MoveProgress } from '../move/MoveProgress';
import { FixButtons } from '../problem/FixButtons';
import { ProblemPanel } from '../problem/ProblemPanel';
import classes from './LabPage.module.css';

interface Props {
  state: WorkspaceState;
  status: 'loading' | 'lost';
}

/** What stands where the Lab will be, or was: where it is on its way, or why it is gone and what to do. */
export function LabArea({ state, status }: Props) {
  const { t } = useTranslation();
  const { workspace, phase, problem, move } = state;
  const { id } = workspace;
  const slow = useLater(status === 'loading' && phase === 'ready', 400);

  if (move) {
    return (
      <main className={classes.area}>
        <div className={classes.center}>
          <h2 className={classes.heading}>{t(`moving.${move.to}`)}</h2>
          <MoveProgress state={state} move={move} />
          <p className={classes.words}>{t('move.safe')}</p>
          <LogView id={id} />
        </div>
      </main>
    );
  }
  if (phase === 'preparing' || phase === 'starting') {
    return (
      <main className={classes.area}>
        <div className={classes.center}>
          <StartProgress state={state} />
          <LogView id={id} />
        </div>
      </main>
    );
  }
  if (phase === 'failed' || (phase === 'stopped' && problem)) {
    return (
      <main className={classes.area}>
        <div className={classes.center}>
          <ProblemPanel
            problem={problem ?? { reason: 'unexpected' }}
            tone={phase === 'failed' ? 'bad' : 'warn'}
            headingLevel={2}
          >
            <FixButtons problem={problem ?? { reason: 'unexpected' }} workspace={workspace} />
          </ProblemPanel>
          <LogView id={id} />
        </div>
      </main>
    );
  }
  if (phase === 'ready' && status === 'loading') {
    return (
      <main className={classes.area} aria-busy="true">
        <div className={`${classes.center} ${classes.calm}`} role="status">
          {/* A page that comes at once needs no spinner before it. */}
          {slow && (
            <>
              <Loader size={24} aria-hidden />
              <p>{t('lab.loading')}</p>
            </>
          )}
        </div>
      </main>
    );
  }
  const stopped = phase === 'stopped';
  return (
    <main className={classes.area}>
      <div className={`${classes.center} ${classes.calm}`}>
        <h2>{phase === 'stopping' ? t('phase.stopping') : stopped ? t('lab.stopped') : t('lab.lost')}</h2>
        {phase === 'ready' && <p>{t('lab.lostWords')}</p>}
        {stopped && <p>{t('lab.stoppedWords')}</p>}
        <div className={classes.buttons}>
          {phase === 'ready' && <Button onClick={() => void act('view.reload')}>{t('lab.reload')}</Button>}
          {stopped && <Button onClick={() => void act('workspace.start', { id })}>{t('home.start')}</Button>}
          <Button variant="default" onClick={() => void act('view.home')}>
            {t('lab.back')}
          </Button>
        </div>
      </div>
    </main>
  );
}
