import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { TargetKind } from '../../main/app/bridge/contract';
import { showMoveDialog } from '../move/request';
import classes from './fields.module.css';
import { Section } from './SectionedPage';

/** What a switch left on the other side, and the way to be rid of it. */
export function LeftBehind({ id, side }: { id: string; side: TargetKind }) {
  const { t } = useTranslation();
  return (
    <Section title={t('leftBehind.section')} hint={t(`leftBehind.words.${side}`)}>
      <div className={classes.row}>
        <Button variant="default" onClick={() => showMoveDialog({ kind: 'forget', workspace: id })}>
          {t(`leftBehind.open.${side}`)}
        </Button>
      </div>
    </Section>
  );
}
