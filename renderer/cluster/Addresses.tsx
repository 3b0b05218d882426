import { ActionIcon } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { WorkspaceState } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { CopyButton } from '../common/CopyButton';
import classes from './Addresses.module.css';

interface Props {
  id: string;
  addresses: NonNullable<WorkspaceState['addresses']>;
}

/** Where else a workspace on a cluster is reached: from its other programs, and from outside. */
export function Addresses({ id, addresses }: Props) {
  const { t } = useTranslation();
  const { inside, outside } = addresses;
  return (
    <dl className={classes.addresses}>
      {outside && (
        <div className={classes.address}>
          <dt>{t('addresses.outside')}</dt>
          <dd>
            <bdi className={classes.url} title={outside} translate="no">
              {outside}
            </bdi>
            <CopyButton text={outside} label={t('addresses.copyOutside')} />
            <ActionIcon
              variant="subtle"
              color="gray"
              size="sm"
              aria-label={t('addresses.open')}
              title={t('addresses.open')}
              onClick={() => void act('cluster.openOutside', { id })}
            >
              <IconExternalLink size={15} />
            </ActionIcon>
          </dd>
        </div>
      )}
      <div className={classes.address}>
        <dt>{t('addresses.inside')}</dt>
        <dd>
          <bdi className={classes.url} title={inside} translate="no">
            {inside}
          </bdi>
          <CopyButton text={inside} label={t('addresses.copyInside')} />
        </dd>
      </div>
    </dl>
  );
}
