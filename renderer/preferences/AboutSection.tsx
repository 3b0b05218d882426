import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { act } from '../common/actions';
import fields from '../settings/fields.module.css';
import { SecretsNote } from '../settings/SecretsNote';
import { Section } from '../settings/SectionedPage';
import { useAppState } from '../state';
import classes from './Preferences.module.css';

export function AboutSection() {
  const { t } = useTranslation();
  const version = useAppState((state) => state.version);
  const engine = useAppState((state) => state.engine.chosen);
  return (
    <Section title={t('preferencesSection.about')} hint={t('about.what')}>
      <dl className={classes.facts}>
        <dt>{t('about.version')}</dt>
        <dd translate="no">{version}</dd>
        <dt>{t('preferencesSection.engine')}</dt>
        <dd>
          {engine?.info
            ? t('engine.using', { product: t(`engine.product.${engine.info.product}`), version: engine.info.version })
            : t('engine.none')}
        </dd>
        <dt>{t('about.licence')}</dt>
        <dd translate="no">MIT</dd>
        <dt>{t('about.secrets')}</dt>
        <dd>
          <SecretsNote />
        </dd>
      </dl>
      <div className={fields.row}>
        <Button variant="default" onClick={() => void act('app.openExternal', { link: 'documentation' })}>
          {t('about.documentation')}
        </Button>
        <Button variant="default" onClick={() => void act('app.openExternal', { link: 'license' })}>
          {t('about.showLicence')}
        </Button>
      </div>
    </Section>
  );
}
