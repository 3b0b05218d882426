import { Loader } from '@mantine/core';
import { IconCheck, IconCircleDashed } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { MoveState, WorkspaceState } from '../../main/app/bridge/contract';
import { formatBytes, formatCount } from '../common/bytes';
import { Elapsed } from '../common/Elapsed';
import { stepWords } from '../home/StartProgress';
import { percent } from '../home/stages';
import classes from '../home/StartProgress.module.css';
import { movePercent, moveStages, timeLeft } from './moveStages';

/** Where a switch stands: stages, the step in words, how far, how much, how long. */
export function MoveProgress({ state, move }: { state: WorkspaceState; move: MoveState }) {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  // While an image is built or a server started, that is what takes its time.
  const inner = move.stage === 'copying' || move.stage === 'returning' ? undefined : state.progress;
  const words = inner ? stepWords(inner, move.to, t) : t(`moveStage.${move.stage}`);
  const done = movePercent(move) ?? percent(inner);
  const copying = move.stage === 'copying' && move.filesTotal > 0;
  const left = copying && move.secondsLeft !== undefined ? timeLeft(move.secondsLeft) : undefined;

  return (
    <div className={classes.progress}>
      <ol className={classes.stages} aria-label={t('stages.title')}>
        {moveStages(move.stage).map(({ step, status }) => (
          <li
            key={step}
            className={classes.stage}
            data-status={status}
            aria-current={status === 'current' ? 'step' : undefined}
          >
            {status === 'done' && <IconCheck size={14} stroke={2.5} aria-label={t('stages.done')} role="img" />}
            {status === 'current' && <Loader size={12} aria-hidden />}
            {status === 'todo' && <IconCircleDashed size={14} aria-hidden />}
            <span>{t(`moveStep.${step}`)}</span>
          </li>
        ))}
      </ol>
      <div
        className={classes.track}
        role="progressbar"
        aria-label={words}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={done}
        data-unknown={done === undefined}
      >
        <div className={classes.bar} style={done === undefined ? undefined : { width: `${done}%` }} />
      </div>
      <div className={classes.words}>
        <span className={classes.step}>
          {words}
          {copying && (
            <>
              {' · '}
              {t('move.filesOf', {
                done: formatCount(move.filesDone, language),
                total: formatCount(move.filesTotal, language),
              })}
              {' · '}
              {t('move.bytesOf', {
                done: formatBytes(move.bytesDone, language),
                total: formatBytes(move.bytesTotal, language),
              })}
            </>
          )}
        </span>
        <span className={classes.numbers}>
          {left && <span>{t(`moveLeft.${left.unit}`, { count: left.count })}</span>}
          {done !== undefined && <span>{t('percent', { value: done })}</span>}
          <Elapsed since={move.since} />
        </span>
      </div>
    </div>
  );
}
