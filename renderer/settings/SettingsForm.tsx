import { lazy, Suspense, useEffect, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import { markDirty, settingsSections, type SettingsSection } from '../navigation';
import { firstSection, sectionsWithProblems } from './fields';
import { GeneralSection } from './GeneralSection';
import { ImageSection } from './ImageSection';
import { KernelsSection } from './KernelsSection';
import { PasswordSection } from './PasswordSection';
import { ResourcesSection } from './ResourcesSection';
import { SectionedPage } from './SectionedPage';
import { ServerSection } from './ServerSection';
import type { DraftForm } from './useForm';

const ClusterSection = lazy(() => import('../cluster/ClusterSection').then((m) => ({ default: m.ClusterSection })));

interface Props {
  title: string;
  form: DraftForm;
  stored: WorkspaceState['password'];
  /** undefined: the workspace does not exist yet. */
  state?: WorkspaceState;
  section: SettingsSection;
  /** Dotted path of the field to look at first. */
  field?: string;
  onSave: () => void;
  onBack: () => void;
  footer: ReactNode;
  generalExtra?: ReactNode;
}

/** The sections of a workspace's settings; the same for an existing and for a new one. */
export function SettingsForm({
  title,
  form,
  stored,
  state,
  field,
  onSave,
  onBack,
  footer,
  generalExtra,
  ...props
}: Props) {
  const { t } = useTranslation();
  const [section, setSection] = useState(props.section);
  const wrong = sectionsWithProblems(form.problems);

  // Saving in vain leads to the reason.
  const [seen, setSeen] = useState(form.attempts);
  if (form.attempts !== seen) {
    setSeen(form.attempts);
    const first = firstSection(form.problems);
    if (first && !wrong.has(section)) setSection(first);
  }

  useEffect(() => {
    markDirty(form.dirty);
    return () => markDirty(false);
  }, [form.dirty]);

  useEffect(() => {
    if (!field) return;
    const element = document.getElementById(`field-${field}`);
    element?.scrollIntoView({ block: 'center' });
    element?.focus();
  }, [field]);

  return (
    <SectionedPage
      title={title}
      section={section}
      onSection={setSection}
      onBack={onBack}
      onSave={onSave}
      sections={settingsSections.map((id) => ({ id, label: t(`section.${id}`), wrong: wrong.has(id) }))}
      footer={footer}
    >
      {section === 'general' && (
        <>
          <GeneralSection form={form} />
          {generalExtra}
        </>
      )}
      {section === 'kernels' && <KernelsSection form={form} />}
      {section === 'image' && <ImageSection form={form} />}
      {section === 'password' && <PasswordSection form={form} stored={stored} />}
      {section === 'resources' && <ResourcesSection form={form} />}
      {section === 'server' && <ServerSection form={form} id={state?.workspace.id} />}
      {section === 'cluster' && (
        <Suspense>
          <ClusterSection form={form} state={state} field={field} />
        </Suspense>
      )}
    </SectionedPage>
  );
}
