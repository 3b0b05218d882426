import { Loader } from '@mantine/core';
import { IconAlertTriangleFilled, IconCircle, IconCircleCheckFilled, IconAlertCircle } from '@tabler/icons-react';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import { lostRoute } from './route';
import classes from './PhaseMark.module.css';

/** The phase as a shape of its own, never by colour alone; the word stands beside it. */
export function PhaseMark({ state, size = 18 }: { state: WorkspaceState; size?: number }) {
  if (state.move || lostRoute(state)) return <Loader className={classes.busy} size={size - 2} aria-hidden />;
  switch (state.phase) {
    case 'ready':
      return <IconCircleCheckFilled className={classes.good} size={size} aria-hidden />;
    case 'failed':
      return <IconAlertTriangleFilled className={classes.bad} size={size} aria-hidden />;
    case 'preparing':
    case 'starting':
    case 'stopping':
      return <Loader className={classes.busy} size={size - 2} aria-hidden />;
    case 'stopped':
      return state.problem ? (
        <IconAlertCircle className={classes.warn} size={size} aria-hidden />
      ) : (
        <IconCircle className={classes.off} size={size} aria-hidden />
      );
  }
}
