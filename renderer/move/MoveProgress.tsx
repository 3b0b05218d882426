import { useTranslation } from 'react-i18next';
import type { MoveState, WorkspaceState } from '../../main/app/bridge/contract';
import { formatBytes, formatCount } from '../common/bytes';
import { Elapsed } from '../common/Elapsed';
import { StageProgress } from '../common/StageProgress';
import { stepWords } from '../home/StartProgress';
import { percent } from '../home/stages';
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
    <StageProgress
      stages={moveStages(move.stage).map(({ step, status }) => ({ id: step, words: t(`moveStep.${step}`), status }))}
      words={words}
      done={done}
      detail={
        copying && (
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
        )
      }
      before={left && <span>{t(`moveLeft.${left.unit}`, { count: left.count })}</span>}
      after={<Elapsed since={move.since} />}
    />
  );
}
