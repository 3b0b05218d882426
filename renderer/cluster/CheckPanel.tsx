import { Button } from '@mantine/core';
import { IconCircleCheckFilled, IconFileCode, IconListCheck } from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type {
  ManifestFolder,
  Outcome,
  PreflightFinding,
  Workspace,
  WorkspaceDraft,
} from '../../main/app/bridge/contract';
import { call } from '../bridge';
import { act } from '../common/actions';
import { ProblemPanel } from '../problem/ProblemPanel';
import fields from '../settings/fields.module.css';
import { sameDraft } from '../settings/fields';
import { Findings } from './Findings';
import classes from './Cluster.module.css';

const ManifestsDialog = lazy(() => import('./ManifestsDialog').then((m) => ({ default: m.ManifestsDialog })));

interface Props {
  draft: WorkspaceDraft;
  workspace: Workspace;
  /** Fields need attention first. */
  wrong: boolean;
}

/** Asks the cluster what stands in the way, and shows what would be applied; nothing is made by either. */
export function CheckPanel({ draft, workspace, wrong }: Props) {
  const { t } = useTranslation();
  const { id } = workspace;
  const [checking, setChecking] = useState(false);
  const [reading, setReading] = useState(false);
  const [checked, setChecked] = useState<{ draft: WorkspaceDraft; answer: Outcome<PreflightFinding[]> }>();
  const [manifests, setManifests] = useState<{ draft: WorkspaceDraft; folder: ManifestFolder }>();

  const latest = useRef({ draft, wrong });
  useEffect(() => {
    latest.current = { draft, wrong };
  });
  const check = async () => {
    setChecking(true);
    for (let again = true; again;) {
      const asked = latest.current.draft;
      const answer = await call('cluster.preflight', { id, draft: asked });
      setChecked({ draft: asked, answer });
      // What was changed meanwhile would hide the answer, and nobody would know why.
      again = !latest.current.wrong && !sameDraft(asked, latest.current.draft);
    }
    setChecking(false);
  };
  const show = async () => {
    setReading(true);
    const answer = await act('cluster.manifests', { id, draft });
    setReading(false);
    if (answer) setManifests({ draft, folder: answer.value });
  };
  // What was found counts for the settings it was asked about.
  const answer = checked && sameDraft(checked.draft, draft) ? checked.answer : undefined;

  return (
    <div className={fields.stack}>
      <div className={fields.row}>
        <Button
          variant="default"
          leftSection={<IconListCheck size={16} />}
          disabled={wrong}
          loading={checking}
          onClick={() => void check()}
        >
          {t('check.button')}
        </Button>
        <Button
          variant="default"
          leftSection={<IconFileCode size={16} />}
          disabled={wrong}
          loading={reading}
          onClick={() => void show()}
        >
          {t('manifests.button')}
        </Button>
      </div>
      <div role="status">
        {answer?.ok && answer.value.length === 0 && (
          <p className={classes.well}>
            <IconCircleCheckFilled size={17} aria-hidden />
            {t('check.well')}
          </p>
        )}
        {answer?.ok && answer.value.length > 0 && <Findings findings={answer.value} workspace={workspace} />}
        {answer && !answer.ok && <ProblemPanel problem={answer.problem} tone="warn" />}
      </div>
      {manifests && (
        <Suspense>
          <ManifestsDialog
            id={id}
            draft={manifests.draft}
            folder={manifests.folder}
            onClose={() => setManifests(undefined)}
          />
        </Suspense>
      )}
    </div>
  );
}
