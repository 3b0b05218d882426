import { useEffect, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call } from '../bridge';
import classes from './ConfigEditor.module.css';

interface Props {
  id: string;
  label: string;
  value: string;
  /** What main said of the field when the draft was checked. */
  problem: string | undefined;
  onChange: (value: string) => void;
}

/** Python as plain text with line numbers; main's parser says where it breaks. Tab moves on, as everywhere in the window. */
export function ConfigEditor({ id, label, value, problem, onChange }: Props) {
  const { t } = useTranslation();
  const messageId = useId();
  const gutter = useRef<HTMLDivElement>(null);
  const [broken, setBroken] = useState<{ line: number; message: string } | null>(null);
  const lines = value.split('\n').length;

  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => {
      void call('config.check', { text: value }).then((answer) => {
        if (current && answer.ok) setBroken(answer.value);
      });
    }, 300);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [value]);

  const message = broken ? t('server.syntax', { line: broken.line, message: broken.message }) : problem;
  return (
    <div>
      <div className={classes.editor} data-wrong={message !== undefined}>
        <div ref={gutter} className={classes.gutter} aria-hidden="true">
          {Array.from({ length: lines }, (_, index) => (
            <div key={index} className={classes.number} data-wrong={broken?.line === index + 1}>
              {index + 1}
            </div>
          ))}
        </div>
        <textarea
          id={id}
          className={classes.text}
          aria-label={label}
          aria-invalid={message !== undefined}
          aria-describedby={message === undefined ? undefined : messageId}
          value={value}
          rows={Math.min(18, Math.max(6, lines + 1))}
          wrap="off"
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          onScroll={(event) => {
            if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
          }}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      </div>
      {message !== undefined && (
        <p id={messageId} className={classes.message} role="alert">
          {message}
        </p>
      )}
    </div>
  );
}
