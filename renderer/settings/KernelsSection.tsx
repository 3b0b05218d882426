import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { defaultKernel, seedKernels, type Kernel } from '../../main/app/bridge/contract';
import { problemUnder } from './fields';
import { KernelCard } from './KernelCard';
import { freeKernelName } from './python';
import { Section } from './SectionedPage';
import type { DraftForm } from './useForm';
import { useFieldWords } from './useFieldWords';
import { Warning } from './Warning';
import classes from './Kernels.module.css';

/** Kernels carry a key of their own while edited, so that moving one keeps it open and focused. */
let nextKey = 1;

export function KernelsSection({ form }: { form: DraftForm }) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const { kernels } = form.draft;
  const [keys, setKeys] = useState(() => kernels.map(() => nextKey++));
  const [open, setOpen] = useState<number | undefined>(() => {
    const wrong = kernels.findIndex((_, index) => problemUnder(form.problems, `kernels.${index}`));
    return keys[wrong >= 0 ? wrong : kernels.length === 1 ? 0 : -1];
  });
  const set = (next: Kernel[]) => form.patch({ kernels: next });

  const add = (kernel: Kernel) => {
    const names = kernels.map((k) => k.name);
    const name = freeKernelName(kernel.version, names);
    const key = nextKey++;
    setKeys([...keys, key]);
    setOpen(key);
    const displayName = name === kernel.name ? kernel.displayName : `${kernel.displayName} (${name})`;
    set([...kernels, { ...kernel, name, displayName }]);
  };
  const remove = (at: number) => {
    setKeys(keys.filter((_, index) => index !== at));
    set(kernels.filter((_, index) => index !== at));
  };
  const move = (from: number, to: number) => {
    const shift = <T,>(list: readonly T[]): T[] => {
      const copy = [...list];
      copy.splice(to, 0, ...copy.splice(from, 1));
      return copy;
    };
    setKeys(shift(keys));
    set(shift(kernels));
  };
  const reference = form.draft.image.kind !== 'build';

  return (
    <Section title={t('section.kernels')} hint={t('kernels.hint')}>
      {reference && <Warning>{t('kernels.notBuilt')}</Warning>}
      <ul className={classes.list}>
        {kernels.map((kernel, index) => (
          <KernelCard
            key={keys[index]}
            kernel={kernel}
            index={index}
            count={kernels.length}
            form={form}
            open={open === keys[index]}
            onToggle={() => setOpen(open === keys[index] ? undefined : keys[index])}
            onChange={(change) => set(kernels.map((k, i) => (i === index ? { ...k, ...change } : k)))}
            onRemove={() => remove(index)}
            onMove={(to) => move(index, to)}
          />
        ))}
      </ul>
      {kernels.length === 0 && <Warning>{words(form.problemAt('kernels'))}</Warning>}
      <div className={classes.add}>
        <Button variant="default" leftSection={<IconPlus size={15} />} onClick={() => add(defaultKernel)}>
          {t('kernels.add')}
        </Button>
        {seedKernels.map((kernel) => (
          <Button
            key={kernel.name}
            variant="subtle"
            color="gray"
            className={classes.seed}
            leftSection={<IconPlus size={15} />}
            onClick={() => add(kernel)}
          >
            {t('kernels.addOld', { name: kernel.displayName })}
          </Button>
        ))}
      </div>
    </Section>
  );
}
