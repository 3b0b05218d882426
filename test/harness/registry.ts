/** A container registry on the loopback (Debian's docker-registry), for push and pull tests. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, start, until } from './processes';

export interface Registry {
  /** `127.0.0.1:PORT`: engines take a registry on the loopback over plain HTTP. */
  address: string;
  log: () => string;
  stop: () => Promise<void>;
}

export async function startRegistry(): Promise<Registry> {
  const folder = mkdtempSync(join(tmpdir(), 'labdock-registry-'));
  const address = `127.0.0.1:${await freePort()}`;
  const config = join(folder, 'config.yml');
  writeFileSync(
    config,
    [
      'version: 0.1',
      'log: { level: warn }',
      `storage: { filesystem: { rootdirectory: ${join(folder, 'data')} }, delete: { enabled: true } }`,
      `http: { addr: '${address}' }`,
      '',
    ].join('\n'),
  );
  const service = start(['docker-registry', 'serve', config]);
  await until('the registry answers', async () => (await fetch(`http://${address}/v2/`)).ok, 20_000);
  return {
    address,
    log: service.output,
    stop: async () => {
      await service.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
