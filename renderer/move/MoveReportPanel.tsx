import { Button } from '@mantine/core';
import { IconCircleCheckFilled } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { MoveReport, WorkspaceState } from '../../main/app/bridge/contract';
import { formatBytes, formatCount } from '../common/bytes';
import { act } from '../common/actions';
import { applyFix } from '../problem/applyFix';
import { PanelButton, ProblemPanel } from '../problem/ProblemPanel';
import { useFixWords } from '../problem/useFixWords';
import { Conflicts } from './Conflicts';
import { LeftOutList } from './LeftOutList';
import { moveFixes } from './moveFixes';
import { showMoveDialog } from './request';
import classes from './Move.module.css';

interface Props {
  state: WorkspaceState;
  report: MoveReport;
  /** The reader turns to something else: a dialog around it closes. */
  onLeave?: () => void;
}

/** How the last switch ended, until the reader has seen it. */
export function MoveReportPanel({ state, report, onLeave }: Props) {
  return report.problem ? (
    <Failed state={state} report={report} problem={report.problem} onLeave={onLeave} />
  ) : (
    <Arrived state={state} report={report} onLeave={onLeave} />
  );
}

function Arrived({ state, report, onLeave }: Props) {
  const { t, i18n } = useTranslation();
  const { id } = state.workspace;
  const { files, bytes, to, conflictCount, leftOut, leftOutCount, leftOutBytes } = report;
  const count = (value: number) => formatCount(value, i18n.language);
  return (
    <section className={classes.report} aria-label={t(`moved.title.${to}`)}>
      <p className={classes.reportTitle}>
        <IconCircleCheckFilled size={17} aria-hidden />
        {t(`moved.title.${to}`)}
      </p>
      <p>
        {files > 0
          ? t('moved.files', { count: files, files: count(files), bytes: formatBytes(bytes, i18n.language) })
          : t('moved.noFiles')}{' '}
        {leftOutCount > 0 && t('moved.leftOut', { count: leftOutCount, files: count(leftOutCount) })}
      </p>
      {leftOutCount > 0 && <LeftOutList files={leftOut} count={leftOutCount} bytes={leftOutBytes} />}
      {conflictCount > 0 && <Conflicts conflicts={report.conflicts} count={conflictCount} to={to} />}
      {state.leftBehind && <p className={classes.dim}>{t(`leftBehind.words.${state.leftBehind}`)}</p>}
      <div className={classes.reportButtons}>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            onLeave?.();
            void act('move.dismiss', { id });
          }}
        >
          {t('common.gotIt')}
        </Button>
        {state.leftBehind && (
          <Button
            size="xs"
            variant="subtle"
            color="gray"
            onClick={() => showMoveDialog({ kind: 'forget', workspace: id })}
          >
            {t(`leftBehind.open.${state.leftBehind}`)}
          </Button>
        )}
      </div>
    </section>
  );
}

function Failed({ state, report, problem, onLeave }: Props & { problem: NonNullable<MoveReport['problem']> }) {
  const { t } = useTranslation();
  const fixWords = useFixWords();
  const { workspace } = state;
  const { id } = workspace;
  return (
    <ProblemPanel
      problem={problem}
      tone="warn"
      lead={t(`moved.failed.${report.to}`)}
      note={t(`moved.stayed.${report.to}`)}
    >
      <PanelButton first onClick={() => showMoveDialog({ kind: 'move', workspace: id, to: report.to })}>
        {t('fix.retry')}
      </PanelButton>
      {moveFixes(problem, workspace).map((fix) => (
        <PanelButton
          key={JSON.stringify(fix)}
          first={false}
          onClick={() => {
            onLeave?.();
            void applyFix(fix, workspace);
          }}
        >
          {fixWords(fix)}
        </PanelButton>
      ))}
      <PanelButton
        first={false}
        onClick={() => {
          onLeave?.();
          void act('move.dismiss', { id });
        }}
      >
        {t('common.gotIt')}
      </PanelButton>
    </ProblemPanel>
  );
}
