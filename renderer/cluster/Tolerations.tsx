import { ActionIcon, Button, NumberInput, Select, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Toleration } from '../../main/app/bridge/contract';
import { useFieldWords } from '../settings/useFieldWords';
import type { ClusterForm } from './clusterForm';
import { inPlace } from './inPlace';
import classes from './Cluster.module.css';

const blank: Toleration = { key: '', operator: 'Exists', value: '', effect: '', seconds: null };
const path = 'cluster.tolerations';
let nextKey = 1;

/** Taints of nodes the workspace may run on all the same. */
export function Tolerations({ form: { form, cluster, set } }: { form: ClusterForm }) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { tolerations } = cluster;
  const [keys, setKeys] = useState(() => tolerations.map(() => nextKey++));
  const edit = (at: number, change: Partial<Toleration>) =>
    set({ tolerations: tolerations.map((one, index) => (index === at ? { ...one, ...change } : one)) });
  const add = () => {
    setKeys([...keys, nextKey++]);
    set({ tolerations: [...tolerations, blank] });
  };
  const remove = (at: number) => {
    setKeys(keys.filter((_, index) => index !== at));
    set({ tolerations: tolerations.filter((_, index) => index !== at) });
    document.getElementById(`add-${path}`)?.focus();
  };
  const name = (part: string, index: number) =>
    t('keyValues.partOf', { part, list: t('tolerations.label'), row: index + 1 });

  return (
    <div className={classes.editor} role="group" aria-labelledby={`label-${path}`}>
      <div>
        <span id={`label-${path}`} className={classes.label}>
          {t('tolerations.label')}
        </span>
        <p className={classes.hint}>{t('tolerations.hint')}</p>
      </div>
      {tolerations.length > 0 && (
        <ul className={classes.rows}>
          {tolerations.map((toleration, index) => (
            <li key={keys[index]} className={classes.toleration}>
              <TextInput
                aria-label={name(t('tolerations.key'), index)}
                placeholder={t('tolerations.anyKey')}
                value={toleration.key}
                error={words(form.problemAt(`${path}.${index}.key`))}
                onChange={(event) => edit(index, { key: event.currentTarget.value.trim() })}
                spellCheck={false}
              />
              <Select
                aria-label={name(t('tolerations.operator'), index)}
                data={[
                  { value: 'Exists', label: t('tolerations.exists') },
                  { value: 'Equal', label: t('tolerations.equal') },
                ]}
                value={toleration.operator}
                onChange={(operator) =>
                  operator && edit(index, { operator, ...(operator === 'Exists' && { value: '' }) })
                }
                allowDeselect={false}
                comboboxProps={inPlace}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                size={36}
                aria-label={t('keyValues.removeRow', { list: t('tolerations.label'), row: index + 1 })}
                title={t('common.remove')}
                onClick={() => remove(index)}
              >
                <IconTrash size={16} />
              </ActionIcon>
              <div className={classes.tolerationMore}>
                {toleration.operator === 'Equal' && (
                  <TextInput
                    aria-label={name(t('keyValues.value'), index)}
                    placeholder={t('keyValues.value')}
                    value={toleration.value}
                    error={words(form.problemAt(`${path}.${index}.value`))}
                    onChange={(event) => edit(index, { value: event.currentTarget.value.trim() })}
                    spellCheck={false}
                  />
                )}
                <Select
                  aria-label={name(t('tolerations.effect'), index)}
                  data={[
                    { value: '', label: t('tolerations.anyEffect') },
                    'NoSchedule',
                    'PreferNoSchedule',
                    'NoExecute',
                  ]}
                  value={toleration.effect}
                  onChange={(effect) =>
                    effect !== null && edit(index, { effect, ...(effect !== 'NoExecute' && { seconds: null }) })
                  }
                  allowDeselect={false}
                  comboboxProps={inPlace}
                />
                {toleration.effect === 'NoExecute' && (
                  <NumberInput
                    aria-label={name(t('tolerations.seconds'), index)}
                    placeholder={t('tolerations.forEver')}
                    suffix=" s"
                    value={toleration.seconds ?? ''}
                    error={words(form.problemAt(`${path}.${index}.seconds`))}
                    onChange={(seconds) => edit(index, { seconds: typeof seconds === 'number' ? seconds : null })}
                    allowDecimal={false}
                    allowNegative={false}
                    hideControls
                  />
                )}
              </div>
            </li>
          ))}
        </ul>
      )}
      <Button
        id={`add-${path}`}
        variant="default"
        size="compact-sm"
        className={classes.add}
        leftSection={<IconPlus size={14} />}
        aria-label={t('keyValues.addTo', { list: t('tolerations.label') })}
        onClick={add}
      >
        {t('keyValues.add')}
      </Button>
    </div>
  );
}
