import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JupyterClient } from '../../main/jupyter/client';
import { renderConfig, strictConfigEnvironment, type ConfigInput } from '../../main/jupyter/config';
import { importConfig } from '../../main/jupyter/configImport';
import { currentNamesInUse } from '../../main/jupyter/configNames';
import { defaultServerSettings, type ServerSettings } from '../../main/jupyter/model';
import { hashPassword } from '../../main/jupyter/passwordHash';
import { listBusyKernels, shutdownServer } from '../../main/jupyter/quiesce';
import { awaitReady } from '../../main/jupyter/ready';
import { findRecoverable, recover } from '../../main/jupyter/recovery';
import { answers, jupyterEnvironment, jupyterPlace, startJupyter, type JupyterServer } from '../harness/jupyterVenv';
import { run, until } from '../harness/processes';

const token = 'f00dfeed'.repeat(8);
const sha1 = 'sha1:0123456789ab:3660298bface6134daea1002d502be9282cc6f94';
const sha256 = 'sha256:0123456789ab:5011e5298225ce0d2692a6614aa30ea16d05af0447b90e90c1846f1032f0a44b';

const running: JupyterServer[] = [];
afterAll(async () => {
  for (const server of running) await server.remove();
});

interface Wish {
  settings?: Partial<ServerSettings>;
  passwordHash?: string | null;
  token?: string;
  hostnames?: string[];
  env?: NodeJS.ProcessEnv;
  which?: 'current' | 'old';
}
async function launch(wish: Wish = {}, place?: Awaited<ReturnType<typeof jupyterPlace>>): Promise<JupyterServer> {
  const where = place ?? (await jupyterPlace());
  const input: ConfigInput = {
    // Tests run as root where machines have nobody else.
    settings: { ...defaultServerSettings, allowRoot: process.getuid?.() === 0, ...wish.settings },
    passwordHash: wish.passwordHash ?? null,
    token: wish.token ?? token,
    ...where,
    ...(wish.hostnames && { hostnames: wish.hostnames }),
  };
  const server = await startJupyter(where, renderConfig(input), {
    ...(wish.which === 'old' && { which: 'old', app: 'server' }),
    env: { ...strictConfigEnvironment, ...wish.env },
  });
  running.push(server);
  return server;
}
const client = (server: JupyterServer, with_ = token) => new JupyterClient({ port: server.port, token: with_ });
async function ready(wish?: Wish): Promise<JupyterServer> {
  const server = await launch(wish);
  let code: number | null = null;
  void server.ended.then((ended) => (code = Number(ended) || 1));
  await awaitReady(client(server, wish?.token), { signal: AbortSignal.timeout(120_000), exited: () => code }).catch(
    (error: unknown) => {
      throw new Error(`${String(error)}\n${server.output()}`);
    },
  );
  return server;
}

/** A browser's cookies and headers, as far as a login needs them; `host` is what the address bar would say. */
class Browser {
  readonly cookies = new Map<string, string>();
  constructor(
    private readonly port: number,
    private readonly host = `127.0.0.1:${port}`,
    private readonly address = '127.0.0.1',
  ) {}
  send(method: string, url: string, headers: Record<string, string> = {}, body = '') {
    return new Promise<{ status: number; headers: Record<string, string | string[] | undefined>; body: string }>(
      (resolve, reject) => {
        const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const call = request(
          {
            host: this.address,
            port: this.port,
            path: url,
            method,
            agent: false,
            headers: {
              host: this.host,
              ...(cookie && { cookie }),
              'content-length': Buffer.byteLength(body),
              ...headers,
            },
          },
          (response) => {
            for (const line of response.headers['set-cookie'] ?? []) {
              const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
              this.cookies.set(name!, value!);
            }
            let text = '';
            response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
            response.on('end', () =>
              resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
            );
          },
        );
        call.on('error', reject).end(body);
      },
    );
  }
  /** Through the real form, with its _xsrf. True when what follows is not the form again. */
  async logIn(password: string): Promise<boolean> {
    const form = await this.send('GET', '/login?next=%2Flab');
    expect(form.body).toContain('name="password"');
    const body = new URLSearchParams({ _xsrf: this.cookies.get('_xsrf') ?? '', password }).toString();
    const answer = await this.send(
      'POST',
      '/login?next=%2Flab',
      { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    );
    expect([302, 401]).toContain(answer.status);
    const loggedIn = (await this.send('GET', '/api/status')).status === 200;
    expect(loggedIn).toBe(answer.status === 302);
    return loggedIn;
  }
  startKernel(headers: Record<string, string>) {
    return this.send('POST', '/api/kernels', { 'content-type': 'text/plain', ...headers }, '{"name": "python3"}');
  }
}

/** Sends one execute_request the way Lab does and leaves; tornado is in every Jupyter. */
const executeThroughWebsocket = `
import asyncio, json, sys
from tornado.websocket import websocket_connect
async def main(url, code):
    socket = await websocket_connect(url)
    header = {'msg_id': 'm1', 'msg_type': 'execute_request', 'session': 's', 'username': '', 'date': '2026-01-01T00:00:00Z', 'version': '5.3'}
    await socket.write_message(json.dumps({'channel': 'shell', 'header': header, 'parent_header': {}, 'metadata': {}, 'content': {'code': code, 'silent': False}}))
    while json.loads(await socket.read_message())['header']['msg_type'] != 'execute_input': pass
    socket.close()
asyncio.run(main(*sys.argv[1:]))
`;

beforeAll(async () => {
  await jupyterEnvironment();
}, 600_000);

describe('the default configuration on a real JupyterLab', () => {
  let server: JupyterServer;
  beforeAll(async () => {
    server = await ready();
  });

  test('is accepted whole: no unknown names, no deprecations, no warning of Labdock', () => {
    expect(server.output()).toContain('is running at');
    expect(server.output()).not.toMatch(/not recognized|deprecat|\[Labdock\]|Traceback|Exception|Error/i);
  });

  test('keeps secrets out of the log', () => {
    expect(server.output()).not.toContain(token);
  });

  test('lets in who knows the token, and nobody else', async () => {
    expect(await client(server).status()).toMatchObject({ kernels: 0 });
    for (const wrong of ['', 'wrong', `${token} `.trim().slice(1)])
      await expect(client(server, wrong).status()).rejects.toMatchObject({ failure: 'denied' });
    await expect(client(server).status({ token: null })).rejects.toMatchObject({ failure: 'denied' });
    expect(await new Browser(server.port).logIn('')).toBe(false);
    expect(await new Browser(server.port).logIn(token)).toBe(true);
  });

  test('answers to this computer by name and address, and to no rebound name', async () => {
    const own = Object.values(networkInterfaces())
      .flat()
      .find((each) => each?.family === 'IPv4' && !each.internal)?.address;
    const at = (host: string) => new Browser(server.port, host).send('GET', '/api').then(({ status }) => status);
    expect([await at(`127.0.0.1:${server.port}`), await at(`localhost:${server.port}`)]).toEqual([200, 200]);
    expect([await at('rebound.example'), await at(`rebound.example:${server.port}`), await at('10.1.2.3')]).toEqual([
      403, 403, 403,
    ]);
    // It listens beyond the loopback (a published port arrives there), and the check still stands.
    if (own) expect((await new Browser(server.port, 'localhost', own).send('GET', '/api')).status).toBe(200);
  });

  test('checks XSRF tokens and origins of a logged-in browser', async () => {
    const browser = new Browser(server.port);
    expect(await browser.logIn(token)).toBe(true);
    expect((await browser.startKernel({})).status).toBe(403);
    expect((await browser.startKernel({ origin: 'https://foreign.example' })).status).toBe(404);
    const foreign = { origin: 'https://foreign.example', 'x-xsrftoken': browser.cookies.get('_xsrf')! };
    expect((await browser.startKernel(foreign)).status).toBe(404);
    expect(
      (await browser.send('GET', '/api/status', { origin: 'https://foreign.example' })).headers,
    ).not.toHaveProperty('access-control-allow-origin');
    const own = { origin: `http://127.0.0.1:${server.port}`, 'x-xsrftoken': browser.cookies.get('_xsrf')! };
    expect((await browser.startKernel(own)).status).toBe(201);
    for (const kernel of await client(server).kernels())
      expect((await browser.send('DELETE', `/api/kernels/${kernel.id}`, own)).status).toBe(204);
  });

  test('gives Lab its page: exposed to the launcher, without a way to stop the server or questions about news', async () => {
    const browser = new Browser(server.port);
    await browser.logIn(token);
    expect((await browser.send('GET', '/')).headers['location']).toMatch(/^\/lab/);
    const page = (await browser.send('GET', '/lab')).body;
    const config = JSON.parse(/<script id="jupyter-config-data"[^>]*>([\s\S]*?)<\/script>/.exec(page)![1]!) as Record<
      string,
      unknown
    >;
    expect(config).toMatchObject({ exposeAppInBrowser: true, quitButton: false, news: { disabled: true } });
  });

  test('keeps the cookie secret in HOME, for nobody else to read', () => {
    const file = path.join(server.home, '.labdock-cookie-secret');
    expect(existsSync(file)).toBe(true);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  test('gives hashes of files, and what is there besides', async () => {
    writeFileSync(path.join(server.work, 'a b#한.txt'), 'abc');
    const file = await client(server).contents('a b#한.txt', { hash: true });
    expect(file).toMatchObject({ type: 'file', size: 3, hash_algorithm: 'sha256' });
    expect(file.hash).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    await expect(client(server).contents('absent')).rejects.toMatchObject({ failure: 'status', status: 404 });
  });

  test('names a busy kernel by its notebook, and shuts down with it', async () => {
    const headers = { authorization: `token ${token}`, 'content-type': 'application/json' };
    const created = await fetch(`http://127.0.0.1:${server.port}/api/sessions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ path: 'sub/n.ipynb', name: 'n.ipynb', type: 'notebook', kernel: { name: 'python3' } }),
    });
    expect(created.status).toBe(201);
    const { kernel } = (await created.json()) as { kernel: { id: string } };
    const python = path.join(await jupyterEnvironment(), 'bin/python');
    const url = `ws://127.0.0.1:${server.port}/api/kernels/${kernel.id}/channels?token=${token}`;
    await run([
      python,
      '-c',
      executeThroughWebsocket,
      url,
      'import os, time; open("pid", "w").write(str(os.getpid())); time.sleep(600)',
    ]);
    const busy = await until('a busy kernel', async () => {
      const kernels = await listBusyKernels(client(server));
      return existsSync(path.join(server.work, 'pid')) && kernels.length > 0 && kernels;
    });
    expect(busy).toEqual([{ id: kernel.id, label: 'sub/n.ipynb' }]);
    expect((await client(server).sessions())[0]).toMatchObject({ path: 'sub/n.ipynb', kernel: { id: kernel.id } });
    const pid = Number(readFileSync(path.join(server.work, 'pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).not.toThrow();

    expect(await shutdownServer(client(server), { timeoutMs: 30_000 })).toBe('gone');
    expect(await server.ended).toBe(0);
    expect(() => process.kill(pid, 0)).toThrow();
    expect(await shutdownServer(client(server))).toBe('silent');
  });
});

describe('passwords at the real login form', () => {
  test('an argon2 hash made by Labdock, of any text', async () => {
    const password = 'pä€😀';
    const server = await ready({ passwordHash: await hashPassword(password), settings: { passwordRequired: true } });
    expect(server.output()).not.toMatch(/not recognized|deprecat/i);
    expect(await new Browser(server.port).logIn('pä€')).toBe(false);
    expect(await new Browser(server.port).logIn('')).toBe(false);
    const browser = new Browser(server.port);
    expect(await browser.logIn(password)).toBe(true);
    // The token stays a way in beside the password: the launcher's.
    expect(await client(server).status()).toMatchObject({ kernels: 0 });
    expect((await new Browser(server.port).send('GET', '/login')).body).not.toContain('new_password');

    // Logged in stays logged in over a restart, and ends with the password.
    await server.stop();
    const again = await launch({ passwordHash: await hashPassword('other') }, server);
    await answers(again);
    expect((await browser.send('GET', '/api/status')).status).toBe(403);
  });

  test('a cookie outlives a recreated server: secret and hash are the same', async () => {
    const passwordHash = sha256;
    const server = await ready({ passwordHash });
    const browser = new Browser(server.port);
    expect(await browser.logIn('password')).toBe(true);
    await server.stop();
    await answers(await launch({ passwordHash }, server));
    expect((await browser.send('GET', '/api/status')).status).toBe(200);
  });

  test.each(['c.NotebookApp.password = u', 'c.ServerApp.password = '])('an imported hash (%s…)', async (line) => {
    const imported = importConfig(`${line}'${line.includes('Notebook') ? sha1 : sha256}'\n`);
    const server = await ready({ passwordHash: imported.passwordHash! });
    expect(await new Browser(server.port).logIn('Password')).toBe(false);
    expect(await new Browser(server.port).logIn('password')).toBe(true);
  });

  test('a required password that is not set stops the server, and readiness tells', async () => {
    const server = await launch({ settings: { passwordRequired: true } });
    let code: number | null = null;
    void server.ended.then((ended) => (code = Number(ended)));
    await expect(
      awaitReady(client(server), { signal: AbortSignal.timeout(120_000), exited: () => code }),
    ).rejects.toMatchObject({ problem: { reason: 'server-crashed-while-starting', params: { code: 1 } } });
  });
});

describe('settings that reach the server', () => {
  test('allow_origin, disable_check_xsrf, allow_root, root_dir, host names and custom text, as asked', async () => {
    const place = await jupyterPlace();
    await run(['mkdir', '-p', path.join(place.work, 'sub dir')]);
    writeFileSync(path.join(place.work, 'sub dir', 'inside.txt'), '');
    const server = await launch(
      {
        settings: {
          allowOrigin: 'https://portal.example',
          disableCheckXsrf: true,
          allowRoot: true,
          rootDir: 'sub dir',
          custom: [
            "import os; c.ServerApp.tornado_settings = {'headers': {'X-Team': os.environ.get('TEAM', '한')}}",
            'c.ServerApp.port = 1',
            "c.ServerApp.root_dir = '/'",
            "c.PasswordIdentityProvider.token = ''",
          ].join('\n'),
        },
        hostnames: ['lab.example.org'],
        env: { TEAM: 'ours' },
      },
      place,
    );
    await awaitReady(client(server), { signal: AbortSignal.timeout(120_000) });
    expect(server.output()).toMatch(/\[Labdock\] ServerApp\.port is not taken/);
    expect(server.output()).toMatch(/\[Labdock\] ServerApp\.root_dir is not taken/);
    expect(server.output()).toMatch(/\[Labdock\] PasswordIdentityProvider\.token is not taken/);
    expect(server.output()).not.toMatch(/not recognized/i);
    const browser = new Browser(server.port);
    expect(await browser.logIn(token)).toBe(true);
    const listing = await browser.send('GET', '/api/contents/', { origin: 'https://portal.example' });
    expect(listing.headers).toMatchObject({
      'access-control-allow-origin': 'https://portal.example',
      'x-team': 'ours',
    });
    expect(listing.body).toContain('inside.txt');
    // Without an XSRF token, but from the allowed origin.
    expect((await browser.startKernel({ origin: 'https://portal.example' })).status).toBe(201);
    expect((await browser.startKernel({ origin: 'https://other.example' })).status).toBe(404);
    expect((await new Browser(server.port, 'lab.example.org').send('GET', '/api')).status).toBe(200);
    expect((await new Browser(server.port, 'other.example').send('GET', '/api')).status).toBe(403);
  });

  test('root may not run it unless allowed', async () => {
    const server = await launch({ settings: { allowRoot: false } });
    if (process.getuid?.() === 0) {
      expect(await server.ended).toBe(1);
      expect(server.output()).toMatch(/as root is not recommended/);
    } else await awaitReady(client(server), { signal: AbortSignal.timeout(120_000) });
  });

  test('a real Jupyter without authentication on the port is not taken for ours', async () => {
    const place = await jupyterPlace();
    const open = `c.ServerApp.port = ${place.port}\nc.ServerApp.allow_root = True\nc.ServerApp.open_browser = False\nc.IdentityProvider.token = ''\n`;
    const server = await startJupyter(place, open);
    running.push(server);
    await answers(server);
    expect(await client(server).status()).toMatchObject({ kernels: 0 });
    await expect(awaitReady(client(server), { signal: AbortSignal.timeout(120_000) })).rejects.toMatchObject({
      problem: { reason: 'port-masked', params: { port: place.port } },
    });
  });

  test('a busy port is not silently left for the next one', async () => {
    const server = await ready();
    const second = await launch({}, { ...(await jupyterPlace()), port: server.port });
    expect(await second.ended).toBe(1);
    expect(second.output()).toMatch(/already in use/);
  });
});

describe('broken custom text', () => {
  test.each([
    ['a syntax error', 'x = (\n', /SyntaxError/],
    ['an exception', 'c.ServerApp.allow_origin = undefined_name\n', /NameError/],
    ['a value of the wrong type', "c.ServerApp.allow_origin = ['x']\n", /allow_origin/],
    ['an exit', 'import sys; sys.exit(3)\n', /^/],
  ])('%s stops the server instead of starting it on defaults', async (_, custom, words) => {
    const server = await launch({ settings: { custom } });
    expect(await server.ended).not.toBe(0);
    expect(server.output()).toMatch(words);
    expect(server.output()).not.toContain('is running at');
    expect(server.output()).not.toContain(token);
  });

  test('without the strict environment Jupyter starts on defaults, and readiness does not take it for ours', async () => {
    const place = await jupyterPlace();
    const server = await launch(
      { settings: { custom: 'raise RuntimeError("x")' }, env: { TRAITLETS_APPLICATION_RAISE_CONFIG_FILE_ERROR: '' } },
      place,
    );
    // It went on without our file: on another port, or (as root) refusing to run at all.
    await until(
      'Jupyter goes on with its defaults',
      () => /is running at|as root is not recommended/.test(server.output()),
      120_000,
    );
    expect(server.output()).toContain('RuntimeError');
    await expect(
      awaitReady(client(server), { signal: AbortSignal.timeout(120_000), timeoutMs: 5000 }),
    ).rejects.toMatchObject({ problem: { reason: expect.stringMatching(/port-masked|server-not-ready/) as unknown } });
  });
});

describe('names and versions', () => {
  test('every current name that an import writes exists in jupyter_server', async () => {
    const environment = await jupyterEnvironment();
    const program = `
import json, sys
from jupyter_server.serverapp import ServerApp
from jupyter_server.auth.identity import IdentityProvider, PasswordIdentityProvider
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
known = {cls.__name__: cls.class_traits(config=True) for cls in (ServerApp, IdentityProvider, PasswordIdentityProvider, ZMQChannelsWebsocketConnection)}
print(json.dumps([name for name in sys.argv[1:] if name.split('.')[1] not in known[name.split('.')[0]]]))
`;
    const unknown = await run([path.join(environment, 'bin/python'), '-c', program, ...currentNamesInUse]);
    expect(JSON.parse(unknown.trim())).toEqual([]);
    expect(currentNamesInUse.length).toBeGreaterThan(8);
  });

  test('a published image with jupyter_server 1 takes token and password too', async () => {
    const server = await launch({ which: 'old', passwordHash: sha1 });
    await awaitReady(client(server), { signal: AbortSignal.timeout(120_000) }).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${server.output()}`);
    });
    expect(await new Browser(server.port).logIn('password')).toBe(true);
    expect(await new Browser(server.port).logIn('other')).toBe(false);
    expect(await shutdownServer(client(server), { timeoutMs: 20_000 })).toBe('gone');
  });
});

describe('a server killed while it saves', () => {
  test('leaves the copy that recovery finds and puts back', async () => {
    // The save is held open where Jupyter writes: between truncating the document and filling it.
    const custom = [
      'import os, time',
      'def hold(model, path, **kwargs): pass',
      'from jupyter_server.services.contents import filemanager',
      'async def slow(self, path, nb, *args, **kwargs):',
      '    with self.atomic_writing(path, encoding="utf-8") as f:',
      '        open(os.environ["HELD"], "w").close()',
      '        time.sleep(600)',
      'filemanager.AsyncFileContentsManager._save_notebook = slow',
      'filemanager.FileContentsManager._save_notebook = slow',
    ].join('\n');
    const place = await jupyterPlace();
    const held = path.join(place.home, 'held');
    const notebook = JSON.stringify({ cells: [], metadata: {}, nbformat: 4, nbformat_minor: 5 });
    writeFileSync(path.join(place.work, 'n.ipynb'), notebook);
    const server = await launch({ settings: { custom }, env: { HELD: held } }, place);
    await awaitReady(client(server), { signal: AbortSignal.timeout(120_000) });
    const saving = fetch(`http://127.0.0.1:${server.port}/api/contents/n.ipynb`, {
      method: 'PUT',
      headers: { authorization: `token ${token}` },
      body: JSON.stringify({
        type: 'notebook',
        content: { cells: [], metadata: { new: 1 }, nbformat: 4, nbformat_minor: 5 },
      }),
    }).catch(() => undefined);
    await until('the save is under way', () => existsSync(held));
    await sleep(200);
    await server.stop('SIGKILL');
    await saving;
    expect(readFileSync(path.join(place.work, 'n.ipynb'), 'utf8')).toBe('');
    const { files } = await findRecoverable(place.work);
    expect(files).toMatchObject([{ file: 'n.ipynb', kind: 'empty', bytes: notebook.length }]);
    expect((await recover(place.work, ['n.ipynb'])).restored).toEqual([{ file: 'n.ipynb', as: 'n.ipynb' }]);
    expect(readFileSync(path.join(place.work, 'n.ipynb'), 'utf8')).toBe(notebook);
  });
});
