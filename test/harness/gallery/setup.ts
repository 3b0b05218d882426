import { buildWindow } from './buildWindow';
import { windowFolder } from './where';

export default async function setup(): Promise<void> {
  if (process.env['LABDOCK_GALLERY_BUILT'] !== '1') await buildWindow(windowFolder);
}
