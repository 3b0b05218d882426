import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './Warning.module.css';

/** A word of caution beside a setting: shape and words, not colour alone. */
export function Warning({ children }: { children: ReactNode }) {
  return (
    <div className={classes.warning}>
      <IconAlertTriangle size={15} aria-hidden className={classes.icon} />
      <div>{children}</div>
    </div>
  );
}
