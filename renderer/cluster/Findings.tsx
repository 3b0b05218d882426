import { IconAlertTriangleFilled, IconCircleXFilled } from '@tabler/icons-react';
import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { PreflightFinding, Workspace } from '../../main/app/bridge/contract';
import { moveFixes } from '../move/moveFixes';
import { applyFix } from '../problem/applyFix';
import { useFixWords } from '../problem/useFixWords';
import { useProblemWords } from '../problem/useProblemWords';
import classes from './Findings.module.css';

interface Props {
  findings: readonly PreflightFinding[];
  workspace: Workspace;
  /** Ways out lead to another page: what stands in front of it closes. undefined: this is that page. */
  onLeave?: () => void;
}

/** What preflight found: what blocks first, each in plain words. */
export function Findings({ findings, workspace, onLeave }: Props) {
  const { t } = useTranslation();
  const words = useProblemWords();
  const fixWords = useFixWords();
  return (
    <ul className={classes.findings} aria-label={t('check.findings')}>
      {findings.map(({ problem, blocks }, index) => {
        const { title, cause, next } = words(problem);
        const Icon = blocks ? IconCircleXFilled : IconAlertTriangleFilled;
        const [fix] = onLeave ? moveFixes(problem, workspace) : [];
        return (
          <li key={index} className={classes.finding} data-blocks={blocks}>
            <Icon
              size={17}
              className={classes.icon}
              role="img"
              aria-label={t(blocks ? 'check.blocks' : 'check.warns')}
            />
            <div className={classes.words}>
              <p className={classes.title}>{title}</p>
              <p>{cause}</p>
              {next && <p className={classes.next}>{next}</p>}
              {problem.detail && (
                <details>
                  <summary>{t('problem.details')}</summary>
                  <pre tabIndex={0} translate="no">
                    {problem.detail}
                  </pre>
                </details>
              )}
            </div>
            {fix && (
              <Button
                size="compact-sm"
                variant="default"
                className={classes.fix}
                onClick={() => {
                  onLeave?.();
                  void applyFix(fix, workspace);
                }}
              >
                {fixWords(fix)}
              </Button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
