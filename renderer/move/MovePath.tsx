import { IconArrowRight } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { TargetKind, Workspace } from '../../main/app/bridge/contract';
import { Place } from '../common/Place';
import classes from './Move.module.css';

/** From where to where. */
export function MovePath({ workspace, to }: { workspace: Workspace; to: TargetKind }) {
  const { t } = useTranslation();
  const from = to === 'cluster' ? 'local' : 'cluster';
  return (
    <div className={classes.path}>
      <End workspace={workspace} on={from} />
      <IconArrowRight size={18} stroke={1.6} className={classes.arrow} role="img" aria-label={t('move.to')} />
      <End workspace={workspace} on={to} />
    </div>
  );
}

function End({ workspace, on }: { workspace: Workspace; on: TargetKind }) {
  const { t } = useTranslation();
  return (
    <div className={classes.end}>
      <span className={classes.dim}>{t(`place.${on}`)}</span>
      <Place workspace={workspace} on={on} />
    </div>
  );
}
