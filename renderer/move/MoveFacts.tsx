import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { MovePreview, WorkspaceState } from '../../main/app/bridge/contract';
import { Findings } from '../cluster/Findings';
import { formatBytes, formatCount } from '../common/bytes';
import { Conflicts } from './Conflicts';
import { LeftOutList } from './LeftOutList';
import classes from './Move.module.css';

interface Props {
  preview: MovePreview;
  state: WorkspaceState;
  onLeave: () => void;
}

/** What moves, what it takes, what stays; what stands in the way first. */
export function MoveFacts({ preview, state, onLeave }: Props) {
  const { t, i18n } = useTranslation();
  const { to, files, bytes, unchanged, deletions, findings, image, running } = preview;
  const count = (value: number) => formatCount(value, i18n.language);
  const size = (value: number) => formatBytes(value, i18n.language);
  if (findings.some(({ blocks }) => blocks))
    return <Findings findings={findings} workspace={state.workspace} onLeave={onLeave} />;
  return (
    <>
      {findings.length > 0 && <Findings findings={findings} workspace={state.workspace} onLeave={onLeave} />}
      {preview.conflictCount > 0 && <Conflicts conflicts={preview.conflicts} count={preview.conflictCount} to={to} />}
      <dl className={classes.facts}>
        <Fact name={t('move.moves')}>
          <p className={classes.strong}>
            {files > 0 ? t('move.files', { count: files, files: count(files), bytes: size(bytes) }) : t('move.noFiles')}
          </p>
          {preview.firstCopy && files > 0 && <p>{t(`move.first.${to}`)}</p>}
          {unchanged > 0 && <p>{t('move.unchanged', { count: unchanged, files: count(unchanged) })}</p>}
          {deletions > 0 && <p>{t(`move.deletions.${to}`, { count: deletions, files: count(deletions) })}</p>}
          <p>{t('move.settings')}</p>
        </Fact>
        {preview.leftOutCount > 0 && (
          <Fact name={t('move.leftOut')}>
            <LeftOutList files={preview.leftOut} count={preview.leftOutCount} bytes={preview.leftOutBytes} />
          </Fact>
        )}
        <Fact name={t('move.takes')}>
          {image.map((work) => (
            <p key={work}>{t(`moveImage.${work}`)}</p>
          ))}
          <p>{running ? t(`move.running.${to}`) : t('move.stopped')}</p>
        </Fact>
        <Fact name={t('move.stays')}>
          <p>{t(`move.kept.${to}`)}</p>
        </Fact>
      </dl>
    </>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className={classes.fact}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
