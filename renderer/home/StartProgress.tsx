import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Progress, TargetKind, WorkspaceState } from '../../main/app/bridge/contract';
import { Elapsed } from '../common/Elapsed';
import { StageProgress } from '../common/StageProgress';
import { isKnownWait } from '../common/waiting';
import { percent, stages } from './stages';

/** Where a start stands: stages, the step in words, how far, how long. */
export function StartProgress({ state }: { state: WorkspaceState }) {
  const { t } = useTranslation();
  const { progress } = state;
  const done = percent(progress);
  // Steps come and go; the clock runs from the first one seen.
  const [since, setSince] = useState(progress?.since);
  if (progress && (since === undefined || progress.since < since)) setSince(progress.since);
  const on = state.workspace.target.kind;
  const step = progress ? stepWords(progress, on, t) : t('step.begin');

  const counted = progress?.current !== undefined && progress.total !== undefined && progress.fraction === undefined;

  return (
    <StageProgress
      stages={stages(state.phase, progress, on).map(({ stage, status }) => ({
        id: stage,
        words: t(`stage.${stage}`),
        status,
      }))}
      words={step}
      done={done}
      detail={counted && <> · {t('step.of', { current: progress.current, total: progress.total })}</>}
      after={since && <Elapsed since={since} />}
    />
  );
}

/** The step; on a cluster, what it waits for there, once that is known. */
export function stepWords(progress: Progress, on: TargetKind, t: (key: string) => string): string {
  const { step, label } = progress;
  const waits = on === 'cluster' && label !== undefined && (step === 'start' || step === 'await-ready');
  if (!waits) return t(`step.${step}`);
  return isKnownWait(label) ? t(`waiting.${label}`) : `${t(`step.${step}`)} (${label})`;
}
