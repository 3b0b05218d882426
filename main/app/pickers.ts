/** The system's own dialogs for folders and files. */
import { dialog, type BrowserWindow, type OpenDialogOptions } from 'electron';
import type { Input } from '../workspace/procedures';
import type { Translate } from './i18n';

type Kind = Input<'files.pickFile'>['kind'];

/** `title` is a key of main's words. */
export function pickFolder(
  window: BrowserWindow | null,
  current: string | undefined,
  t: Translate,
  title: 'dialog.pickFolder' | 'dialog.pickManifests' = 'dialog.pickFolder',
) {
  return pick(window, {
    title: t(title),
    properties: ['openDirectory', 'createDirectory'],
    ...(current && { defaultPath: current }),
  });
}

export function pickFile(window: BrowserWindow | null, kind: Kind, t: Translate) {
  const all = { name: t('dialog.allFiles'), extensions: ['*'] };
  const of: Record<Kind, OpenDialogOptions> = {
    'image-archive': {
      title: t('dialog.pickArchive'),
      filters: [{ name: t('dialog.archives'), extensions: ['tar', 'gz', 'tgz', 'zst', 'xz'] }, all],
    },
    'ca-bundle': {
      title: t('dialog.pickCa'),
      filters: [{ name: t('dialog.certificates'), extensions: ['pem', 'crt', 'cer'] }, all],
    },
    'jupyter-config': {
      title: t('dialog.pickConfig'),
      filters: [{ name: t('dialog.python'), extensions: ['py'] }, all],
    },
  };
  return pick(window, { ...of[kind], properties: ['openFile'] });
}

async function pick(window: BrowserWindow | null, options: OpenDialogOptions): Promise<{ path: string | null }> {
  const { canceled, filePaths } = await (window
    ? dialog.showOpenDialog(window, options)
    : dialog.showOpenDialog(options));
  return { path: canceled ? null : (filePaths[0] ?? null) };
}
