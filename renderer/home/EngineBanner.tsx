import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { EngineCandidate, EngineState } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { sourceName } from '../common/engineName';
import { PanelButton, ProblemPanel } from '../problem/ProblemPanel';
import { useProblemWords } from '../problem/useProblemWords';
import { Button } from '@mantine/core';
import classes from './EngineBanner.module.css';

/** No engine answers: why, for every place that was asked, and what to do. */
export function EngineBanner({ engine }: { engine: EngineState }) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const retry = async () => {
    setBusy(true);
    await act('engine.retry');
    setBusy(false);
  };
  return (
    <div className={classes.banner}>
      <ProblemPanel problem={engine.problem ?? { reason: 'engine-absent' }} tone="warn" headingLevel={2}>
        <Button size="xs" loading={busy} onClick={() => void retry()}>
          {t('fix.engine-retry')}
        </Button>
        <PanelButton first={false} onClick={() => void act('app.openExternal', { link: 'engine-help' })}>
          {t('fix.engine-help')}
        </PanelButton>
        {engine.candidates.length > 0 && (
          <details className={classes.asked}>
            <summary>{t('engine.asked', { count: engine.candidates.length })}</summary>
            <ul>
              {engine.candidates.map((candidate) => (
                <Refusal key={`${candidate.source} ${candidate.host}`} candidate={candidate} />
              ))}
            </ul>
          </details>
        )}
      </ProblemPanel>
    </div>
  );
}

function Refusal({ candidate }: { candidate: EngineCandidate }) {
  const words = useProblemWords();
  const { host, problem } = candidate;
  return (
    <li className={classes.candidate}>
      <strong>{sourceName(candidate)}</strong> <code translate="no">{host}</code>
      {problem && (
        <p>
          {words(problem).title}
          {problem.detail && <span translate="no"> ({problem.detail})</span>}
        </p>
      )}
    </li>
  );
}
