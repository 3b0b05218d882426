import type { WorkspaceState } from '../../main/app/bridge/contract';
import { Addresses } from '../cluster/Addresses';
import { lostRoute } from '../common/route';
import { MoveReportPanel } from '../move/MoveReportPanel';
import { FixButtons } from '../problem/FixButtons';
import { ProblemPanel } from '../problem/ProblemPanel';
import { PendingNotice } from './PendingNotice';
import { RecoverNotice } from './RecoverNotice';
import { RouteNotice } from './RouteNotice';
import classes from './RowNotices.module.css';

/** All there is to say about a workspace beyond its phase. */
export function RowNotices({ state }: { state: WorkspaceState }) {
  const { phase, problem, workspace, move, moved, addresses } = state;
  const failed = phase === 'failed';
  const route = lostRoute(state);
  // What moves says so itself; the rest counts once it has arrived.
  if (move) return null;
  return (
    <div className={classes.notices}>
      {moved && <MoveReportPanel state={state} report={moved} />}
      {problem && !route && (
        <ProblemPanel problem={problem} tone={failed ? 'bad' : 'warn'}>
          {/* While stopped, the Start button of the row is the way to try again. */}
          {(failed || phase === 'stopped') && <FixButtons problem={problem} workspace={workspace} withRetry={failed} />}
        </ProblemPanel>
      )}
      {route && <RouteNotice route={route} workspace={workspace} />}
      {state.pending && <PendingNotice state={state} cost={state.pending} />}
      {state.recoverable.length > 0 && <RecoverNotice id={workspace.id} files={state.recoverable} />}
      {phase === 'ready' && addresses && <Addresses id={workspace.id} addresses={addresses} />}
    </div>
  );
}
