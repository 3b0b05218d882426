import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { LabdockError } from '../../../main/common/problem';
import { renderConfig } from '../../../main/jupyter/config';
import { importConfig, importConfigFile } from '../../../main/jupyter/configImport';
import { defaultServerSettings } from '../../../main/jupyter/model';
import { runConfigs } from './python';

const sha1 = 'sha1:0123456789ab:3660298bface6134daea1002d502be9282cc6f94';

/** A server configuration as `jupyter server --generate-config` leaves it after editing, with all ten settings used. */
const generated = (values: { port: string; password: string }) => `# Configuration file for jupyter-server.

...

## Full path of a config file.
#  Default: ''
c.JupyterApp.config_file = '/srv/jupyter_server_config.py'

## Set the Access-Control-Allow-Origin header
#  
#  Use '*' to allow any origin to access your server.
#  Default: ''
c.ServerApp.allow_origin = 'https://portal.example'

## Whether to allow the user to run the server as root.
#  Default: False
c.ServerApp.allow_root = True

## Disable cross-site-request-forgery protection
#  
#  Some anonymous compute resources still desire the ability to run code,
#  completely without authentication.
#  Default: False
c.ServerApp.disable_check_xsrf = True

## The IP address the Jupyter server will listen on.
#  Default: 'localhost'
c.ServerApp.ip = '0.0.0.0'

## DEPRECATED, use root_dir.
#  Default: ''
c.ServerApp.notebook_dir = '/opt/notebooks'

## Hashed password to use for web authentication.
#  Default: ''
c.ServerApp.password = '${values.password}'

## Forces users to use a password for the Jupyter server.
#  Default: False
c.ServerApp.password_required = True

## The port the Jupyter server will listen on.
#  Default: 8888
c.ServerApp.port = ${values.port}

## Token used for authenticating first-time connections to the server.
#  Default: '<generated>'
c.ServerApp.token = '<generated>'

...
`;

describe('importing a generated jupyter_server_config.py', () => {
  test('turns every setting into its field', () => {
    expect(importConfig(generated({ port: '9999', password: sha1 }))).toEqual({
      server: {
        allowOrigin: 'https://portal.example',
        allowRoot: true,
        disableCheckXsrf: true,
        ip: '0.0.0.0',
        passwordRequired: true,
        rootDir: '',
      },
      folder: '/opt/notebooks',
      port: 9999,
      passwordHash: sha1,
      custom: '',
      imported: [
        'ServerApp.allow_origin',
        'ServerApp.allow_root',
        'ServerApp.disable_check_xsrf',
        'ServerApp.ip',
        'ServerApp.root_dir',
        'PasswordIdentityProvider.hashed_password',
        'PasswordIdentityProvider.password_required',
        'ServerApp.port',
      ],
      ignored: [
        { setting: 'JupyterApp.config_file', why: 'config-file' },
        { setting: 'ServerApp.token', why: 'own-token' },
      ],
    });
  });

  test('names the line of a placeholder that is no Python', () => {
    const text = generated({ port: '<port_number>', password: sha1 });
    const line = text.split('\n').findIndex((each) => each.includes('<port_number>')) + 1;
    expect(() => importConfig(text)).toThrow(
      expect.objectContaining({
        problem: expect.objectContaining({
          reason: 'config-syntax',
          params: expect.objectContaining({ line }) as unknown,
        }) as unknown,
      }),
    );
  });

  test('says what a placeholder of text cannot be', () => {
    expect(importConfig(generated({ port: '80', password: '<type:salt:hashed-password>' })).ignored).toEqual([
      { setting: 'JupyterApp.config_file', why: 'config-file' },
      { setting: 'ServerApp.password', why: 'hash-unusable' },
      { setting: 'ServerApp.port', why: 'port-range' },
      { setting: 'ServerApp.token', why: 'own-token' },
    ]);
  });
});

describe('importing a jupyter_notebook_config.py', () => {
  const notebook = `# -*- coding: utf-8 -*-
"""Our team's notebook server."""
import os
from pathlib import Path

c = get_config()
conf = get_config()

c.NotebookApp.ip = '*'
c.NotebookApp.port = 8900; c.NotebookApp.open_browser = False
c.NotebookApp.password = u'${sha1}'
get_config().NotebookApp.allow_origin = (
    'https://'
    # the portal
    'portal.example'
)
c.NotebookApp.notebook_dir = 'notebooks/2026'
c.NotebookApp.certfile = u'/etc/ssl/mycert.pem'  # ours
c.NotebookApp.token = 'a secret'
c.NotebookApp.enable_mathjax = True
c.NotebookApp.nbserver_extensions = {'jupyter_nbextensions_configurator': True}

# Cull what nobody uses.
c.MappingKernelManager.cull_idle_timeout = 3600  # seconds
c.NotebookApp.tornado_settings = {
    'headers': {
        'X-Team': "ours",
    },
}
conf.NotebookApp.iopub_data_rate_limit = 1.0e10
if os.environ.get('OPEN'):
    c.NotebookApp.disable_check_xsrf = True
    c.NotebookApp.max_body_size = 1024

def scrub(model, **kwargs):
    """Cleans c.NotebookApp.ip outputs."""
    return model

c.FileContentsManager.pre_save_hook = scrub
c.NotebookApp.extra_services.append('x')
`;
  const result = importConfig(notebook);

  test('finds known settings in every way of writing them', () => {
    expect(result.server).toEqual({ ip: '*', allowOrigin: 'https://portal.example', rootDir: 'notebooks/2026' });
    expect(result.port).toBe(8900);
    expect(result.passwordHash).toBe(sha1);
  });

  test('keeps the rest verbatim, under current names', () => {
    expect(result.custom).toBe(`import os
from pathlib import Path
conf = get_config()
# Cull what nobody uses.
c.MappingKernelManager.cull_idle_timeout = 3600  # seconds
c.ServerApp.tornado_settings = {
    'headers': {
        'X-Team': "ours",
    },
}
conf.ZMQChannelsWebsocketConnection.iopub_data_rate_limit = 1.0e10
if os.environ.get('OPEN'):
    c.ServerApp.disable_check_xsrf = True
    c.ServerApp.max_body_size = 1024
def scrub(model, **kwargs):
    """Cleans c.NotebookApp.ip outputs."""
    return model
c.FileContentsManager.pre_save_hook = scrub
c.ServerApp.extra_services.append('x')
`);
  });

  test('says what it left out, and why, without any value', () => {
    expect(result.ignored).toEqual([
      { setting: 'NotebookApp.open_browser', why: 'own-value' },
      { setting: 'NotebookApp.certfile', why: 'encryption' },
      { setting: 'NotebookApp.token', why: 'own-token' },
      { setting: 'NotebookApp.enable_mathjax', why: 'classic-notebook' },
      { setting: 'NotebookApp.nbserver_extensions', why: 'classic-notebook' },
    ]);
    expect(JSON.stringify(result)).not.toContain('a secret');
  });

  test('gives text that runs as part of the rendered file', () => {
    const text = renderConfig({
      settings: {
        ...defaultServerSettings,
        ...result.server,
        custom: result.custom.replace("c.ServerApp.extra_services.append('x')\n", ''),
      },
      passwordHash: result.passwordHash!,
      token: 't',
      port: 8888,
      work: '/work',
      home: '/h',
    }).replace(/^c\.FileContentsManager.*$/m, '');
    const { config } = runConfigs([text])[0]!;
    expect(config['ServerApp']).toMatchObject({ tornado_settings: { headers: { 'X-Team': 'ours' } }, ip: '*' });
    expect(config['MappingKernelManager']).toEqual({ cull_idle_timeout: 3600 });
  });
});

describe('order and doubt', () => {
  test('the last plain value of a setting counts, also over an earlier expression', () => {
    const result = importConfig(
      "import os\nc.ServerApp.allow_origin = os.environ['A']\nc.ServerApp.allow_origin = 'x'\nc.NotebookApp.allow_origin = 'y'\n",
    );
    expect(result.server).toEqual({ allowOrigin: 'y' });
    expect(result.custom).toBe('import os\n');
  });

  test('an expression after a plain value stays and counts', () => {
    const result = importConfig("c.ServerApp.allow_origin = 'x'\nc.ServerApp.allow_origin = f()\n");
    expect(result.server).toEqual({});
    expect(result.custom).toBe('c.ServerApp.allow_origin = f()\n');
  });

  test('a plain value behind a branch on the same setting stays behind it', () => {
    const text = "if x:\n    c.ServerApp.allow_origin = '*'\nc.ServerApp.allow_origin = ''\n";
    const result = importConfig(text);
    expect(result.server).toEqual({});
    expect(result.custom).toBe(text);
  });

  test.each([
    ["c.ServerApp.ip = 'localhost'", 'address'],
    ["c.ServerApp.ip = '192.168.1.5'", 'address'],
    ["c.ServerApp.port = '8888'", 'port-range'],
    ['c.ServerApp.allow_root = 1', 'value-unusable'],
    ["c.ServerApp.root_dir = '../other'", 'value-unusable'],
    ["c.ServerApp.notebook_dir = '~/work'", 'machine-path'],
    ["c.ServerApp.allow_origin = 'a\\nb'", 'value-unusable'],
    ["c.PasswordIdentityProvider.hashed_password = 'plain'", 'hash-unusable'],
    ["c.ServerApp.cookie_secret = b'x'", 'own-value'],
  ])('%s is ignored: %s', (text, why) => {
    expect(importConfig(text)).toMatchObject({ server: {}, custom: '', ignored: [{ why }] });
  });

  test.each([
    ["c.ServerApp.root_dir = './a/b/'", { rootDir: 'a/b' }],
    ["c.ServerApp.root_dir = '.'", { rootDir: '' }],
    ["c.ServerApp.ip = ''", { ip: '*' }],
    ['c.ServerApp.password_required = False', { passwordRequired: false }],
  ])('%s', (text, server) => {
    expect(importConfig(text).server).toEqual(server);
  });

  test('an absolute folder becomes the workspace’s, and all of it is served, whatever came before', () => {
    const text = "c.NotebookApp.notebook_dir = 'part'\nc.ServerApp.root_dir = '/srv/notebooks'\n";
    expect(importConfig(text)).toEqual({
      server: { rootDir: '' },
      folder: '/srv/notebooks',
      custom: '',
      imported: ['ServerApp.root_dir'],
      ignored: [],
    });
  });

  test('Windows files with a byte order mark are read', () => {
    const result = importConfig('\ufeff# x\r\nc.ServerApp.allow_root = True\r\nc.A.b = [\r\n  1,\r\n]\r\n');
    expect(result.server).toEqual({ allowRoot: true });
    expect(result.custom).toBe('c.A.b = [\r\n  1,\r\n]\n');
  });
});

describe('files', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'labdock-import-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = (name: string, content: string | Buffer) => {
    writeFileSync(path.join(folder, name), content);
    return path.join(folder, name);
  };

  test('the JSON that `jupyter notebook password` writes', async () => {
    const result = await importConfigFile(
      file(
        'jupyter_notebook_config.json',
        JSON.stringify({ NotebookApp: { password: sha1, port: 9000 }, Other: { a: [1, { b: null }] } }),
      ),
    );
    expect(result).toMatchObject({ passwordHash: sha1, port: 9000, custom: "c.Other.a = [1, {'b': None}]\n" });
  });

  test.each([
    ['absent', () => path.join(folder, 'absent.py')],
    ['a folder', () => folder],
    ['not UTF-8', () => file('latin.py', Buffer.from([0x63, 0xe9]))],
    ['too large', () => file('large.py', Buffer.alloc(1_000_001, 35))],
    ['broken JSON', () => file('broken.json', '{')],
  ])('%s is unreadable', async (_, make) => {
    const target = make();
    const error: unknown = await importConfigFile(target).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(LabdockError);
    expect((error as LabdockError).problem).toMatchObject({
      reason: 'config-import-unreadable',
      params: { path: target },
    });
  });
});
