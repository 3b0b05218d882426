import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { listContexts } from '../../../main/runtime/kubernetes/contexts';
import { kubeconfigPaths, parseKubeconfig, readKubeconfigs } from '../../../main/runtime/kubernetes/kubeconfig';

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'labdock-kubeconfig-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

interface Parts {
  server?: string;
  token?: string;
  namespace?: string;
  current?: string;
}
const kubeconfig = (
  name: string,
  { server = `https://${name}`, token = `token-of-${name}`, namespace, current }: Parts = {},
) => `
apiVersion: v1
kind: Config
${current === undefined ? '' : `current-context: ${current}`}
clusters: [{name: ${name}, cluster: {server: "${server}"}}]
users: [{name: ${name}, user: {token: ${token}}}]
contexts: [{name: ${name}, context: {cluster: ${name}, user: ${name}${namespace ? `, namespace: ${namespace}` : ''}}}]
`;

describe('where they are', () => {
  test('one, several, none', () => {
    const [a, b] = [join(folder, 'a'), join(folder, 'b')];
    expect(kubeconfigPaths(`${a}${delimiter}${delimiter}${b}${delimiter}${a}`)).toEqual([a, b]);
    expect(kubeconfigPaths(undefined, '/home/ann')).toEqual([join('/home/ann', '.kube', 'config')]);
    expect(kubeconfigPaths('')).toEqual([join(homedir(), '.kube', 'config')]);
  });
});

describe('merging', () => {
  test('the first file that names something wins; the others add to it', async () => {
    const first = write('first', kubeconfig('a', { token: 'first', current: 'a' }));
    const second = write('second', kubeconfig('a', { token: 'second', namespace: 'late', current: 'b' }));
    const third = write('third', kubeconfig('b', { namespace: 'team' }));
    const config = await readKubeconfigs([first, join(folder, 'missing'), second, third]);
    expect(config.users.get('a')?.token).toBe('first');
    expect(config.contexts.get('a')?.namespace).toBeUndefined();
    expect(config.currentContext).toBe('a');
    expect(config.problems).toEqual([]);
    const { contexts } = await listContexts([first, second, third]);
    expect(contexts).toEqual([
      { name: 'a', cluster: 'a', user: 'a', namespace: 'default', current: true },
      { name: 'b', cluster: 'b', user: 'b', namespace: 'team', current: false },
    ]);
  });

  test('a broken file is told of, and hides no other', async () => {
    const good = write('good', kubeconfig('a'));
    const broken = write('broken', 'clusters: [{name: x\n  token: very-secret');
    const { contexts, problem } = await listContexts([broken, good]);
    expect(contexts.map(({ name }) => name)).toEqual(['a']);
    expect(problem).toMatchObject({ reason: 'kubeconfig-invalid', params: { path: broken } });
    expect(problem?.detail).toMatch(/line 2/);
    expect(problem?.detail).not.toContain('very-secret');
  });

  test('a broken entry hides no other of its file', () => {
    const text = kubeconfig('a').replace('clusters: [', 'clusters: [{name: odd, cluster: {server: 7}}, ');
    const config = parseKubeconfig(text, '/k/config');
    expect([...config.clusters.keys()]).toEqual(['a']);
    expect(config.problems[0]).toMatchObject({ reason: 'kubeconfig-invalid', params: { path: '/k/config' } });
    expect(config.problems[0]?.detail).toContain('clusters "odd": server');
  });

  test.each([
    '',
    '\n# only a comment\n',
    '---\n',
    'apiVersion: v1\nkind: Config\nclusters: null\nusers: null\ncontexts: null\n',
  ])('an empty file is one: %j', (text) => {
    const config = parseKubeconfig(text, '/k/config');
    expect(config.problems).toEqual([]);
    expect(config.contexts.size).toBe(0);
  });

  test.each(['just words', '- a\n- list\n', '42', 'apiVersion: 7\nkind: []\n', '\u0000\u0001'])(
    '%j is none',
    (text) => {
      expect(parseKubeconfig(text, '/k/config').problems[0]?.reason).toBe('kubeconfig-invalid');
    },
  );

  test('without apiVersion and kind, as kubectl takes it', () => {
    const text = kubeconfig('a').replace('apiVersion: v1\nkind: Config\n', '');
    expect(parseKubeconfig(text, '/k/config').contexts.has('a')).toBe(true);
  });
});

describe('paths', () => {
  test('relative ones are relative to the file they stand in', () => {
    const text = `
clusters: [{name: a, cluster: {server: "https://a", certificate-authority: pki/ca.crt}}]
users:
  - {name: a, user: {client-certificate: a.crt, client-key: /abs/a.key, tokenFile: ../token}}
  - {name: beside, user: {exec: {command: ./get-token, apiVersion: client.authentication.k8s.io/v1}}}
  - {name: inpath, user: {exec: {command: aws, args: [eks, get-token], env: null}}}
`;
    const { clusters, users } = parseKubeconfig(text, '/k/sub/config');
    expect(clusters.get('a')?.['certificate-authority']).toBe('/k/sub/pki/ca.crt');
    expect(users.get('a')).toMatchObject({ 'client-certificate': '/k/sub/a.crt', 'client-key': '/abs/a.key', tokenFile: '/k/token' }); // prettier-ignore
    expect(users.get('beside')?.exec?.command).toBe('/k/sub/get-token');
    expect(users.get('inpath')?.exec).toMatchObject({ command: 'aws', args: ['eks', 'get-token'], env: [] });
  });
});

describe('files that are none', () => {
  test('nothing at all', async () => {
    expect(await listContexts([join(folder, 'missing')])).toEqual({
      contexts: [],
      problem: { reason: 'kubeconfig-missing' },
    });
  });

  test('a folder, a FIFO, a link to nothing, one that is far too large', async () => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const large = write('large', `# ${'x'.repeat(9 * 1024 * 1024)}`);
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
    const { problems } = await readKubeconfigs([folder, fifo, join(folder, 'link'), large]);
    expect(problems.map(({ params }) => params?.['path'])).toEqual([folder, fifo, large]);
  });

  test('reading changes nothing', async () => {
    const path = write('config', kubeconfig('a'));
    chmodSync(path, 0o400);
    const before = execFileSync('stat', ['-c', '%Y %Z %a %s', path]).toString();
    await listContexts([path]);
    expect(execFileSync('stat', ['-c', '%Y %Z %a %s', path]).toString()).toBe(before);
  });
});
