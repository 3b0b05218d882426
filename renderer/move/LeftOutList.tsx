import { useTranslation } from 'react-i18next';
import type { LeftOut } from '../../main/app/bridge/contract';
import { formatBytes, formatCount } from '../common/bytes';
import classes from './Move.module.css';

interface Props {
  /** The first of them. */
  files: readonly LeftOut[];
  count: number;
  bytes: number;
}

/** What does not move, and why; folded, for most of it is meant to stay. */
export function LeftOutList({ files, count, bytes }: Props) {
  const { t, i18n } = useTranslation();
  const language = i18n.language;
  const more = count - files.length;
  return (
    <details>
      <summary>
        {t('move.leftOutFiles', { count, files: formatCount(count, language), bytes: formatBytes(bytes, language) })}
      </summary>
      <ul className={classes.paths} tabIndex={0} aria-label={t('move.leftOut')}>
        {files.map((file) => (
          <li key={file.path}>
            <bdi translate="no">{file.path}</bdi>
            <span className={classes.dim}>
              {t(`leftOut.${file.why}`)}
              {file.bytes > 0 && ` · ${formatBytes(file.bytes, language)}`}
            </span>
          </li>
        ))}
      </ul>
      {more > 0 && <p className={classes.dim}>{t('more', { count: more, more: formatCount(more, language) })}</p>}
    </details>
  );
}
