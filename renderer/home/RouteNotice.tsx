import { useTranslation } from 'react-i18next';
import type { Condition, Workspace } from '../../main/app/bridge/contract';
import { Elapsed } from '../common/Elapsed';
import { FixButtons } from '../problem/FixButtons';
import { ProblemPanel } from '../problem/ProblemPanel';
import classes from './RowNotices.module.css';

/** The way to the cluster is lost, and Labdock is at it: calm where it only takes time, plain where somebody has to do something. */
export function RouteNotice({ route, workspace }: { route: Condition; workspace: Workspace }) {
  const { t } = useTranslation();
  const { problem } = route;
  if (problem && problem.reason !== 'route-lost' && problem.reason !== 'cluster-unreachable') {
    return (
      <ProblemPanel problem={problem} tone="warn">
        <FixButtons problem={problem} workspace={workspace} withRetry={false} />
      </ProblemPanel>
    );
  }
  return (
    <div className={classes.notice} data-tone="warn">
      <p className={classes.words}>
        <strong>{t('route.lost')}</strong> {t('route.words')}
      </p>
      <span className={classes.files}>
        <Elapsed since={route.since} />
      </span>
    </div>
  );
}
