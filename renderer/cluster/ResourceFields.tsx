import { NumberInput, TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import fields from '../settings/fields.module.css';
import { useFieldWords } from '../settings/useFieldWords';
import type { ClusterForm } from './clusterForm';

type Amount = 'memoryRequestMiB' | 'memoryLimitMiB' | 'cpuRequest' | 'cpuLimit';

/** What a node must have free, how much may be used, and graphics cards. */
export function ResourceFields({ form: { form, cluster, set } }: { form: ClusterForm }) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { gpu } = cluster;
  const amount = (key: Amount) => {
    const memory = key.startsWith('memory');
    const value = cluster[key];
    return (
      <NumberInput
        id={`field-cluster.${key}`}
        label={t(`cluster.amount.${key}`)}
        placeholder={key.includes('Limit') ? t('resources.noLimit') : t('cluster.noRequest')}
        suffix={memory ? ' GB' : undefined}
        // 0 leaves it out, shown as an empty field.
        value={value === 0 ? '' : memory ? value / 1024 : value}
        error={words(form.problemAt(`cluster.${key}`))}
        onChange={(next) => {
          const number = typeof next === 'number' ? next : 0;
          set({ [key]: memory ? Math.round(number * 1024) : number });
        }}
        step={memory ? 0.5 : 1}
        min={0}
        decimalScale={2}
        allowNegative={false}
        hideControls
      />
    );
  };
  return (
    <>
      <div className={fields.pair}>
        {amount('memoryRequestMiB')}
        {amount('memoryLimitMiB')}
      </div>
      <div className={fields.pair}>
        {amount('cpuRequest')}
        {amount('cpuLimit')}
      </div>
      <div className={fields.pair}>
        <NumberInput
          id="field-cluster.gpu.count"
          label={t('cluster.gpus')}
          value={Number.isNaN(gpu.count) ? '' : gpu.count}
          error={words(form.problemAt('cluster.gpu.count'))}
          onChange={(count) => set({ gpu: { ...gpu, count: typeof count === 'number' ? count : Number.NaN } })}
          min={0}
          allowDecimal={false}
          allowNegative={false}
          hideControls
        />
        {gpu.count !== 0 && (
          <TextInput
            id="field-cluster.gpu.resource"
            label={t('cluster.gpuResource')}
            value={gpu.resource}
            error={words(form.problemAt('cluster.gpu.resource'))}
            onChange={(event) => set({ gpu: { ...gpu, resource: event.currentTarget.value.trim() } })}
            spellCheck={false}
          />
        )}
      </div>
    </>
  );
}
