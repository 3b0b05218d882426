import type { WorkspaceState } from '../../main/app/bridge/contract';
import { FixButtons } from '../problem/FixButtons';
import { ProblemPanel } from '../problem/ProblemPanel';
import { PendingNotice } from './PendingNotice';
import { RecoverNotice } from './RecoverNotice';
import classes from './RowNotices.module.css';

/** All there is to say about a workspace beyond its phase. */
export function RowNotices({ state }: { state: WorkspaceState }) {
  const { phase, problem, workspace } = state;
  const failed = phase === 'failed';
  return (
    <div className={classes.notices}>
      {problem && (
        <ProblemPanel problem={problem} tone={failed ? 'bad' : 'warn'}>
          {/* While stopped, the Start button of the row is the way to try again. */}
          {(failed || phase === 'stopped') && <FixButtons problem={problem} workspace={workspace} withRetry={failed} />}
        </ProblemPanel>
      )}
      {state.pending && <PendingNotice state={state} cost={state.pending} />}
      {state.recoverable.length > 0 && <RecoverNotice id={workspace.id} files={state.recoverable} />}
    </div>
  );
}
