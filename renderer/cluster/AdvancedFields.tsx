import { NumberInput, Select, TagsInput, TextInput, UnstyledButton } from '@mantine/core';
import { IconAlertCircleFilled, IconChevronDown } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ClusterOffer, Outcome } from '../../main/app/bridge/contract';
import { problemUnder } from '../settings/fields';
import fields from '../settings/fields.module.css';
import { useFieldWords } from '../settings/useFieldWords';
import type { ClusterForm } from './clusterForm';
import { inPlace } from './inPlace';
import { IngressFields } from './IngressFields';
import { KeyValues } from './KeyValues';
import { Tolerations } from './Tolerations';
import classes from './Cluster.module.css';

/** Fields in the fold, as in the draft. */
const folded = [
  ...['nodeSelector', 'tolerations', 'architecture', 'imagePullSecrets', 'serviceAccount', 'runAsUser'],
  ...['ingress', 'podLabels', 'podAnnotations'],
].map((field) => `cluster.${field}`);

/** What a platform engineer sets; an analyst can leave all of it as it is. */
export function AdvancedFields({
  form,
  offer,
  field,
}: {
  form: ClusterForm;
  offer: Outcome<ClusterOffer> | undefined;
  field?: string;
}) {
  const { t } = useTranslation();
  const { form: whole } = form;
  const wanted = folded.some((path) => field === path || field?.startsWith(`${path}.`));
  const wrong = folded.some((path) => whole.problemAt(path) !== undefined);
  const refused = whole.attempts > 0 && folded.some((path) => problemUnder(whole.problems, path));
  const [opened, setOpened] = useState(wanted);
  const open = opened || refused;
  const body = useId();
  return (
    <section className={classes.advanced} data-open={open}>
      <h2 className={classes.fold}>
        <UnstyledButton
          className={classes.toggle}
          aria-expanded={open}
          aria-controls={body}
          onClick={() => setOpened(!open)}
        >
          <IconChevronDown size={16} className={classes.chevron} aria-hidden />
          <span>{t('cluster.advanced')}</span>
          {wrong && (
            <IconAlertCircleFilled size={15} className={classes.wrong} role="img" aria-label={t('settings.wrong')} />
          )}
        </UnstyledButton>
        <span className={classes.foldHint}>{t('cluster.advancedHint')}</span>
      </h2>
      <div id={body} hidden={!open}>
        {open && <Body form={form} offer={offer} />}
      </div>
    </section>
  );
}

function Body({ form, offer }: { form: ClusterForm; offer: Outcome<ClusterOffer> | undefined }) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { form: whole, cluster, set } = form;
  const architectures = offer?.ok ? offer.value.architectures : undefined;
  return (
    <div className={classes.groups}>
      <div className={classes.group}>
        <h3>{t('cluster.nodes')}</h3>
        <KeyValues
          path="cluster.nodeSelector"
          label={t('cluster.nodeSelector')}
          hint={t('cluster.nodeSelectorHint')}
          keyPlaceholder="kubernetes.io/hostname"
          value={cluster.nodeSelector}
          onChange={(nodeSelector) => set({ nodeSelector })}
          form={whole}
        />
        <Tolerations form={form} />
        <Select
          id="field-cluster.architecture"
          className={fields.narrow}
          label={t('cluster.architecture')}
          description={
            architectures?.length
              ? t('cluster.architectureSeen', { list: architectures.join(', ') })
              : t('cluster.architectureHint')
          }
          data={[
            { value: '', label: t('cluster.architectureAuto') },
            { value: 'amd64', label: t('cluster.amd64') },
            { value: 'arm64', label: t('cluster.arm64') },
          ]}
          value={cluster.architecture}
          onChange={(architecture) => architecture !== null && set({ architecture })}
          allowDeselect={false}
          comboboxProps={inPlace}
          error={words(whole.problemAt('cluster.architecture'))}
        />
      </div>
      <div className={classes.group}>
        <h3>{t('cluster.rights')}</h3>
        <TagsInput
          id="field-cluster.imagePullSecrets"
          label={t('cluster.pullSecrets')}
          description={t('cluster.pullSecretsHint')}
          value={cluster.imagePullSecrets}
          onChange={(imagePullSecrets) => set({ imagePullSecrets })}
          acceptValueOnBlur
          error={words(whole.problemAt('cluster.imagePullSecrets'))}
          clearButtonProps={{ 'aria-label': t('common.clear') }}
          spellCheck={false}
        />
        <div className={fields.pair}>
          <TextInput
            id="field-cluster.serviceAccount"
            label={t('cluster.serviceAccount')}
            description={t('cluster.serviceAccountHint')}
            placeholder="default"
            value={cluster.serviceAccount}
            error={words(whole.problemAt('cluster.serviceAccount'))}
            onChange={(event) => set({ serviceAccount: event.currentTarget.value.trim() })}
            spellCheck={false}
          />
          <NumberInput
            id="field-cluster.runAsUser"
            label={t('cluster.userId')}
            description={t('cluster.userIdHint')}
            placeholder={t('cluster.userIdAssigned')}
            value={cluster.runAsUser ?? ''}
            error={words(whole.problemAt('cluster.runAsUser'))}
            onChange={(value) => set({ runAsUser: typeof value === 'number' ? value : null })}
            allowDecimal={false}
            allowNegative={false}
            hideControls
          />
        </div>
      </div>
      <div className={classes.group}>
        <h3>{t('cluster.ingress')}</h3>
        <IngressFields form={form} offer={offer} />
      </div>
      <div className={classes.group}>
        <h3>{t('cluster.marks')}</h3>
        <KeyValues
          path="cluster.podLabels"
          label={t('cluster.podLabels')}
          value={cluster.podLabels}
          onChange={(podLabels) => set({ podLabels })}
          form={whole}
        />
        <KeyValues
          path="cluster.podAnnotations"
          label={t('cluster.podAnnotations')}
          value={cluster.podAnnotations}
          onChange={(podAnnotations) => set({ podAnnotations })}
          form={whole}
        />
      </div>
    </div>
  );
}
