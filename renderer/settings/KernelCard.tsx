import { ActionIcon, Autocomplete, TagsInput, TextInput, UnstyledButton } from '@mantine/core';
import { IconAlertCircleFilled, IconArrowDown, IconArrowUp, IconChevronDown, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Kernel } from '../../main/app/bridge/contract';
import fields from './fields.module.css';
import { problemUnder } from './fields';
import classes from './Kernels.module.css';
import { tidyPackages } from './packages';
import { isAmd64Only, isEndOfLife, offeredVersions } from './python';
import type { DraftForm } from './useForm';
import { useFieldWords } from './useFieldWords';
import { Warning } from './Warning';

interface Props {
  kernel: Kernel;
  index: number;
  count: number;
  form: DraftForm;
  open: boolean;
  onToggle: () => void;
  onChange: (change: Partial<Kernel>) => void;
  onRemove: () => void;
  onMove: (to: number) => void;
}

export function KernelCard(props: Props) {
  const { kernel, index, count, form, open, onToggle, onChange, onRemove, onMove } = props;
  const { t } = useTranslation();
  const words = useFieldWords();
  const at = (field: string) => `kernels.${index}.${field}`;
  const packages = kernel.conda.length + kernel.pip.length;
  const old = isEndOfLife(kernel.version, new Date());
  const facts = [
    // Most names say it already.
    !kernel.displayName.includes(kernel.version) && t('kernels.version', { version: kernel.version }),
    packages > 0 && t('kernels.packages', { count: packages }),
    old && t('kernels.oldShort'),
  ].filter(Boolean);
  const wrong = form.problemAt(`kernels.${index}`) !== undefined;
  const label = kernel.displayName || kernel.name;
  const body = `kernel-${index}`;

  return (
    <li className={classes.card} data-open={open}>
      <div className={classes.head}>
        <UnstyledButton className={classes.toggle} aria-expanded={open} aria-controls={body} onClick={onToggle}>
          <IconChevronDown size={16} className={classes.chevron} aria-hidden />
          <span className={classes.title}>{label}</span>
          <span className={classes.facts}>{facts.join(' · ')}</span>
          {wrong && (
            <IconAlertCircleFilled size={15} className={classes.wrong} role="img" aria-label={t('settings.wrong')} />
          )}
        </UnstyledButton>
        <ActionIcon
          variant="subtle"
          color="gray"
          disabled={index === 0}
          aria-label={t('kernels.up', { name: label })}
          title={t('kernels.upShort')}
          onClick={() => onMove(index - 1)}
        >
          <IconArrowUp size={16} />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          disabled={index === count - 1}
          aria-label={t('kernels.down', { name: label })}
          title={t('kernels.downShort')}
          onClick={() => onMove(index + 1)}
        >
          <IconArrowDown size={16} />
        </ActionIcon>
        <ActionIcon
          variant="subtle"
          color="gray"
          disabled={count === 1}
          aria-label={t('kernels.remove', { name: label })}
          title={t('common.remove')}
          onClick={onRemove}
        >
          <IconTrash size={16} />
        </ActionIcon>
      </div>
      {open && (
        <div id={body} className={classes.body}>
          {old && (
            <Warning>
              {t('kernels.old', { version: kernel.version })} {isAmd64Only(kernel.version) && t('kernels.amd64')}
            </Warning>
          )}
          <div className={fields.pair}>
            <TextInput
              label={t('kernels.displayName')}
              description={t('kernels.displayNameHint')}
              value={kernel.displayName}
              error={words(form.problemAt(at('displayName')))}
              onChange={(event) => onChange({ displayName: event.currentTarget.value })}
            />
            <TextInput
              label={t('kernels.name')}
              description={t('kernels.nameHint')}
              value={kernel.name}
              error={words(form.problemAt(at('name')))}
              onChange={(event) => onChange({ name: event.currentTarget.value })}
              spellCheck={false}
            />
          </div>
          <Autocomplete
            className={fields.narrow}
            label={t('kernels.python')}
            value={kernel.version}
            data={[...offeredVersions]}
            // Every version is offered, not only those that begin like the one chosen.
            filter={({ options }) => options}
            error={words(form.problemAt(at('version')))}
            onChange={(version) => onChange({ version: version.trim() })}
          />
          <Packages kind="conda" kernel={kernel} path={at('conda')} form={form} onChange={onChange} />
          <Packages kind="pip" kernel={kernel} path={at('pip')} form={form} onChange={onChange} />
        </div>
      )}
    </li>
  );
}

function Packages({
  kind,
  kernel,
  path,
  form,
  onChange,
}: {
  kind: 'conda' | 'pip';
  kernel: Kernel;
  path: string;
  form: DraftForm;
  onChange: (change: Partial<Kernel>) => void;
}) {
  const { t } = useTranslation();
  const values = kernel[kind];
  const wrong = values.filter((_, index) => problemUnder(form.problems, `${path}.${index}`));
  return (
    <TagsInput
      label={t(`kernels.${kind}`)}
      description={t(`kernels.${kind}Hint`)}
      placeholder={values.length === 0 ? t('kernels.packagesPlaceholder') : undefined}
      value={values}
      // Commas belong to specs (`pandas>=2,<3`); a pasted list is taken apart when it is entered.
      splitChars={[]}
      acceptValueOnBlur
      onChange={(next) => onChange({ [kind]: tidyPackages(next) })}
      error={wrong.length > 0 ? t('kernels.wrongPackages', { packages: wrong.join(', ') }) : undefined}
      clearButtonProps={{ 'aria-label': t('common.clear') }}
      spellCheck={false}
    />
  );
}
