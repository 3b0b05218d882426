import { ActionIcon } from '@mantine/core';
import { IconCloudDown, IconCloudUp, IconFolderOpen, IconSettings, IconTerminal2 } from '@tabler/icons-react';
import { lazy, memo, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { PhaseMark } from '../common/PhaseMark';
import { Place } from '../common/Place';
import { lostRoute } from '../common/route';
import { otherSide, showMoveDialog } from '../move/request';
import { go } from '../navigation';
import { RowActions } from './RowActions';
import { StartProgress } from './StartProgress';
import classes from './WorkspaceRow.module.css';

// Nothing of these is on screen at the first frame of a quiet list.
const LogView = lazy(() => import('../log/LogView').then((m) => ({ default: m.LogView })));
const MoveProgress = lazy(() => import('../move/MoveProgress').then((m) => ({ default: m.MoveProgress })));
const RowNotices = lazy(() => import('./RowNotices').then((m) => ({ default: m.RowNotices })));

export const WorkspaceRow = memo(function WorkspaceRow({ state, only }: { state: WorkspaceState; only: boolean }) {
  const { t } = useTranslation();
  const { workspace, phase, problem, move } = state;
  const { id, name, target } = workspace;
  const [logOpen, setLogOpen] = useState(false);
  const route = lostRoute(state);
  const working = !move && !route && (phase === 'preparing' || phase === 'starting');
  const failed = !move && phase === 'failed' && problem !== undefined;
  // A failure is explained beside its log.
  const log = logOpen || failed;
  const notices =
    !move &&
    (problem !== undefined ||
      route !== undefined ||
      state.pending !== undefined ||
      state.moved !== undefined ||
      state.recoverable.length > 0 ||
      (phase === 'ready' && state.addresses !== undefined));
  const to = otherSide(state);
  const settled = phase === 'stopped' || phase === 'failed' || phase === 'ready';

  return (
    <li className={classes.row} aria-labelledby={`name-${id}`} data-phase={phase} data-workspace={id}>
      <div className={classes.main}>
        <span className={classes.mark}>
          <PhaseMark state={state} />
        </span>
        <div className={classes.who}>
          <h2 id={`name-${id}`} className={classes.name} title={name} dir="auto">
            {name}
          </h2>
          <p className={classes.facts}>
            <span className={classes.phase} data-phase={move || route ? 'busy' : phase}>
              {phaseWords(state, t)}
            </span>
            <span className={classes.kernels} title={workspace.kernels.map((k) => k.displayName).join(', ')}>
              {workspace.kernels.map((k) => k.displayName).join(', ')}
            </span>
            <span className={classes.port}>{t('home.port', { port: workspace.port })}</span>
          </p>
          <p className={classes.folder}>
            <Place workspace={workspace} on={target.kind} />
          </p>
        </div>
        <div className={classes.tools}>
          {!failed && (
            <ActionIcon
              variant={logOpen ? 'light' : 'subtle'}
              color="gray"
              aria-pressed={logOpen}
              aria-label={t('home.logOf', { name })}
              title={t('home.log')}
              onClick={() => setLogOpen(!logOpen)}
            >
              <IconTerminal2 size={18} stroke={1.6} />
            </ActionIcon>
          )}
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('home.folderOf', { name })}
            title={t('home.folder')}
            onClick={() => void act('files.reveal', { id })}
          >
            <IconFolderOpen size={18} stroke={1.6} />
          </ActionIcon>
          {!move && (
            <ActionIcon
              variant="subtle"
              color="gray"
              disabled={!settled}
              aria-label={t(`move.of.${to}`, { name })}
              title={t(`move.open.${to}`)}
              onClick={() => showMoveDialog({ kind: 'move', workspace: id, to })}
            >
              {to === 'cluster' ? <IconCloudUp size={18} stroke={1.6} /> : <IconCloudDown size={18} stroke={1.6} />}
            </ActionIcon>
          )}
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={t('home.settingsOf', { name })}
            title={t('home.settings')}
            onClick={() => go({ kind: 'workspace', id, section: 'general' })}
          >
            <IconSettings size={18} stroke={1.6} />
          </ActionIcon>
        </div>
        <div className={classes.actions}>
          <RowActions state={state} prominent={only} />
        </div>
      </div>
      {(working || move || notices || log) && (
        <div className={classes.more} data-split={failed}>
          {working && <StartProgress state={state} />}
          <Suspense>
            {move && <MoveProgress state={state} move={move} />}
            {notices && <RowNotices state={state} />}
            {log && <LogView id={id} />}
          </Suspense>
        </div>
      )}
    </li>
  );
});

function phaseWords({ phase, progress, move, conditions }: WorkspaceState, t: (key: string) => string): string {
  if (move) return t(`moving.${move.to}`);
  if (lostRoute({ phase, conditions })) return t('route.short');
  return phase === 'stopping' && progress ? t(`step.${progress.step}`) : t(`phase.${phase}`);
}
