import { ActionIcon, Button } from '@mantine/core';
import { IconAdjustmentsHorizontal, IconPlus } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { PageHeading } from '../common/PageHeading';
import { go } from '../navigation';
import { EngineWord } from './EngineWord';
import classes from './HomeHeader.module.css';

export function HomeHeader() {
  const { t } = useTranslation();
  return (
    <header className={classes.header}>
      <div className={classes.inner}>
        <PageHeading className={classes.title}>{t('home.title')}</PageHeading>
        <EngineWord />
        <span className={classes.space} />
        <Button variant="default" size="xs" leftSection={<IconPlus size={15} />} onClick={() => go({ kind: 'new' })}>
          {t('home.new')}
        </Button>
        <ActionIcon
          variant="subtle"
          color="gray"
          aria-label={t('home.preferences')}
          title={t('home.preferences')}
          onClick={() => go({ kind: 'preferences', section: 'appearance' })}
        >
          <IconAdjustmentsHorizontal size={19} stroke={1.6} />
        </ActionIcon>
      </div>
    </header>
  );
}
