import { ActionIcon, Button } from '@mantine/core';
import { IconArrowLeft, IconPlayerStopFilled, IconReload, IconTerminal2 } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { PhaseMark } from '../common/PhaseMark';
import { barHeight } from './barHeight';
import { Download } from './Download';
import classes from './LabPage.module.css';

interface Props {
  state: WorkspaceState;
  status: 'loading' | 'shown' | 'lost';
  log: boolean;
  onLog: () => void;
}

export function LabBar({ state, status, log, onLog }: Props) {
  const { t } = useTranslation();
  const { workspace, phase } = state;
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
        {t(`phase.${phase}`)}
      </span>
      <span className={classes.space} />
      <Download workspace={workspace.id} />
      <ActionIcon
        variant="subtle"
        color="gray"
        disabled={phase !== 'ready' || status === 'loading'}
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
      {running && (
        <Button
          variant="subtle"
          color="gray"
          size="xs"
          leftSection={<IconPlayerStopFilled size={13} />}
          onClick={() => void act(phase === 'ready' ? 'workspace.stop' : 'workspace.cancel', { id: workspace.id })}
        >
          {phase === 'ready' ? t('home.stop') : t('common.cancel')}
        </Button>
      )}
    </header>
  );
}
