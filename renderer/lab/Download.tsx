import { ActionIcon } from '@mantine/core';
import { IconFolderOpen, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { DownloadState } from '../../main/app/bridge/contract';
import { act } from '../common/actions';
import { useAppState } from '../state';
import classes from './LabPage.module.css';

/** The newest download of this workspace, in the bar: below it the native view would hide it. */
export function Download({ workspace }: { workspace: string }) {
  const { t } = useTranslation();
  const download = useAppState((state) => state.downloads?.findLast((d) => d.workspace === workspace));
  if (!download) return null;
  const { id, name, status } = download;
  const dismiss = status === 'running' ? 'cancel' : 'dismiss';
  return (
    <div className={classes.download} role="status">
      <span className={classes.downloadName} title={name} dir="auto">
        {name}
      </span>
      <span className={classes.downloadWord} data-status={status}>
        {word(download, t)}
      </span>
      {status === 'done' && (
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={t('download.reveal')}
          title={t('download.reveal')}
          onClick={() => void act('download.act', { id, action: 'reveal' })}
        >
          <IconFolderOpen size={15} />
        </ActionIcon>
      )}
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={dismiss === 'cancel' ? t('common.cancel') : t('common.close')}
        title={dismiss === 'cancel' ? t('common.cancel') : t('common.close')}
        onClick={() => void act('download.act', { id, action: dismiss })}
      >
        <IconX size={15} />
      </ActionIcon>
    </div>
  );
}

function word(download: DownloadState, t: (key: string, params?: Record<string, unknown>) => string): string {
  if (download.status === 'done') return t('download.done');
  if (download.status === 'failed') return t('download.failed');
  const { receivedBytes, totalBytes } = download;
  return totalBytes > 0
    ? t('percent', { value: Math.min(100, Math.round((100 * receivedBytes) / totalBytes)) })
    : t('download.running');
}
