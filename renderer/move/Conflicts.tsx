import { IconArrowsSplit2 } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { MoveConflict, TargetKind } from '../../main/app/bridge/contract';
import { formatCount } from '../common/bytes';
import classes from './Move.module.css';

interface Props {
  /** The first of them. */
  conflicts: readonly MoveConflict[];
  count: number;
  to: TargetKind;
}

/** Files that were changed on both sides: nothing is lost, and this is where both versions are. */
export function Conflicts({ conflicts, count, to }: Props) {
  const { t, i18n } = useTranslation();
  const more = count - conflicts.length;
  return (
    <div className={classes.conflicts}>
      <IconArrowsSplit2 size={17} stroke={1.7} aria-hidden />
      <div className={classes.conflictWords}>
        <p>{t(`conflicts.words.${to}`, { count, files: formatCount(count, i18n.language) })}</p>
        <details>
          <summary>{t('conflicts.show')}</summary>
          <ul className={classes.paths} tabIndex={0} aria-label={t('conflicts.show')} translate="no">
            {conflicts.map(({ path, copy }) => (
              <li key={path}>
                <bdi>{path}</bdi>
                <bdi className={classes.dim}>{copy}</bdi>
              </li>
            ))}
          </ul>
          {more > 0 && (
            <p className={classes.dim}>{t('more', { count: more, more: formatCount(more, i18n.language) })}</p>
          )}
        </details>
      </div>
    </div>
  );
}
