import { Autocomplete, Switch, TextInput } from '@mantine/core';
import { useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { ClusterOffer, IngressSettings, Outcome } from '../../main/app/bridge/contract';
import fields from '../settings/fields.module.css';
import { useFieldWords } from '../settings/useFieldWords';
import { Warning } from '../settings/Warning';
import type { ClusterForm } from './clusterForm';
import { inPlace } from './inPlace';
import { KeyValues } from './KeyValues';

const blank: IngressSettings = { host: '', className: '', annotations: {}, tlsSecret: '' };

/** An address from outside the cluster, where somebody wants one. */
export function IngressFields({
  form: { form, cluster, set },
  offer,
}: {
  form: ClusterForm;
  offer: Outcome<ClusterOffer> | undefined;
}) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { ingress } = cluster;
  // Switching it off and on again loses nothing that was typed.
  const kept = useRef(ingress ?? blank);
  const offered = offer?.ok ? (offer.value.ingressClasses ?? []) : [];
  const usual = offered.find(({ isDefault }) => isDefault)?.name;
  const change = (next: Partial<IngressSettings>) => set({ ingress: { ...(ingress ?? blank), ...next } });
  return (
    <>
      <Switch
        id="field-cluster.ingress"
        label={t('ingress.on')}
        description={t('ingress.hint')}
        checked={ingress !== null}
        onChange={(event) => {
          if (ingress) kept.current = ingress;
          set({ ingress: event.currentTarget.checked ? kept.current : null });
        }}
      />
      {ingress && (
        <>
          <div className={fields.pair}>
            <TextInput
              id="field-cluster.ingress.host"
              label={t('ingress.host')}
              placeholder="lab.example.org"
              value={ingress.host}
              error={words(form.problemAt('cluster.ingress.host'))}
              onChange={(event) => change({ host: event.currentTarget.value.trim() })}
              spellCheck={false}
            />
            <Autocomplete
              id="field-cluster.ingress.className"
              label={t('ingress.class')}
              placeholder={usual ? t('cluster.defaultIs', { name: usual }) : t('cluster.default')}
              value={ingress.className}
              data={offered.map(({ name }) => name)}
              filter={({ options }) => options}
              comboboxProps={inPlace}
              error={words(form.problemAt('cluster.ingress.className'))}
              onChange={(className) => change({ className: className.trim() })}
              spellCheck={false}
            />
          </div>
          <div className={fields.stack}>
            <TextInput
              id="field-cluster.ingress.tlsSecret"
              label={t('ingress.tls')}
              description={t('ingress.tlsHint')}
              value={ingress.tlsSecret}
              error={words(form.problemAt('cluster.ingress.tlsSecret'))}
              onChange={(event) => change({ tlsSecret: event.currentTarget.value.trim() })}
              spellCheck={false}
            />
            {ingress.tlsSecret === '' && <Warning>{t('ingress.plain')}</Warning>}
          </div>
          <KeyValues
            path="cluster.ingress.annotations"
            label={t('ingress.annotations')}
            keyPlaceholder="nginx.ingress.kubernetes.io/…"
            value={ingress.annotations}
            onChange={(annotations) => change({ annotations })}
            form={form}
          />
        </>
      )}
    </>
  );
}
