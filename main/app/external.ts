/** Addresses that leave for the system browser. */
import { shell } from 'electron';
import { externalUrl } from './lab/navigationPolicy';
import { createRateLimit } from './lab/rateLimit';
import type { Input } from '../workspace/procedures';

const mayOpen = createRateLimit(5, 10_000);

/** From a Lab page: checked and rate-limited. */
export function openExternal(url: string): void {
  const address = externalUrl(url);
  if (address && mayOpen()) void shell.openExternal(address).catch(() => undefined);
}

/** Where a workspace on a cluster is reached from outside, as its settings say. */
export async function openOutside(url: string | undefined): Promise<void> {
  const address = url === undefined ? null : externalUrl(url);
  if (address) await shell.openExternal(address);
}

/** The trusted window names a link, never an address. */
export const links: Record<Input<'app.openExternal'>['link'], string> = {
  documentation: 'https://jupyterlab.readthedocs.io/',
  'engine-help': 'https://docs.docker.com/get-started/get-docker/',
  license: 'https://opensource.org/license/mit',
};
