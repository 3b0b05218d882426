import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { act } from '../common/actions';
import { go, preferencesSections, type PreferencesSection } from '../navigation';
import { SectionedPage } from '../settings/SectionedPage';
import { useAppState } from '../state';
import { AboutSection } from './AboutSection';
import { AppearanceSection } from './AppearanceSection';
import { BuildFooter } from './BuildFooter';
import { BuildSection } from './BuildSection';
import { EngineSection } from './EngineSection';
import { useBuildForm } from './useBuildForm';

interface Props {
  section: PreferencesSection;
  field?: string;
}

/** Preferences of this computer's user. What is harmless applies at once; how images are built waits for Save. */
export function PreferencesPage({ section: first, field }: Props) {
  const { t } = useTranslation();
  const preferences = useAppState((state) => state.preferences);
  const [section, setSection] = useState(first);
  const build = useBuildForm(preferences.build);
  const set = (change: Partial<typeof preferences>) => void act('app.preferences', change);

  return (
    <SectionedPage
      title={t('preferences.title')}
      sections={preferencesSections.map((id) => ({
        id,
        label: t(`preferencesSection.${id}`),
        wrong: id === 'build' && Object.keys(build.problems).length > 0,
      }))}
      section={section}
      onSection={setSection}
      onBack={() => go({ kind: 'home' })}
      onSave={() => void build.save()}
      footer={(section === 'build' || build.dirty) && <BuildFooter form={build} />}
    >
      {section === 'appearance' && <AppearanceSection preferences={preferences} onChange={set} />}
      {section === 'engine' && <EngineSection preferences={preferences} onChange={set} />}
      {section === 'build' && <BuildSection form={build} field={field} />}
      {section === 'about' && <AboutSection />}
    </SectionedPage>
  );
}
