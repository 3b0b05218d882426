import '@mantine/core/styles/Input.layer.css';
import '@mantine/core/styles/InlineInput.layer.css';
import '@mantine/core/styles/Checkbox.layer.css';
import { Button, Checkbox } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AppState, Input } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { useAppState } from '../state';
import { Dialog } from './Dialog';
import classes from './List.module.css';

type Question = NonNullable<AppState['question']>;
type Choice = Input<'app.answer'>['choice'];

/** A question of main. Closing it is always `cancel`; the focus starts on what loses nothing. */
export function QuestionDialog({ question }: { question: Question }) {
  const answer = (choice: Choice) => void act('app.answer', { id: question.id, choice });
  return question.kind === 'quit' ? (
    <QuitDialog ids={question.running} answer={answer} />
  ) : (
    <StopDialog question={question} answer={answer} />
  );
}

function QuitDialog({ ids, answer }: { ids: string[]; answer: (choice: Choice) => void }) {
  const { t } = useTranslation();
  const workspaces = useAppState((state) => state.workspaces);
  const [remember, setRemember] = useState(false);
  // Main may name workspaces by id or by name.
  const names = ids.map((id) => workspaces.find((w) => w.workspace.id === id)?.workspace.name ?? id);
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
  question: Exclude<Question, { kind: 'quit' }>;
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
