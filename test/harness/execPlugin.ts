/** A credential plugin of kubeconfig's `exec` kind, whose behaviour a test changes while it is in use. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeKubeconfig } from './clusterAccess';

export interface Credential {
  token?: string;
  clientCertificateData?: string;
  clientKeyData?: string;
  expirationTimestamp?: string;
}

export interface ExecPlugin {
  /** Its own folder: to be put on a PATH, or not. */
  folder: string;
  /** The file's name, for a kubeconfig that names no path. */
  name: string;
  path: string;
  /** How often it was run. */
  calls: () => number;
  /** From now on gives this credential. */
  answer: (credential: Credential) => void;
  /** From now on writes the message to standard error and ends with the code. */
  fail: (message: string, code?: number) => void;
  /** From now on prints what no client can read. */
  babble: (text: string) => void;
  /** From now on never answers: as one that waits for a browser nobody sees. */
  hang: () => void;
  /** Writes a kubeconfig (context `limited`) whose user is this plugin, called by its path or by its name alone. */
  kubeconfig: (file: string, namespace: string, call?: 'path' | 'name') => Promise<void>;
  dispose: () => void;
}

const apiVersion = 'client.authentication.k8s.io/v1';

/** A new plugin; until told otherwise it fails. */
export function execPlugin(name = 'labdock-test-credentials'): ExecPlugin {
  const folder = mkdtempSync(join(tmpdir(), 'labdock-plugin-'));
  const path = join(folder, name);
  const behaviour = join(folder, 'behaviour');
  const calls = join(folder, 'calls');
  const script = ['#!/bin/sh', 'here=$(dirname "$0")', 'echo called >>"$here/calls"', '. "$here/behaviour"', ''];
  writeFileSync(path, script.join('\n'), { mode: 0o755 });
  const behave = (text: string): void => writeFileSync(behaviour, `${text}\n`);
  const output = (text: string): void => {
    writeFileSync(join(folder, 'output'), text);
    behave('cat "$here/output"');
  };
  const plugin: ExecPlugin = {
    folder,
    name,
    path,
    calls: () => (existsSync(calls) ? readFileSync(calls, 'utf8').trim().split('\n').length : 0),
    answer: (status) => output(JSON.stringify({ apiVersion, kind: 'ExecCredential', status })),
    fail: (message, code = 1) => {
      writeFileSync(join(folder, 'output'), message);
      behave(`cat "$here/output" >&2; exit ${code}`);
    },
    babble: output,
    hang: () => behave('exec sleep 600'),
    kubeconfig: (file, namespace, call = 'path') =>
      writeKubeconfig(file, namespace, {
        exec: { apiVersion, command: call === 'path' ? path : name, args: [], interactiveMode: 'Never' },
      }),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
  plugin.fail('not told what to answer');
  return plugin;
}
