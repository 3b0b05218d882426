/** The harness itself: what other tests lean on does what it says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { testBase, testBaseIn } from './baseImage';
import { machineEngine, startOwnEngine } from './engine';
import { api, answers, copyImage, hasImage, runIn } from './engineApi';
import { runWithKeychain } from './keychain';
import { startPodman } from './podman';
import { run, start, until } from './processes';
import { electronFor } from './electron';
import { startRegistry } from './registry';
import { startSession } from './session';
import { TrayWatcher } from './trayWatcher';

const home = mkdtempSync(join(tmpdir(), 'labdock-harness-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

test('the base image makes environments of both Pythons, and refuses what it does not have', async () => {
  const base = await testBase();
  const script = [
    'conda create -y -n new --override-channels -c conda-forge python=3.13 six',
    'conda create -y -p /opt/conda/envs/old --override-channels -c conda-forge python=2.7 six',
    'source /opt/conda/bin/activate new && python -c "import six, sys; print(\'NEW\', sys.version_info[:2])"',
    'conda run -n old python -c "import six, sys; print(\'OLD\', sys.version_info[:2])"',
    '! conda create -y -n other -c conda-forge python=3.9 || exit 1',
    '! conda install -y -n new -c conda-forge no-such-package-at-all || exit 1',
  ].join(' && ');
  const output = await runIn(await machineEngine(), base.reference, ['bash', '-c', script]);
  expect(output).toMatch(/NEW.*3, 13/);
  expect(output).toMatch(/OLD.*2, 7/);
  expect(output).toMatch(/PackagesNotFoundError[^]*- python=3\.9/);
  expect(output).toMatch(/PackagesNotFoundError[^]*- no-such-package-at-all/);
});

test('a substitute interpreter is given only when asked for, and loudly', async () => {
  const { reference } = await testBase();
  const script =
    'STANDIN_CONDA_SUBSTITUTE="3.8=3.13" conda create -y -n py38 python=3.8 && /opt/conda/envs/py38/bin/python -V';
  const output = await runIn(await machineEngine(), reference, ['bash', '-c', script]);
  expect(output).toContain('PYTHON 3.13 IS GIVEN INSTEAD');
  expect(output).toContain('Python 3.13');
});

test('podman answers the Docker API and runs a container of the base image', async () => {
  const podman = await startPodman();
  try {
    const { reference } = await testBaseIn(podman.socket);
    expect(await runIn(podman.socket, reference, ['python', '-c', 'print("from podman")'])).toContain('from podman');
  } finally {
    await podman.stop();
  }
});

test('a second engine stops, starts again, crashes and fills up, and the first does not notice', async () => {
  const engine = await startOwnEngine({ size: '300m' });
  try {
    expect((await api(engine.socket, 'GET', '/info')).json<{ DockerRootDir: string }>().DockerRootDir).toBe(
      engine.dataRoot,
    );
    await engine.stop();
    expect(await answers(engine.socket)).toBe(false);
    await engine.start();
    expect(await answers(engine.socket)).toBe(true);
    await engine.kill();
    await engine.start();
    // The base image is larger than this engine's disk.
    const { reference } = await testBase();
    await expect(copyImage(await machineEngine(), engine.socket, reference)).rejects.toThrow(/no space left on device/);
    expect(await answers(await machineEngine())).toBe(true);
  } finally {
    await engine.destroy();
  }
});

test('a second engine runs containers with ports on the loopback', async () => {
  const engine = await startOwnEngine();
  try {
    const { reference } = await testBaseIn(engine.socket);
    const created = await api(engine.socket, 'POST', '/containers/create', {
      Image: reference,
      Cmd: ['python', '-m', 'http.server', '8000'],
      ExposedPorts: { '8000/tcp': {} },
      HostConfig: { PortBindings: { '8000/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] } },
    });
    const { Id } = created.json<{ Id: string }>();
    await api(engine.socket, 'POST', `/containers/${Id}/start`);
    const seen = (await api(engine.socket, 'GET', `/containers/${Id}/json`)).json<{
      NetworkSettings: { Ports: Record<string, { HostPort: string }[]> };
    }>();
    const port = seen.NetworkSettings.Ports['8000/tcp']?.[0]?.HostPort;
    await until('the container serves', async () => {
      return (await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5000) })).ok;
    });
  } finally {
    await engine.destroy();
  }
});

test('the registry takes and gives an image', async () => {
  const socket = await machineEngine();
  const registry = await startRegistry();
  const name = `${registry.address}/labdock-test/pushed:1`;
  const docker = (command: string): Promise<string> =>
    run(['sh', '-c', command], { env: { DOCKER_HOST: `unix://${socket}` } });
  try {
    await docker(`tar -C ${import.meta.dirname} -c harness.test.ts | docker import - ${name}`);
    await docker(`docker push ${name}`);
    await api(socket, 'DELETE', `/images/${name}?force=1`);
    await api(socket, 'POST', `/images/create?fromImage=${name.replace(/:1$/, '')}&tag=1`);
    expect(await hasImage(socket, name)).toBe(true);
  } finally {
    await api(socket, 'DELETE', `/images/${name}?force=1`);
    await registry.stop();
  }
});

const keep = `const keytar = require('keytar');
  keytar.setPassword('labdock-harness', 'a', 'kept').then(() => keytar.getPassword('labdock-harness', 'a'))
  .then((found) => { console.log('FOUND', found); process.exit(0); }, (error) => { console.log('ERROR', error.message); process.exit(0); });`;

test('keychains: unlocked keeps a secret, absent says so', async () => {
  const node = [process.execPath, '-e', keep];
  expect(await runWithKeychain('unlocked', join(home, 'one'), node)).toContain('FOUND kept');
  expect(await runWithKeychain('absent', join(home, 'two'), node)).toContain('ERROR');
});

test('a locked keychain gives nothing away', async () => {
  const node = [process.execPath, '-e', keep];
  const answer = await runWithKeychain('locked', join(home, 'three'), node, 10_000).catch(() => 'no answer');
  expect(answer).not.toContain('FOUND kept');
});

test('the tray watcher sees a tray, its icon, tooltip and menu, and clicks', async () => {
  const session = await startSession();
  const watcher = await TrayWatcher.start(session.env.DBUS_SESSION_BUS_ADDRESS);
  const program = join(import.meta.dirname, 'trayApp');
  const app = start([await electronFor(program), '--no-sandbox', `--user-data-dir=${join(home, 'tray')}`, program], {
    env: session.env,
  });
  try {
    const item = await watcher.item();
    expect(await item.tooltip()).toBe('nothing clicked');
    const icon = await item.icon();
    expect(icon && [...icon.pixels.subarray(0, 4)]).toEqual([0xff, 0x80, 0x40, 0x20]);
    const menu = await item.menu();
    expect(menu.map(({ label, enabled, separator }) => [label, enabled, separator])).toEqual([
      ['Say hello', true, false],
      ['Never', false, false],
      ['', true, true],
      ['More', true, false],
      ['Quit', true, false],
    ]);
    expect(menu[3]?.children[0]).toMatchObject({ label: 'Ticked', checked: true });
    await expect(item.click('Never')).rejects.toThrow('disabled');
    await item.click('Say hello');
    await until('the tooltip changes', async () => (await item.tooltip()) === 'hello');
    await item.click(/^Quit$/);
    expect(await app.ended).toBe(0);
    expect(await watcher.items()).toHaveLength(0);
  } finally {
    await app.stop();
    watcher.stop();
    await session.stop();
  }
});
