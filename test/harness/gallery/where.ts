import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where pictures go; never into the repository. */
export const galleryFolder = process.env['LABDOCK_GALLERY'] ?? join(tmpdir(), 'labdock-gallery');
/** The window built for the gallery. */
export const windowFolder = join(galleryFolder, '.window');
