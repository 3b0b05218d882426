import { Button } from '@mantine/core';
import { IconCloud } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import {
  defaultClusterSettings,
  type ClusterSettings,
  type KubeContext,
  type WorkspaceState,
} from '../../main/app/bridge/contract';
import { ProblemPanel } from '../problem/ProblemPanel';
import fields from '../settings/fields.module.css';
import { Section } from '../settings/SectionedPage';
import type { DraftForm } from '../settings/useForm';
import { Addresses } from './Addresses';
import { AdvancedFields } from './AdvancedFields';
import { CheckPanel } from './CheckPanel';
import type { ClusterForm } from './clusterForm';
import { FixedPlace, PlaceFields, RepositoryField } from './PlaceFields';
import { ResourceFields } from './ResourceFields';
import { MoveFields, StorageFields } from './StorageFields';
import { useContexts, useOffer, type Contexts } from './useCluster';
import classes from './Cluster.module.css';

interface Props {
  form: DraftForm;
  /** undefined: the workspace does not exist yet. */
  state?: WorkspaceState;
  /** Dotted path of the field to look at first. */
  field?: string;
}

/** Where on a cluster the workspace runs, and what it is there. */
export function ClusterSection({ form, state, field }: Props) {
  const contexts = useContexts();
  const { cluster } = form.draft;
  // Looking away and coming back loses nothing that was typed.
  const set = (change: Partial<ClusterSettings>) => cluster && form.patch({ cluster: { ...cluster, ...change } });
  return cluster ? (
    <Fields form={{ form, cluster, set }} contexts={contexts} state={state} field={field} />
  ) : (
    <Invitation contexts={contexts} onChoose={(context) => form.patch({ cluster: firstSettings(context) })} />
  );
}

function firstSettings({ name, namespace }: KubeContext): ClusterSettings {
  return { ...defaultClusterSettings, context: name, namespace };
}

/** A workspace that was never given a place on a cluster: one button, and it has one. */
function Invitation({ contexts, onChoose }: { contexts: Contexts; onChoose: (context: KubeContext) => void }) {
  const { t } = useTranslation();
  const known = contexts.contexts ?? [];
  const first = known.find(({ current }) => current) ?? known[0];
  return (
    <Section title={t('section.cluster')}>
      <div className={classes.invitation}>
        <IconCloud size={34} stroke={1.3} aria-hidden />
        <p className={classes.inviting}>{t('cluster.invitation')}</p>
        {contexts.contexts && !first ? (
          <div className={classes.problem}>
            <ProblemPanel problem={contexts.problem ?? { reason: 'kubeconfig-missing' }} tone="warn">
              <Button size="xs" variant="default" loading={contexts.reading} onClick={contexts.read}>
                {t('cluster.lookAgain')}
              </Button>
            </ProblemPanel>
          </div>
        ) : (
          <>
            <Button disabled={!first} loading={!contexts.contexts} onClick={() => first && onChoose(first)}>
              {t('cluster.setUp')}
            </Button>
            {first && <p className={fields.small}>{t('cluster.setUpWith', { context: first.name })}</p>}
          </>
        )}
      </div>
    </Section>
  );
}

function Fields({
  form,
  contexts,
  state,
  field,
}: {
  form: ClusterForm;
  contexts: Contexts;
  state?: WorkspaceState;
  field?: string;
}) {
  const { t } = useTranslation();
  const [round, setRound] = useState(0);
  const { context, namespace } = form.cluster;
  const offer = useOffer(context, namespace, round);
  const placed = state?.workspace.target.kind === 'cluster';

  useEffect(() => {
    if (!field) return;
    const element = document.getElementById(`field-${field}`);
    element?.scrollIntoView({ block: 'center' });
    element?.focus();
  }, [field]);

  return (
    <>
      <Section title={t('section.cluster')} hint={placed ? t('cluster.hintPlaced') : t('cluster.hint')}>
        {placed ? (
          <FixedPlace form={form} offer={offer} />
        ) : (
          <PlaceFields
            form={form}
            contexts={contexts}
            offer={offer}
            onAgain={() => {
              contexts.read();
              setRound(round + 1);
            }}
          />
        )}
        {placed && state.addresses && <Addresses id={state.workspace.id} addresses={state.addresses} />}
        <RepositoryField form={form} />
        {state && <CheckPanel draft={form.form.draft} workspace={state.workspace} wrong={isWrong(form)} />}
      </Section>
      <Section title={t('cluster.storage')} hint={t('cluster.storageHint')}>
        <StorageFields form={form} offer={offer} />
      </Section>
      <Section title={t('cluster.moving')} hint={t('cluster.movingHint')}>
        <MoveFields form={form} />
      </Section>
      <Section title={t('section.resources')} hint={t('cluster.resourcesHint')}>
        <ResourceFields form={form} />
      </Section>
      <AdvancedFields form={form} offer={offer} field={field} />
    </>
  );
}

const isWrong = ({ form }: ClusterForm) => Object.keys(form.problems).length > 0;
