import { Radio, SegmentedControl } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Preferences } from '../../main/app/bridge/contract';
import fields from '../settings/fields.module.css';
import { Section } from '../settings/SectionedPage';
import classes from './Preferences.module.css';

export interface PreferencesProps {
  preferences: Preferences;
  onChange: (change: Partial<Preferences>) => void;
}

export function AppearanceSection({ preferences, onChange }: PreferencesProps) {
  const { t } = useTranslation();
  return (
    <Section title={t('preferencesSection.appearance')}>
      <div className={classes.choice}>
        <span id="label-language" className={classes.label}>
          {t('preferences.language')}
        </span>
        <SegmentedControl
          aria-labelledby="label-language"
          value={preferences.language}
          onChange={(language) => onChange({ language: language })}
          data={[
            { value: 'system', label: t('preferences.system') },
            // Languages call themselves by their own names.
            { value: 'en', label: 'English' },
            { value: 'ko', label: '한국어' },
          ]}
        />
      </div>
      <div className={classes.choice}>
        <span id="label-theme" className={classes.label}>
          {t('preferences.theme')}
        </span>
        <SegmentedControl
          aria-labelledby="label-theme"
          value={preferences.theme}
          onChange={(theme) => onChange({ theme: theme })}
          data={[
            { value: 'system', label: t('preferences.system') },
            { value: 'light', label: t('preferences.light') },
            { value: 'dark', label: t('preferences.dark') },
          ]}
        />
      </div>
      <Radio.Group
        label={t('preferences.onQuit')}
        value={preferences.onQuit}
        onChange={(onQuit) => onChange({ onQuit: onQuit })}
      >
        <div className={fields.group} style={{ marginTop: 10 }}>
          <Radio value="ask" label={t('preferences.quitAsk')} />
          <Radio value="keep" label={t('preferences.quitKeep')} />
          <Radio value="stop" label={t('preferences.quitStop')} />
        </div>
      </Radio.Group>
    </Section>
  );
}
