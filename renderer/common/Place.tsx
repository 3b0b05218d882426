import { IconCloud, IconDeviceLaptop } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { TargetKind, Workspace } from '../../main/app/bridge/contract';
import { ShortPath } from './ShortPath';
import classes from './Place.module.css';

interface Props {
  workspace: Pick<Workspace, 'folder' | 'cluster'>;
  on: TargetKind;
}

/** Where a workspace runs, on one line: a folder of this computer, or context and namespace of a cluster. */
export function Place({ workspace, on }: Props) {
  const { t } = useTranslation();
  const { folder, cluster } = workspace;
  if (on === 'local') {
    return (
      <span className={classes.place}>
        <IconDeviceLaptop size={15} stroke={1.6} role="img" aria-label={t('place.local')} />
        <ShortPath path={folder} />
      </span>
    );
  }
  const words = cluster
    ? t('place.in', { context: cluster.context, namespace: cluster.namespace })
    : t('place.cluster');
  return (
    <span className={classes.place}>
      <IconCloud size={15} stroke={1.6} role="img" aria-label={t('place.cluster')} />
      <bdi className={classes.words} title={words} translate="no">
        {words}
      </bdi>
    </span>
  );
}
