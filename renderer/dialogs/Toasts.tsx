import { ActionIcon } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { dismissToast, type Toast } from '../common/actions';
import { useCover } from '../common/cover';
import { useProblemWords } from '../problem/useProblemWords';
import classes from './Toasts.module.css';

/** Refusals of what the user just did. They stay until read. */
export function Toasts({ toasts }: { toasts: readonly Toast[] }) {
  const { t } = useTranslation();
  const words = useProblemWords();
  // Above a Lab page they would lie below the native view.
  useCover(true);
  return (
    <div className={classes.stack}>
      {toasts.map(({ key, problem }) => {
        const { title, cause, next } = words(problem);
        return (
          <div key={key} className={classes.toast} role="alert">
            <div className={classes.words}>
              <strong>{title}</strong>
              <p>
                {cause} {next}
              </p>
              {problem.detail && (
                <details>
                  <summary>{t('problem.details')}</summary>
                  <pre tabIndex={0} translate="no">
                    {problem.detail}
                  </pre>
                </details>
              )}
            </div>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={t('common.close')}
              onClick={() => dismissToast(key)}
            >
              <IconX size={16} />
            </ActionIcon>
          </div>
        );
      })}
    </div>
  );
}
