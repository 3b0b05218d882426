import { ActionIcon, Button } from '@mantine/core';
import {
  IconAlertTriangle,
  IconArrowLeft,
  IconCheck,
  IconCloudDown,
  IconCloudUp,
  IconLink,
  IconPlayerStopFilled,
  IconReload,
  IconTerminal2,
  IconX,
} from '@tabler/icons-react';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { PhaseMark } from '../common/PhaseMark';
import { Place } from '../common/Place';
import { lostRoute } from '../common/route';
import { movePercent } from '../move/moveStages';
import { otherSide, showMoveDialog } from '../move/request';
import { barHeight } from './barHeight';
import { Download } from './Download';
import classes from './LabPage.module.css';

const AddressesDialog = lazy(() => import('../cluster/AddressesDialog').then((m) => ({ default: m.AddressesDialog })));

interface Props {
  state: WorkspaceState;
  status: 'loading' | 'shown' | 'lost';
  log: boolean;
  onLog: () => void;
}

export function LabBar({ state, status, log, onLog }: Props) {
  const { t } = useTranslation();
  const { workspace, phase, move, moved, addresses } = state;
  const { id } = workspace;
  const [asking, setAsking] = useState(false);
  const to = otherSide(state);
  const settled = phase === 'stopped' || phase === 'failed' || phase === 'ready';
  const stops = phase === 'ready' || lostRoute(state) !== undefined;
  const running = phase === 'ready' || phase === 'starting' || phase === 'preparing';
  return (
    <header className={classes.bar} style={{ height: barHeight }}>
      <ActionIcon
        variant="subtle"
        color="gray"
        aria-label={t('lab.back')}
        title={t('lab.back')}
        onClick={() => void act('view.home')}
      >
        <IconArrowLeft size={19} stroke={1.7} />
      </ActionIcon>
      <span className={classes.divider} />
      <h1 className={classes.name} title={workspace.name} dir="auto">
        {workspace.name}
      </h1>
      <span className={classes.phase}>
        <PhaseMark state={state} size={15} />
        <Phase state={state} />
      </span>
      {workspace.target.kind === 'cluster' && (
        <span className={classes.where}>
          <Place workspace={workspace} on="cluster" />
        </span>
      )}
      <span className={classes.space} />
      <Download workspace={id} />
      {moved && !move && (
        <Button
          variant="light"
          color={moved.problem ? 'orange' : 'green'}
          size="compact-sm"
          className={classes.report}
          data-tone={moved.problem ? 'warn' : 'good'}
          leftSection={moved.problem ? <IconAlertTriangle size={14} /> : <IconCheck size={14} />}
          onClick={() => showMoveDialog({ kind: 'report', workspace: id })}
        >
          {moved.problem ? t(`moved.failed.${moved.to}`) : t(`moved.title.${moved.to}`)}
        </Button>
      )}
      {addresses && phase === 'ready' && (
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('addresses.title')}
          title={t('addresses.title')}
          onClick={() => setAsking(true)}
        >
          <IconLink size={18} stroke={1.6} />
        </ActionIcon>
      )}
      {!move && (
        <ActionIcon
          variant="subtle"
          color="gray"
          disabled={!settled}
          aria-label={t(`move.open.${to}`)}
          title={t(`move.open.${to}`)}
          onClick={() => showMoveDialog({ kind: 'move', workspace: id, to })}
        >
          {to === 'cluster' ? <IconCloudUp size={18} stroke={1.6} /> : <IconCloudDown size={18} stroke={1.6} />}
        </ActionIcon>
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        disabled={phase !== 'ready' || status === 'loading' || move !== undefined}
        aria-label={t('lab.reload')}
        title={t('lab.reload')}
        onClick={() => void act('view.reload')}
      >
        <IconReload size={18} stroke={1.6} />
      </ActionIcon>
      <ActionIcon
        variant={log ? 'light' : 'subtle'}
        color="gray"
        aria-pressed={log}
        aria-label={t('home.log')}
        title={t('home.log')}
        onClick={onLog}
      >
        <IconTerminal2 size={18} stroke={1.6} />
      </ActionIcon>
      {move ? (
        <Button
          variant="subtle"
          color="gray"
          size="xs"
          disabled={!move.cancellable}
          leftSection={<IconX size={13} />}
          aria-label={t('move.cancelOf', { name: workspace.name })}
          onClick={() => void act('move.cancel', { id })}
        >
          {t('common.cancel')}
        </Button>
      ) : running ? (
        <Button
          variant="subtle"
          color="gray"
          size="xs"
          leftSection={<IconPlayerStopFilled size={13} />}
          onClick={() => void act(stops ? 'workspace.stop' : 'workspace.cancel', { id })}
        >
          {stops ? t('home.stop') : t('common.cancel')}
        </Button>
      ) : null}
      {asking && addresses && (
        <Suspense>
          <AddressesDialog id={id} addresses={addresses} onClose={() => setAsking(false)} />
        </Suspense>
      )}
    </header>
  );
}

/** The phase in a word; what a switch does, or that the way to the cluster is lost, counts for more. */
function Phase({ state }: { state: WorkspaceState }) {
  const { t } = useTranslation();
  const { move, phase } = state;
  if (move) {
    const done = movePercent(move);
    return (
      <span className={classes.doing}>
        {t(`moving.${move.to}`)}
        {done !== undefined && ` · ${t('percent', { value: done })}`}
      </span>
    );
  }
  return lostRoute(state) ? (
    <span className={classes.trouble} role="status" title={t('route.words')}>
      {t('route.lost')}
    </span>
  ) : (
    <>{t(`phase.${phase}`)}</>
  );
}
