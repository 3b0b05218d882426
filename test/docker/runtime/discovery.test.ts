/** Engines found, and refusals explained, against real sockets: engines, a crashed one's, a deaf one's, a locked one's. */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, createClient } from '../../../main/runtime/docker/client';
import { discoverEngines } from '../../../main/runtime/docker/discovery';
import { machineEngine } from '../../harness/engine';
import { startPodman, type Podman } from '../../harness/podman';

describe('discovery', () => {
  const home = mkdtempSync(join(tmpdir(), 'labdock-home-'));
  const servers: Server[] = [];
  let docker: string;
  let podman: Podman;

  beforeAll(async () => {
    docker = `unix://${await machineEngine()}`;
    podman = await startPodman();
  });
  afterAll(async () => {
    for (const server of servers) server.close();
    await podman?.stop();
    rmSync(home, { recursive: true, force: true });
  });

  const look = (choice: string, env: NodeJS.ProcessEnv = {}) =>
    discoverEngines({ choice, env, home, timeoutMs: 2_000 });
  const listen = async (server: Server, where: string | number = join(home, `${servers.length}.sock`)) => {
    servers.push(server);
    if (typeof where === 'number') server.listen(where, '127.0.0.1');
    else server.listen(where);
    await once(server, 'listening');
    return where;
  };

  it('describes a Docker engine and a Podman, each chosen by its address', async () => {
    const ofDocker = await look(docker);
    expect(ofDocker.engines).toHaveLength(1);
    expect(ofDocker.chosen!.candidate).toMatchObject({ host: docker, source: 'setting', info: { product: 'docker', os: 'linux', rootless: false } }); // prettier-ignore
    const { version } = await createClient({ host: docker }).version().then(({ Version }) => ({ version: Version })); // prettier-ignore
    expect(ofDocker.chosen!.candidate.info!.version).toBe(version);
    const ofPodman = await look(`unix://${podman.socket}`);
    expect(ofPodman.chosen!.traits).toMatchObject({ product: 'podman', virtualMachine: false, usernsRemap: false });
    expect(ofPodman.chosen!.candidate.info!.architecture).toBe({ x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64']);
  });

  it('takes the current Docker context before a well-known place, and DOCKER_HOST before both', async () => {
    const directory = join(home, '.docker');
    const meta = join(directory, 'contexts', 'meta', createHash('sha256').update('pod').digest('hex'));
    mkdirSync(meta, { recursive: true });
    writeFileSync(join(directory, 'config.json'), JSON.stringify({ currentContext: 'pod' }));
    const host = `unix://${podman.socket}`;
    writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: 'pod', Metadata: {}, Endpoints: { docker: { Host: host } } })); // prettier-ignore
    expect((await look('auto')).chosen!.candidate).toMatchObject({ host, source: 'context:pod' });
    const both = await look('auto', { DOCKER_HOST: docker });
    expect(both.chosen!.candidate).toMatchObject({ host: docker, source: 'DOCKER_HOST' });
    expect(both.engines.map(({ candidate }) => candidate.source)).toContain('context:pod');
    rmSync(directory, { recursive: true });
  });

  it('tells stopped from absent, and absent from a person’s own address', async () => {
    const socket = join(home, 'crashed.sock');
    const script = `require('node:net').createServer().listen(${JSON.stringify(socket)}, () => console.log('up'))`;
    const engine = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(engine.stdout, 'data');
    engine.kill('SIGKILL');
    await once(engine, 'exit');
    expect(existsSync(socket)).toBe(true);
    expect((await look(`unix://${socket}`)).problem).toMatchObject({ reason: 'engine-stopped' });
    expect((await look(`unix://${home}/nowhere.sock`)).problem).toMatchObject({ reason: 'engine-stopped' });
    const all = await discoverEngines({ choice: 'auto', env: { XDG_RUNTIME_DIR: home }, home, timeoutMs: 2_000 });
    const desktop = all.engines.find(({ candidate }) => candidate.source === 'well-known:docker-desktop')!;
    expect(desktop.candidate.problem!.reason).toBe('engine-absent');
    // Podman's program is here, its user service is not.
    const rootless = all.engines.find(({ candidate }) => candidate.source === 'well-known:podman-rootless')!;
    expect(rootless.candidate.problem!.reason).toBe('engine-stopped');
  });

  it('gives a deaf engine its time, and no more', async () => {
    const socket = await listen(createServer(() => undefined));
    const started = Date.now();
    const { problem } = await look(`unix://${socket}`);
    expect(problem).toMatchObject({ reason: 'engine-stopped' });
    expect(problem!.detail).toContain('no answer');
    expect(Date.now() - started).toBeLessThan(4_000);
  });

  it('says that something else answers', async () => {
    const noise = await listen(createServer((socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
    expect((await look(`unix://${noise}`)).problem).toMatchObject({ reason: 'engine-error' });
    const web = await listen(createHttpServer((_, answer) => answer.end('<html>')));
    expect((await look(`unix://${web}`)).problem).toMatchObject({ reason: 'engine-error' });
    const old = JSON.stringify({ Version: '18.09.1', ApiVersion: '1.39', Components: [{ Name: 'Engine' }] });
    const museum = await listen(createHttpServer((_, answer) => answer.end(old)));
    expect((await look(`unix://${museum}`)).problem).toMatchObject({ reason: 'engine-too-old', params: { version: '18.09.1' } }); // prettier-ignore
    const windows = JSON.stringify({ ApiVersion: '1.43', OSType: 'windows', Components: [{ Name: 'Engine' }] });
    const other = await listen(createHttpServer((_, answer) => answer.end(windows)));
    expect((await look(`unix://${other}`)).problem).toMatchObject({ reason: 'engine-not-linux' });
  });

  it('says when the socket is closed to this person', async () => {
    const socket = await listen(
      createServer(() => undefined),
      join(home, 'locked.sock'),
    );
    chmodSync(String(socket), 0o600);
    chmodSync(home, 0o755);
    // Root passes every door; tests of it act as somebody else for a moment.
    const asRoot = process.geteuid!() === 0;
    if (!asRoot) chmodSync(String(socket), 0o000);
    if (asRoot) process.seteuid!(1234);
    try {
      expect((await look(`unix://${socket}`)).problem).toMatchObject({ reason: 'engine-refused' });
    } finally {
      if (asRoot) process.seteuid!(0);
    }
  });

  it('does not even ask an engine on another computer', async () => {
    for (const host of ['ssh://me@example.org', 'tcp://203.0.113.7:2375', 'tcp://build.example.org:2376']) {
      const started = Date.now();
      expect((await look(host)).problem).toMatchObject({ reason: 'engine-remote' });
      expect(Date.now() - started).toBeLessThan(1_000);
    }
  });

  it('speaks TLS with the keys of a context, and checks whom it speaks to', async () => {
    const keys = join(home, 'keys');
    mkdirSync(keys);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: keys, stdio: 'pipe' });
    const self = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    for (const [name, subject] of [
      ['server', '/CN=engine'],
      ['client', '/CN=person'],
    ] as const) {
      // prettier-ignore
      openssl('req', ...self, '-keyout', `${name}-key.pem`, '-out', `${name}.pem`, '-subj', subject, '-addext', 'subjectAltName=IP:127.0.0.1'); // prettier-ignore
    }
    const key = (name: string) => readFileSync(join(keys, name));
    const options = { cert: key('server.pem'), key: key('server-key.pem'), ca: key('client.pem'), requestCert: true };
    const proxy = createTlsServer({ ...options, rejectUnauthorized: true }, (socket) => {
      const engine = connect(docker.replace('unix://', ''));
      socket.pipe(engine).pipe(socket);
      socket.on('error', () => engine.destroy());
      engine.on('error', () => socket.destroy());
    });
    await listen(proxy, 0);
    const host = `tcp://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const tls = join(home, '.docker', 'contexts', 'tls', 'id', 'docker');
    const meta = join(home, '.docker', 'contexts', 'meta', 'id');
    for (const directory of [tls, meta]) mkdirSync(directory, { recursive: true });
    writeFileSync(join(tls, 'ca.pem'), key('server.pem'));
    writeFileSync(join(tls, 'cert.pem'), key('client.pem'));
    writeFileSync(join(tls, 'key.pem'), key('client-key.pem'));
    writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: 'safe', Endpoints: { docker: { Host: host } } }));
    const found = await look('auto', { DOCKER_CONTEXT: 'safe' });
    expect(found.chosen!.candidate).toMatchObject({ host, source: 'context:safe' });
    expect(found.chosen!.candidate.info!.product).toBe('docker');
    // A choice of the same address takes the keys along.
    expect((await look(host)).chosen!.candidate.source).toBe('setting');
    writeFileSync(join(tls, 'ca.pem'), key('client.pem'));
    expect((await look(host)).problem).toMatchObject({ reason: 'engine-error' });
    rmSync(join(home, '.docker'), { recursive: true });
  });

  it('is not misled by DOCKER_HOST when it was decided otherwise', async () => {
    const before = process.env['DOCKER_HOST'];
    process.env['DOCKER_HOST'] = 'tcp://127.0.0.1:1';
    try {
      const client = createClient({ host: docker });
      expect(await ask(() => client.ping())).toBeTruthy();
      expect(process.env['DOCKER_HOST']).toBe('tcp://127.0.0.1:1');
    } finally {
      if (before === undefined) delete process.env['DOCKER_HOST'];
      else process.env['DOCKER_HOST'] = before;
    }
  });
});
