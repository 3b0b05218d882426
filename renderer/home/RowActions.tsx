import { Button } from '@mantine/core';
import { IconPlayerPlayFilled, IconPlayerStopFilled, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { lostRoute } from '../common/route';

/** The one thing to do next, by phase. Labels name the workspace for those who hear them. */
export function RowActions({ state, prominent }: { state: WorkspaceState; prominent: boolean }) {
  const { t } = useTranslation();
  const { id, name } = state.workspace;
  if (state.move) {
    return (
      <Button
        variant="default"
        leftSection={<IconX size={14} />}
        disabled={!state.move.cancellable}
        aria-label={t('move.cancelOf', { name })}
        onClick={() => void act('move.cancel', { id })}
      >
        {t('common.cancel')}
      </Button>
    );
  }
  // While the way to it heals, the server runs: it can be looked at, and stopped.
  switch (lostRoute(state) ? 'ready' : state.phase) {
    case 'stopped':
      return (
        <Button
          variant={prominent ? 'filled' : 'default'}
          leftSection={<IconPlayerPlayFilled size={14} />}
          aria-label={t('home.startOf', { name })}
          onClick={() => void act('workspace.start', { id })}
        >
          {t('home.start')}
        </Button>
      );
    case 'preparing':
    case 'starting':
      return (
        <Button
          variant="default"
          leftSection={<IconX size={14} />}
          aria-label={t('home.cancelOf', { name })}
          onClick={() => void act('workspace.cancel', { id })}
        >
          {t('common.cancel')}
        </Button>
      );
    case 'ready':
      return (
        <>
          <Button
            variant="default"
            leftSection={<IconPlayerStopFilled size={14} />}
            aria-label={t('home.stopOf', { name })}
            onClick={() => void act('workspace.stop', { id })}
          >
            {t('home.stop')}
          </Button>
          <Button aria-label={t('home.openOf', { name })} onClick={() => void act('view.open', { id })}>
            {t('home.open')}
          </Button>
        </>
      );
    case 'stopping':
      return (
        <Button variant="default" disabled>
          {t('phase.stopping')}
        </Button>
      );
    case 'failed':
      // Its ways out stand beside the reason; without a known reason, trying again is the one.
      return state.problem ? null : (
        <Button
          variant="default"
          aria-label={t('home.startOf', { name })}
          onClick={() => void act('workspace.start', { id })}
        >
          {t('fix.retry')}
        </Button>
      );
  }
}
