import { ActionIcon, Autocomplete, Loader, Select, Switch, TextInput } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ClusterOffer, KubeContext, Outcome } from '../../main/app/bridge/contract';
import { Place } from '../common/Place';
import { ProblemPanel } from '../problem/ProblemPanel';
import { withButton } from '../settings/ButtonField';
import fields from '../settings/fields.module.css';
import { useFieldWords } from '../settings/useFieldWords';
import { Warning } from '../settings/Warning';
import type { ClusterForm } from './clusterForm';
import { inPlace } from './inPlace';
import type { Contexts } from './useCluster';
import classes from './Cluster.module.css';

interface Props {
  form: ClusterForm;
  contexts: Contexts;
  offer: Outcome<ClusterOffer> | undefined;
  /** Read kubeconfig and ask the cluster anew. */
  onAgain: () => void;
}

/** The place of a workspace that is there: it stays until the workspace has moved away. */
export function FixedPlace({ form: { cluster }, offer }: Pick<Props, 'form' | 'offer'>) {
  const { t } = useTranslation();
  return (
    <div className={fields.stack}>
      <div className={classes.place}>
        <Place workspace={{ folder: '', cluster }} on="cluster" />
      </div>
      <p className={fields.small}>{t('cluster.fixed')}</p>
      {offer && !offer.ok && <ProblemPanel problem={offer.problem} tone="warn" />}
    </div>
  );
}

/** Context and namespace. */
export function PlaceFields({ form, contexts, offer, onAgain }: Props) {
  return (
    <>
      <ContextField form={form} contexts={contexts} offer={offer} onAgain={onAgain} />
      <NamespaceField form={form} offer={offer} />
    </>
  );
}

function ContextField({ form: { cluster, set, form }, contexts, offer, onAgain }: Props) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const known = contexts.contexts;
  const missing = known !== undefined && !known.some(({ name }) => name === cluster.context);
  const gone = missing ? words({ reason: 'context-missing', params: { context: cluster.context } }) : undefined;
  const choose = (name: string | null) => {
    const context = known?.find((one) => one.name === name);
    if (context) set({ context: context.name, namespace: context.namespace });
  };
  return (
    <div className={fields.stack}>
      <Select
        id="field-cluster.context"
        label={t('cluster.context')}
        description={t('cluster.contextHint')}
        value={cluster.context}
        data={names(known, cluster.context)}
        renderOption={({ option }) => <ContextOption name={option.value} known={known} />}
        onChange={choose}
        allowDeselect={false}
        error={words(form.problemAt('cluster.context')) ?? gone}
        inputContainer={withButton(
          <ActionIcon
            variant="default"
            size={36}
            aria-label={t('cluster.lookAgain')}
            title={t('cluster.lookAgain')}
            onClick={onAgain}
          >
            {contexts.reading ? <Loader size={14} aria-hidden /> : <IconRefresh size={17} stroke={1.6} />}
          </ActionIcon>,
        )}
        spellCheck={false}
        comboboxProps={inPlace}
        nothingFoundMessage={t('cluster.noContexts')}
      />
      {!missing && offer && !offer.ok && <ProblemPanel problem={offer.problem} tone="warn" />}
      {/* One line from the beginning: what comes below must not move under the pointer when the cluster answers. */}
      {!missing && offer?.ok !== false && (
        <p className={fields.small}>
          {offer ? t('cluster.answers', { version: offer.value.version }) : t('cluster.asking')}
        </p>
      )}
    </div>
  );
}

function NamespaceField({ form: { cluster, set, form }, offer }: Pick<Props, 'form' | 'offer'>) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const offered = offer?.ok ? offer.value : undefined;
  const refused = offered?.mayCreateNamespace === false && !cluster.createNamespace;
  const warning = words(form.warningAt('cluster.namespace'));
  return (
    <div className={fields.stack}>
      <Autocomplete
        id="field-cluster.namespace"
        className={fields.narrow}
        label={t('cluster.namespace')}
        description={offered && !offered.namespaces ? t('cluster.namespaceUnlisted') : undefined}
        value={cluster.namespace}
        data={offered?.namespaces ?? []}
        // Every namespace is offered, not only those that begin like the one chosen.
        filter={({ options }) => options}
        maxDropdownHeight={220}
        comboboxProps={inPlace}
        onChange={(namespace) => set({ namespace: namespace.trim() })}
        error={words(form.problemAt('cluster.namespace'))}
        spellCheck={false}
      />
      {warning && <Warning>{warning}</Warning>}
      <Switch
        mt={4}
        label={t('cluster.createNamespace')}
        description={refused ? t('cluster.createNamespaceRefused') : t('cluster.createNamespaceHint')}
        disabled={refused}
        checked={cluster.createNamespace}
        onChange={(event) => set({ createNamespace: event.currentTarget.checked })}
      />
    </div>
  );
}

/** Where an image that is made here is uploaded to. */
export function RepositoryField({ form: { cluster, set, form } }: Pick<Props, 'form'>) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const published = form.draft.image.kind === 'published';
  return (
    <TextInput
      id="field-cluster.repository"
      label={t('cluster.repository')}
      description={published ? t('cluster.repositoryPublished') : t('cluster.repositoryHint')}
      placeholder="registry.example.org/team/labdock"
      value={cluster.repository}
      error={words(form.problemAt('cluster.repository'))}
      onChange={(event) => set({ repository: event.currentTarget.value.trim() })}
      spellCheck={false}
    />
  );
}

/** The one in use is always among them, so that it can be seen even when its file is gone. */
function names(known: readonly KubeContext[] | undefined, chosen: string): string[] {
  const list = (known ?? []).map(({ name }) => name);
  return list.includes(chosen) ? list : [chosen, ...list];
}

function ContextOption({ name, known }: { name: string; known: readonly KubeContext[] | undefined }) {
  const { t } = useTranslation();
  const context = known?.find((one) => one.name === name);
  return (
    <div className={classes.option}>
      <bdi translate="no">{name}</bdi>
      {context && (
        <span className={fields.small} translate="no">
          {context.cluster} · {context.user}
          {context.current && ` · ${t('cluster.current')}`}
        </span>
      )}
    </div>
  );
}
