import '@mantine/core/styles/Input.layer.css';
import { TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import classes from './TypedName.module.css';

/** As main compares them. */
export const isTyped = (typed: string, name: string) => typed.trim() === name;

/** What cannot be undone is asked for by the workspace's name. */
export function TypedName({
  name,
  value,
  onChange,
}: {
  name: string;
  value: string;
  onChange: (value: string) => void;
}) {
  const { t } = useTranslation();
  return (
    <TextInput
      label={t('typedName.label')}
      description={
        <bdi className={classes.name} translate="no">
          {name}
        </bdi>
      }
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      autoComplete="off"
      spellCheck={false}
      maxLength={200}
    />
  );
}
