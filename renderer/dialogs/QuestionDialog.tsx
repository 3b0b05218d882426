import '@mantine/core/styles/Input.layer.css';
import '@mantine/core/styles/InlineInput.layer.css';
import '@mantine/core/styles/Checkbox.layer.css';
import { Button, Checkbox } from '@mantine/core';
import { lazy, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AppState, Input } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { useAppState, useWorkspace } from '../state';
import { Dialog } from './Dialog';
import classes from './List.module.css';

const HandInstalledDialog = lazy(() =>
  import('./HandInstalledDialog').then((m) => ({ default: m.HandInstalledDialog })),
);
const MoveDialog = lazy(() => import('../move/MoveDialog').then((m) => ({ default: m.MoveDialog })));

type Question = NonNullable<AppState['question']>;
type Choice = Input<'app.answer'>['choice'];

/** A question of main. Closing it is always `cancel`; the focus starts on what loses nothing. */
export function QuestionDialog({ question }: { question: Question }) {
  const answer = (choice: Choice) => void act('app.answer', { id: question.id, choice });
  switch (question.kind) {
    case 'quit':
      return question.moving ? (
        <QuitMovingDialog ids={question.moving} answer={answer} />
      ) : (
        <QuitDialog ids={question.running} answer={answer} />
      );
    case 'hand-installed':
      return <HandInstalledDialog question={question} answer={answer} />;
    case 'move':
      return <MoveQuestion question={question} answer={answer} />;
    default:
      return <StopDialog question={question} answer={answer} />;
  }
}

/** The tray asked for a switch: its dialog starts it. */
function MoveQuestion({
  question,
  answer,
}: {
  question: Extract<Question, { kind: 'move' }>;
  answer: (choice: Choice) => void;
}) {
  const state = useWorkspace(question.workspace);
  const pointless = !state || state.move !== undefined || state.workspace.target.kind === question.to;
  useEffect(() => {
    if (pointless) answer('cancel');
    // Once is enough: the question goes away with its answer.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [pointless]);
  return pointless ? null : (
    <MoveDialog state={state} to={question.to} onClose={(started) => answer(started ? 'proceed' : 'cancel')} />
  );
}

// Main may name workspaces by id or by name.
function useNames(ids: readonly string[]): string[] {
  const workspaces = useAppState((state) => state.workspaces);
  return ids.map((id) => workspaces.find((w) => w.workspace.id === id)?.workspace.name ?? id);
}

/** A move is not left alone half-way: quitting takes it back first. */
function QuitMovingDialog({ ids, answer }: { ids: string[]; answer: (choice: Choice) => void }) {
  const { t } = useTranslation();
  const names = useNames(ids);
  return (
    <Dialog
      title={t('quit.title')}
      onClose={() => answer('cancel')}
      buttons={
        <>
          <Button variant="default" onClick={() => answer('keep')}>
            {t('quit.takeBack')}
          </Button>
          <Button data-autofocus onClick={() => answer('cancel')}>
            {t('quit.letMove')}
          </Button>
        </>
      }
    >
      <p>{t('quit.moving', { count: names.length })}</p>
      <ul className={classes.list} tabIndex={0} aria-label={t('quit.movingList')}>
        {names.map((name, index) => (
          <li key={index}>{name}</li>
        ))}
      </ul>
    </Dialog>
  );
}

function QuitDialog({ ids, answer }: { ids: string[]; answer: (choice: Choice) => void }) {
  const { t } = useTranslation();
  const [remember, setRemember] = useState(false);
  const names = useNames(ids);
  const choose = async (choice: 'stop' | 'keep') => {
    if (remember) await act('app.preferences', { onQuit: choice });
    answer(choice);
  };
  return (
    <Dialog
      title={t('quit.title')}
      onClose={() => answer('cancel')}
      buttons={
        <>
          <Button variant="default" onClick={() => answer('cancel')}>
            {t('common.cancel')}
          </Button>
          <Button variant="default" onClick={() => void choose('stop')}>
            {t('quit.stop')}
          </Button>
          <Button data-autofocus onClick={() => void choose('keep')}>
            {t('quit.keep')}
          </Button>
        </>
      }
    >
      <p>{t('quit.words', { count: names.length })}</p>
      <ul className={classes.list} tabIndex={0} aria-label={t('quit.running')}>
        {names.map((name, index) => (
          <li key={index}>{name}</li>
        ))}
      </ul>
      <Checkbox
        size="sm"
        checked={remember}
        onChange={(event) => setRemember(event.currentTarget.checked)}
        label={t('quit.remember')}
      />
    </Dialog>
  );
}

function StopDialog({
  question,
  answer,
}: {
  question: Extract<Question, { kind: 'unsaved' | 'busy-kernels' }>;
  answer: (choice: Choice) => void;
}) {
  const { t } = useTranslation();
  const workspaces = useAppState((state) => state.workspaces);
  const name = workspaces.find((w) => w.workspace.id === question.workspace)?.workspace.name ?? question.workspace;
  const items = question.kind === 'unsaved' ? question.files : question.kernels;
  return (
    <Dialog
      title={t(`question.${question.kind}.title`)}
      onClose={() => answer('cancel')}
      buttons={
        <>
          <Button variant="default" color="red" onClick={() => answer('proceed')}>
            {t(`question.${question.kind}.proceed`)}
          </Button>
          <Button data-autofocus onClick={() => answer('cancel')}>
            {t(`question.${question.kind}.cancel`)}
          </Button>
        </>
      }
    >
      <p>{t(`question.${question.kind}.words`, { name, count: items.length })}</p>
      {items.length > 0 && (
        <ul className={classes.list} tabIndex={0} aria-label={t(`question.${question.kind}.list`)}>
          {items.map((item, index) => (
            <li key={index} translate="no">
              {item}
            </li>
          ))}
        </ul>
      )}
    </Dialog>
  );
}
