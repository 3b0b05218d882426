import { Button } from '@mantine/core';
import { IconPlayerPlayFilled } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { ShortPath } from '../common/ShortPath';
import { go } from '../navigation';
import classes from './FirstStart.module.css';

/** What a person sees who opened Labdock for the first time: one thing to do. */
export function FirstStart({ state }: { state: WorkspaceState }) {
  const { t } = useTranslation();
  const { id, name, folder, kernels } = state.workspace;
  return (
    <section className={classes.first} aria-labelledby={`name-${id}`} data-workspace={id} data-phase={state.phase}>
      <h2 id={`name-${id}`} className={classes.name} dir="auto">
        {name}
      </h2>
      <p className={classes.facts}>
        <span>{kernels.map((kernel) => kernel.displayName).join(', ')}</span>
        <ShortPath path={folder} />
      </p>
      <Button
        size="lg"
        data-autofocus
        className={classes.start}
        leftSection={<IconPlayerPlayFilled size={17} />}
        aria-label={t('home.startOf', { name })}
        onClick={() => void act('workspace.start', { id })}
      >
        {t('home.start')}
      </Button>
      <p className={classes.hint}>{t('home.firstStart')}</p>
      <Button
        size="compact-sm"
        variant="subtle"
        color="gray"
        className={classes.settings}
        aria-label={t('home.settingsOf', { name })}
        onClick={() => go({ kind: 'workspace', id, section: 'general' })}
      >
        {t('home.settings')}
      </Button>
    </section>
  );
}
