import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { linesOf, type AppState, type Input } from '../../main/app/bridge/contract';
import { useWorkspace } from '../state';
import { Dialog } from './Dialog';
import classes from './List.module.css';

interface Props {
  question: Extract<NonNullable<AppState['question']>, { kind: 'hand-installed' }>;
  answer: (choice: Input<'app.answer'>['choice']) => void;
}

/** Packages somebody installed in the server: a new container would not have them. */
export function HandInstalledDialog({ question, answer }: Props) {
  const { t } = useTranslation();
  const workspace = useWorkspace(question.workspace)?.workspace;
  const name = workspace?.name ?? question.workspace;
  const { found } = question;
  // An image that is not built here has whatever it has.
  const keepable = found !== null && workspace?.image.kind === 'build';
  return (
    <Dialog
      title={keepable ? t('handInstalled.title') : t('handInstalled.anewTitle')}
      onClose={() => answer('cancel')}
      buttons={
        <>
          <Button variant="default" data-autofocus={keepable ? undefined : true} onClick={() => answer('cancel')}>
            {t('common.cancel')}
          </Button>
          <Button variant="default" onClick={() => answer('discard')}>
            {found ? t('handInstalled.lose') : t('handInstalled.goOn')}
          </Button>
          {keepable && (
            <Button data-autofocus onClick={() => answer('keep')}>
              {t('handInstalled.keep')}
            </Button>
          )}
        </>
      }
    >
      <p>{found ? t('handInstalled.question', { name }) : t('handInstalled.unknown', { name })}</p>
      {found && (
        <ul className={classes.list} tabIndex={0} aria-label={t('handInstalled.list')} translate="no">
          {found.map((entry) => (
            <li key={entry.kernel}>
              <span>{entry.kernel}:</span> {linesOf(entry).join(', ')}
            </li>
          ))}
        </ul>
      )}
      {keepable && <p className={classes.dim}>{t('handInstalled.cost')}</p>}
    </Dialog>
  );
}
