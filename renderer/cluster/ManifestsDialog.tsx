import { Button } from '@mantine/core';
import { IconKey } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ManifestFolder, Problem, WorkspaceDraft } from '../../main/app/bridge/contract';
import { call } from '../bridge';
import { copyText } from '../common/copy';
import { Dialog } from '../dialogs/Dialog';
import { ProblemPanel } from '../problem/ProblemPanel';
import file from '../settings/RenderedDialog.module.css';
import classes from './Cluster.module.css';

interface Props {
  id: string;
  draft: WorkspaceDraft;
  folder: ManifestFolder;
  onClose: () => void;
}

/** The very objects that are applied, to read, copy or keep; the Secret is not among them, and how to make it is. */
export function ManifestsDialog({ id, draft, folder, onClose }: Props) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const [saved, setSaved] = useState<string>();
  const [saving, setSaving] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const note = folder.files.find(({ name }) => !/\.ya?ml$/.test(name));

  const copy = async () => {
    await copyText(folder.yaml);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  const save = async () => {
    setSaving(true);
    setProblem(undefined);
    const answer = await call('cluster.saveManifests', { id, draft });
    setSaving(false);
    if (!answer.ok) setProblem(answer.problem);
    else if (answer.value.path !== null) setSaved(answer.value.path);
  };

  return (
    <Dialog
      size={860}
      title={t('manifests.title')}
      onClose={onClose}
      buttons={
        <>
          <Button variant="default" loading={saving} onClick={() => void save()}>
            {t('manifests.save')}
          </Button>
          <Button variant="default" onClick={() => void copy()}>
            {copied ? t('log.copied') : t('common.copy')}
          </Button>
          <Button data-autofocus onClick={onClose}>
            {t('common.close')}
          </Button>
        </>
      }
    >
      <pre className={file.file} tabIndex={0} aria-label={t('manifests.title')} translate="no">
        {folder.yaml}
      </pre>
      <div className={classes.note}>
        <IconKey size={17} stroke={1.6} aria-hidden />
        <div className={classes.noteWords}>
          <p>{t('manifests.secret')}</p>
          {note && (
            <details>
              <summary>{t('manifests.how')}</summary>
              <pre tabIndex={0} aria-label={t('manifests.how')} translate="no">
                {note.content}
              </pre>
            </details>
          )}
        </div>
      </div>
      <div role="status">
        {saved && (
          <p className={classes.saved}>
            {t('manifests.saved')} <bdi translate="no">{saved}</bdi>
          </p>
        )}
      </div>
      {problem && <ProblemPanel problem={problem} />}
    </Dialog>
  );
}
