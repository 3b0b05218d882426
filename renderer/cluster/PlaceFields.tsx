import { ActionIcon, Autocomplete, Loader, Select, Switch, TextInput } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { ClusterOffer, KubeContext, Outcome } from '../../main/app/bridge/contract';
import { ProblemPanel } from '../problem/ProblemPanel';
import { withButton } from '../settings/ButtonField';
import fields from '../settings/fields.module.css';
import { useFieldWords } from '../settings/useFieldWords';
import { Warning } from '../settings/Warning';
import type { ClusterForm } from './clusterForm';
import type { Contexts } from './useCluster';
import classes from './Cluster.module.css';

interface Props {
  form: ClusterForm;
  contexts: Contexts;
  offer: Outcome<ClusterOffer> | undefined;
  /** Its files are there: the place stays until it has moved away. */
  fixed: boolean;
  /** Read kubeconfig and ask the cluster anew. */
  onAgain: () => void;
}

/** Context, namespace, and where the image is pushed to. */
export function PlaceFields({ form, contexts, offer, fixed, onAgain }: Props) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { cluster, set, form: whole } = form;
  const known = contexts.contexts;
  const offered = offer?.ok ? offer.value : undefined;
  const missing = known !== undefined && !known.some(({ name }) => name === cluster.context);
  const published = whole.draft.image.kind === 'published';
  const mayCreate = offered?.mayCreateNamespace === true || cluster.createNamespace;
  const namespaceWarning = words(whole.warningAt('cluster.namespace'));

  const choose = (name: string | null) => {
    const context = known?.find((one) => one.name === name);
    if (context) set({ context: context.name, namespace: context.namespace });
  };

  return (
    <>
      <div className={fields.stack}>
        <Select
          id="field-cluster.context"
          label={t('cluster.context')}
          description={fixed ? undefined : t('cluster.contextHint')}
          value={cluster.context}
          data={names(known, cluster.context)}
          renderOption={({ option }) => <ContextOption name={option.value} known={known} />}
          onChange={choose}
          allowDeselect={false}
          disabled={fixed}
          error={
            words(whole.problemAt('cluster.context')) ??
            (missing ? words({ reason: 'context-missing', params: { context: cluster.context } }) : undefined)
          }
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
          comboboxProps={{ withinPortal: true }}
          nothingFoundMessage={t('cluster.noContexts')}
        />
        {offer && !offer.ok && !missing && <ProblemPanel problem={offer.problem} tone="warn" />}
        {offered && <p className={fields.small}>{t('cluster.answers', { version: offered.version })}</p>}
      </div>
      <div className={fields.stack}>
        <Autocomplete
          id="field-cluster.namespace"
          className={fields.narrow}
          label={t('cluster.namespace')}
          description={fixed ? undefined : offered && !offered.namespaces ? t('cluster.namespaceUnlisted') : undefined}
          value={cluster.namespace}
          data={offered?.namespaces ?? []}
          // Every namespace is offered, not only those that begin like the one chosen.
          filter={({ options }) => options}
          maxDropdownHeight={220}
          onChange={(namespace) => set({ namespace: namespace.trim() })}
          disabled={fixed}
          error={words(whole.problemAt('cluster.namespace'))}
          spellCheck={false}
        />
        {namespaceWarning && <Warning>{namespaceWarning}</Warning>}
        {fixed && <p className={fields.small}>{t('cluster.fixed')}</p>}
        {!fixed && mayCreate && (
          <Switch
            mt={4}
            label={t('cluster.createNamespace')}
            description={t('cluster.createNamespaceHint')}
            checked={cluster.createNamespace}
            onChange={(event) => set({ createNamespace: event.currentTarget.checked })}
          />
        )}
      </div>
      <TextInput
        id="field-cluster.repository"
        label={t('cluster.repository')}
        description={published ? t('cluster.repositoryPublished') : t('cluster.repositoryHint')}
        placeholder="registry.example.org/team/labdock"
        value={cluster.repository}
        error={words(whole.problemAt('cluster.repository'))}
        onChange={(event) => set({ repository: event.currentTarget.value.trim() })}
        spellCheck={false}
      />
    </>
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
