import { Loader } from '@mantine/core';
import { IconCheck, IconCircleDashed } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Progress, TargetKind, WorkspaceState } from '../../main/app/bridge/contract';
import { Elapsed } from '../common/Elapsed';
import { isKnownWait } from '../common/waiting';
import { percent, stages } from './stages';
import classes from './StartProgress.module.css';

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

  return (
    <div className={classes.progress}>
      <ol className={classes.stages} aria-label={t('stages.title')}>
        {stages(state.phase, progress, on).map(({ stage, status }) => (
          <li
            key={stage}
            className={classes.stage}
            data-status={status}
            aria-current={status === 'current' ? 'step' : undefined}
          >
            {status === 'done' && <IconCheck size={14} stroke={2.5} aria-label={t('stages.done')} role="img" />}
            {status === 'current' && <Loader size={12} aria-hidden />}
            {status === 'todo' && <IconCircleDashed size={14} aria-hidden />}
            <span>{t(`stage.${stage}`)}</span>
          </li>
        ))}
      </ol>
      <div
        className={classes.track}
        role="progressbar"
        aria-label={step}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={done}
        data-unknown={done === undefined}
      >
        <div className={classes.bar} style={done === undefined ? undefined : { width: `${done}%` }} />
      </div>
      <div className={classes.words}>
        <span className={classes.step}>
          {step}
          {progress?.current !== undefined && progress.total !== undefined && progress.fraction === undefined && (
            <> · {t('step.of', { current: progress.current, total: progress.total })}</>
          )}
        </span>
        <span className={classes.numbers}>
          {done !== undefined && <span>{t('percent', { value: done })}</span>}
          {since && <Elapsed since={since} />}
        </span>
      </div>
    </div>
  );
}

/** The step; on a cluster, what it waits for there, once that is known. */
export function stepWords(progress: Progress, on: TargetKind, t: (key: string) => string): string {
  const { step, label } = progress;
  const waits = on === 'cluster' && label !== undefined && (step === 'start' || step === 'await-ready');
  if (!waits) return t(`step.${step}`);
  return isKnownWait(label) ? t(`waiting.${label}`) : `${t(`step.${step}`)} (${label})`;
}
