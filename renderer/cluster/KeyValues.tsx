import { ActionIcon, Button, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DraftForm } from '../settings/useForm';
import { useFieldWords } from '../settings/useFieldWords';
import { doubles, sameMap, splitPair, toMap, type Row } from './keyValues';
import classes from './Cluster.module.css';

interface Props {
  /** Dotted path in the draft. */
  path: string;
  label: string;
  hint?: string;
  value: Record<string, string>;
  onChange: (value: Record<string, string>) => void;
  form: DraftForm;
  keyPlaceholder?: string;
}

let nextId = 1;
const rowsOf = (map: Record<string, string>): Row[] =>
  Object.entries(map).map(([key, value]) => ({ id: nextId++, key, value }));

/** Keys with values, a row each. */
export function KeyValues({ path, label, hint, value, onChange, form, keyPlaceholder }: Props) {
  const { t } = useTranslation();
  const words = useFieldWords();
  const [rows, setRows] = useState(() => rowsOf(value));
  const list = useRef<HTMLUListElement>(null);
  // Changed from elsewhere (settings read anew): the rows follow.
  if (!sameMap(toMap(rows), value)) setRows(rowsOf(value));
  const twice = doubles(rows);

  const set = (next: Row[]) => {
    setRows(next);
    onChange(toMap(next));
  };
  const edit = (id: number, change: Partial<Row>) =>
    set(rows.map((row) => (row.id === id ? { ...row, ...change } : row)));
  const add = () => {
    setRows([...rows, { id: nextId++, key: '', value: '' }]);
    requestAnimationFrame(() => list.current?.querySelector<HTMLInputElement>('li:last-child input')?.focus());
  };
  const remove = (id: number) => {
    set(rows.filter((row) => row.id !== id));
    // The focus goes with the row: to the button that adds one.
    document.getElementById(`add-${path}`)?.focus();
  };

  return (
    <div className={classes.editor} role="group" aria-labelledby={`label-${path}`}>
      <div>
        <span id={`label-${path}`} className={classes.label}>
          {label}
        </span>
        {hint && <p className={classes.hint}>{hint}</p>}
      </div>
      {rows.length > 0 && (
        <ul ref={list} className={classes.rows}>
          {rows.map(({ id, key, value: text }, index) => {
            const problem = twice.has(id) ? t('keyValues.twice') : words(form.problemAt(`${path}.${key}`));
            return (
              <li key={id} className={classes.pair}>
                <TextInput
                  aria-label={t('keyValues.keyOf', { list: label, row: index + 1 })}
                  placeholder={keyPlaceholder ?? t('keyValues.key')}
                  value={key}
                  error={problem}
                  onChange={(event) => edit(id, { key: event.currentTarget.value.trim() })}
                  onPaste={(event) => {
                    const pair = key === '' ? splitPair(event.clipboardData.getData('text')) : undefined;
                    if (!pair) return;
                    event.preventDefault();
                    edit(id, pair);
                  }}
                  spellCheck={false}
                />
                <TextInput
                  aria-label={t('keyValues.valueOf', { list: label, row: index + 1 })}
                  placeholder={t('keyValues.value')}
                  value={text}
                  onChange={(event) => edit(id, { value: event.currentTarget.value })}
                  spellCheck={false}
                />
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size={36}
                  aria-label={t('keyValues.removeRow', { list: label, row: index + 1 })}
                  title={t('common.remove')}
                  onClick={() => remove(id)}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              </li>
            );
          })}
        </ul>
      )}
      <Button
        id={`add-${path}`}
        variant="default"
        size="compact-sm"
        className={classes.add}
        leftSection={<IconPlus size={14} />}
        aria-label={t('keyValues.addTo', { list: label })}
        onClick={add}
      >
        {t('keyValues.add')}
      </Button>
    </div>
  );
}
