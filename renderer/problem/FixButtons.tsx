import { useTranslation } from 'react-i18next';
import type { Problem, Workspace } from '../../main/app/bridge/contract';
import { applyFix } from './applyFix';
import { fixesFor, type Fix } from './fixes';
import { PanelButton } from './ProblemPanel';

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
  const { t } = useTranslation();
  const words = (fix: Fix): string => {
    switch (fix.kind) {
      case 'use-port':
        return t('fix.use-port', { port: fix.port });
      case 'settings':
        return t('fix.settings', { section: t(`section.${fix.section}`) });
      case 'preferences':
        return t('fix.preferences', { section: t(`preferencesSection.${fix.section}`) });
      default:
        return t(`fix.${fix.kind}`);
    }
  };
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
