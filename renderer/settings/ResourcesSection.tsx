import { NumberInput, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Resources } from '../../main/app/bridge/contract';
import classes from './fields.module.css';
import { Section } from './SectionedPage';
import type { DraftForm } from './useForm';
import { useFieldWords } from './useFieldWords';
import { Warning } from './Warning';

export function ResourcesSection({ form }: { form: DraftForm }) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { resources } = form.draft;
  const set = (change: Partial<Resources>) => form.patch({ resources: { ...resources, ...change } });
  const warning = words(form.warningAt('resources'));
  return (
    <Section title={t('section.resources')} hint={form.draft.cluster ? t('resources.hintHere') : t('resources.hint')}>
      <div className={classes.pair}>
        <NumberInput
          id="field-resources.memoryMiB"
          label={t('resources.memory')}
          placeholder={t('resources.noLimit')}
          suffix=" GB"
          // 0 is no limit, shown as an empty field.
          value={resources.memoryMiB === 0 ? '' : resources.memoryMiB / 1024}
          error={words(form.problemAt('resources.memoryMiB'))}
          onChange={(value) => set({ memoryMiB: typeof value === 'number' ? Math.round(value * 1024) : 0 })}
          step={0.5}
          min={0}
          decimalScale={2}
          allowNegative={false}
          hideControls
        />
        <NumberInput
          id="field-resources.cpus"
          label={t('resources.cpus')}
          placeholder={t('resources.noLimit')}
          value={resources.cpus === 0 ? '' : resources.cpus}
          error={words(form.problemAt('resources.cpus'))}
          onChange={(value) => set({ cpus: typeof value === 'number' ? value : 0 })}
          step={1}
          min={0}
          decimalScale={2}
          allowNegative={false}
          hideControls
        />
      </div>
      <Switch
        label={t('resources.gpu')}
        description={t('resources.gpuHint')}
        checked={resources.gpu === 'all'}
        onChange={(event) => set({ gpu: event.currentTarget.checked ? 'all' : 'none' })}
      />
      {warning && <Warning>{warning}</Warning>}
    </Section>
  );
}
