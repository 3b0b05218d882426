import { Loader } from '@mantine/core';
import { IconCheck, IconCircleDashed } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './StageProgress.module.css';

interface Props {
  stages: readonly { id: string; words: string; status: 'done' | 'current' | 'todo' }[];
  /** What is being done now; names the bar. */
  words: string;
  /** 0 to 100, or undefined where nobody knows. */
  done: number | undefined;
  /** Behind the words: how much of it. */
  detail?: ReactNode;
  /** Beside the percentage: how long. Before and after it. */
  before?: ReactNode;
  after?: ReactNode;
}

/** Where something long stands: its stages, the step in words, how far, how long. */
export function StageProgress({ stages, words, done, detail, before, after }: Props) {
  const { t } = useTranslation();
  return (
    <div className={classes.progress}>
      <ol className={classes.stages} aria-label={t('stages.title')}>
        {stages.map(({ id, words: name, status }) => (
          <li
            key={id}
            className={classes.stage}
            data-status={status}
            aria-current={status === 'current' ? 'step' : undefined}
          >
            {status === 'done' && <IconCheck size={14} stroke={2.5} aria-label={t('stages.done')} role="img" />}
            {status === 'current' && <Loader size={12} aria-hidden />}
            {status === 'todo' && <IconCircleDashed size={14} aria-hidden />}
            <span>{name}</span>
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
          {detail}
        </span>
        <span className={classes.numbers}>
          {before}
          {done !== undefined && <span>{t('percent', { value: done })}</span>}
          {after}
        </span>
      </div>
    </div>
  );
}
