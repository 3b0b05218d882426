import { Button, Loader } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { MovePreview, Outcome, Problem, TargetKind, WorkspaceState } from '../../main/app/bridge/contract';
import { call } from '../bridge';
import { Elapsed } from '../common/Elapsed';
import { Dialog } from '../dialogs/Dialog';
import { applyFix } from '../problem/applyFix';
import { PanelButton, ProblemPanel } from '../problem/ProblemPanel';
import { useFixWords } from '../problem/useFixWords';
import { MoveFacts } from './MoveFacts';
import { MovePath } from './MovePath';
import { moveFixes } from './moveFixes';
import classes from './Move.module.css';

interface Props {
  state: WorkspaceState;
  to: TargetKind;
  /** `started`: the switch is under way. */
  onClose: (started: boolean) => void;
}

/** What a switch would do, found out before anything is touched; then the switch itself, or not. */
export function MoveDialog({ state, to, onClose }: Props) {
  const { t } = useTranslation();
  const { workspace } = state;
  const { id } = workspace;
  const [preview, setPreview] = useState<Outcome<MovePreview>>();
  const [round, setRound] = useState(0);
  const [starting, setStarting] = useState(false);
  const [refusal, setRefusal] = useState<Problem>();

  useEffect(() => {
    let current = true;
    void call('move.preview', { id, to }).then((answer) => {
      if (current) setPreview(answer);
    });
    return () => {
      current = false;
    };
  }, [id, to, round]);

  const again = () => {
    setPreview(undefined);
    setRefusal(undefined);
    setRound(round + 1);
  };
  const start = async () => {
    setStarting(true);
    const answer = await call('move.start', { id, to });
    setStarting(false);
    if (answer.ok) onClose(true);
    else setRefusal(answer.problem);
  };
  const problem = refusal ?? (preview && !preview.ok ? preview.problem : undefined);
  const blocked = preview?.ok === true && preview.value.findings.some((finding) => finding.blocks);

  return (
    <Dialog
      size={620}
      title={t(`move.title.${to}`, { name: workspace.name })}
      onClose={() => onClose(false)}
      buttons={
        <>
          <Button variant="default" data-autofocus onClick={() => onClose(false)}>
            {t('common.cancel')}
          </Button>
          {blocked ? (
            <Button variant="default" onClick={again}>
              {t('move.lookAgain')}
            </Button>
          ) : null}
          <Button
            disabled={!preview?.ok || blocked || refusal !== undefined}
            loading={starting}
            onClick={() => void start()}
          >
            {t(`move.go.${to}`)}
          </Button>
        </>
      }
    >
      <MovePath workspace={workspace} to={to} />
      {problem ? (
        <Refused problem={problem} state={state} onAgain={again} onLeave={() => onClose(false)} />
      ) : preview?.ok ? (
        <MoveFacts preview={preview.value} state={state} onLeave={() => onClose(false)} />
      ) : (
        <Looking to={to} />
      )}
    </Dialog>
  );
}

function Looking({ to }: { to: TargetKind }) {
  const { t } = useTranslation();
  const [since] = useState(() => new Date().toISOString());
  return (
    <div className={classes.looking} role="status">
      <Loader size={18} aria-hidden />
      <p>{t(`move.looking.${to}`)}</p>
      <span className={classes.elapsed}>
        <Elapsed since={since} />
      </span>
    </div>
  );
}

function Refused({
  problem,
  state,
  onAgain,
  onLeave,
}: {
  problem: Problem;
  state: WorkspaceState;
  onAgain: () => void;
  onLeave: () => void;
}) {
  const { t } = useTranslation();
  const fixWords = useFixWords();
  const { workspace } = state;
  const missing = problem.reason === 'cluster-settings-missing';
  return (
    <ProblemPanel problem={problem} tone={missing ? 'warn' : 'bad'}>
      {moveFixes(problem, workspace).map((fix) => (
        <PanelButton
          key={JSON.stringify(fix)}
          first={missing}
          onClick={() => {
            onLeave();
            void applyFix(fix, workspace);
          }}
        >
          {fixWords(fix)}
        </PanelButton>
      ))}
      {!missing && (
        <PanelButton first={false} onClick={onAgain}>
          {t('fix.retry')}
        </PanelButton>
      )}
    </ProblemPanel>
  );
}
