import { Button } from '@mantine/core';
import { useId, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { Problem } from '../../main/app/bridge/contract';
import { useProblemWords } from './useProblemWords';
import classes from './ProblemPanel.module.css';

interface Props {
  problem: Problem;
  tone?: 'bad' | 'warn';
  /** Buttons below the words. */
  children?: ReactNode;
  headingLevel?: 2 | 3;
  /** What it happened to, above the title. */
  lead?: string;
  /** What holds all the same, below the words. */
  note?: string;
}

/** A problem in plain words: what, why, what next; the technical text one click away. */
export function ProblemPanel({ problem, tone = 'bad', children, headingLevel = 3, lead, note }: Props) {
  const { t } = useTranslation();
  const words = useProblemWords()(problem);
  const id = useId();
  const Heading = `h${headingLevel}` as const;
  return (
    <section className={classes.panel} data-tone={tone} aria-labelledby={id}>
      {lead && <p className={classes.lead}>{lead}</p>}
      <Heading id={id} className={classes.title}>
        {words.title}
      </Heading>
      {words.cause && <p className={classes.cause}>{words.cause}</p>}
      {words.next && <p className={classes.next}>{words.next}</p>}
      {note && <p className={classes.next}>{note}</p>}
      {children && <div className={classes.actions}>{children}</div>}
      {problem.detail && (
        <details className={classes.details}>
          <summary>{t('problem.details')}</summary>
          <pre tabIndex={0} translate="no">
            {problem.detail}
          </pre>
        </details>
      )}
    </section>
  );
}

/** First action filled, the others quiet. */
export function PanelButton({
  first,
  onClick,
  children,
}: {
  first: boolean;
  onClick: () => void;
  children: ReactNode;
}) {
  return (
    <Button size="xs" variant={first ? 'filled' : 'default'} onClick={onClick}>
      {children}
    </Button>
  );
}
