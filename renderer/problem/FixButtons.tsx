import type { Problem, Workspace } from '../../main/app/bridge/contract';
import { applyFix } from './applyFix';
import { fixesFor } from './fixes';
import { PanelButton } from './ProblemPanel';
import { useFixWords } from './useFixWords';

/** The ways out of a workspace's problem. `retry` is left out where another Start button stands beside. */
export function FixButtons({
  problem,
  workspace,
  withRetry = true,
}: {
  problem: Problem;
  workspace: Workspace;
  withRetry?: boolean;
}) {
  const words = useFixWords();
  const fixes = fixesFor(problem, workspace).filter((fix) => withRetry || fix.kind !== 'retry');
  return fixes.map((fix, index) => (
    <PanelButton
      key={JSON.stringify(fix)}
      first={withRetry && index === 0}
      onClick={() => void applyFix(fix, workspace)}
    >
      {words(fix)}
    </PanelButton>
  ));
}
