import { Autocomplete, NumberInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { ClusterOffer, Outcome } from '../../main/app/bridge/contract';
import fields from '../settings/fields.module.css';
import { useFieldWords } from '../settings/useFieldWords';
import { Warning } from '../settings/Warning';
import type { ClusterForm } from './clusterForm';
import { inPlace } from './inPlace';

/** The volume: its class and size. */
export function StorageFields({
  form: { form, cluster, set },
  offer,
}: {
  form: ClusterForm;
  offer: Outcome<ClusterOffer> | undefined;
}) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { storage } = cluster;
  const classesOffered = offer?.ok ? offer.value.storageClasses : undefined;
  const usual = classesOffered?.find(({ isDefault }) => isDefault)?.name;
  const none = classesOffered !== undefined && usual === undefined && storage.className === '';
  const warning = words(form.warningAt('cluster.storage'));
  const change = (next: Partial<typeof storage>) => set({ storage: { ...storage, ...next } });
  return (
    <>
      <div className={fields.pair}>
        <Autocomplete
          id="field-cluster.storage.className"
          label={t('cluster.storageClass')}
          placeholder={usual ? t('cluster.defaultIs', { name: usual }) : t('cluster.default')}
          value={storage.className}
          data={(classesOffered ?? []).map(({ name }) => name)}
          filter={({ options }) => options}
          comboboxProps={inPlace}
          onChange={(className) => change({ className: className.trim() })}
          error={words(form.problemAt('cluster.storage.className'))}
          spellCheck={false}
        />
        <NumberInput
          id="field-cluster.storage.sizeGiB"
          label={t('cluster.size')}
          suffix=" GiB"
          value={Number.isNaN(storage.sizeGiB) ? '' : storage.sizeGiB}
          onChange={(value) => change({ sizeGiB: typeof value === 'number' ? value : Number.NaN })}
          error={words(form.problemAt('cluster.storage.sizeGiB'))}
          allowDecimal={false}
          allowNegative={false}
          hideControls
        />
      </div>
      {none && <Warning>{words({ reason: 'storage-class-missing' })}</Warning>}
      {warning && <Warning>{warning}</Warning>}
    </>
  );
}

/** What stays behind when the workspace moves. */
export function MoveFields({ form: { form, cluster, set } }: { form: ClusterForm }) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { moveLimitMiB } = cluster;
  return (
    <NumberInput
      id="field-cluster.moveLimitMiB"
      className={fields.narrow}
      label={t('cluster.moveLimit')}
      placeholder={t('resources.noLimit')}
      suffix=" MB"
      value={moveLimitMiB === 0 ? '' : moveLimitMiB}
      onChange={(value) => set({ moveLimitMiB: typeof value === 'number' ? value : 0 })}
      error={words(form.problemAt('cluster.moveLimitMiB'))}
      min={0}
      allowDecimal={false}
      allowNegative={false}
      hideControls
    />
  );
}
