import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { addHandInstalled, linesOf, type HandInstalled, type Workspace } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { draftOf } from '../problem/applyFix';
import { Dialog } from './Dialog';
import classes from './List.module.css';

interface Props {
  workspace: Workspace;
  found: HandInstalled[];
  onClose: () => void;
}

/** Packages somebody installed in the running server: a new container would not have them. */
export function HandInstalledDialog({ workspace, found, onClose }: Props) {
  const { t } = useTranslation();
  const { id } = workspace;
  const keep = async () => {
    onClose();
    const draft = draftOf(workspace);
    await act('workspace.update', {
      id,
      draft: { ...draft, kernels: addHandInstalled(draft.kernels, found) },
      apply: true,
    });
  };
  const lose = async () => {
    onClose();
    await act('workspace.apply', { id });
  };
  return (
    <Dialog
      title={t('handInstalled.title')}
      onClose={onClose}
      buttons={
        <>
          <Button variant="default" onClick={onClose}>
            {t('common.cancel')}
          </Button>
          <Button variant="default" onClick={() => void lose()}>
            {t('handInstalled.lose')}
          </Button>
          <Button data-autofocus onClick={() => void keep()}>
            {t('handInstalled.keep')}
          </Button>
        </>
      }
    >
      <p>{t('handInstalled.words')}</p>
      <ul className={classes.list} tabIndex={0} aria-label={t('handInstalled.list')} translate="no">
        {found.map((entry) => (
          <li key={entry.kernel}>
            <span>{entry.kernel}:</span> {linesOf(entry).join(', ')}
          </li>
        ))}
      </ul>
      <p className={classes.dim}>{t('handInstalled.cost')}</p>
    </Dialog>
  );
}
