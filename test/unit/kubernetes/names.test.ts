import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addresses, hostnames, labelSelector, objectLabels, objectName, serverSelector } from '../../../main/runtime/kubernetes/names'; // prettier-ignore
import { clusterSettings, workspaceId } from './clusterSpec';

describe('objectName', () => {
  test.each([
    ['My work', `labdock-my-work-${workspaceId}`],
    ['Çélà, ünïcode', `labdock-cela-unicode-${workspaceId}`],
    ['한글', `labdock-workspace-${workspaceId}`],
    ['a'.repeat(80), `labdock-${'a'.repeat(30)}-${workspaceId}`],
  ])('%s', (name, expected) => {
    expect(objectName(name, workspaceId)).toBe(expected);
  });

  test('is a DNS label, whatever the workspace is called', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (name) => {
        const made = objectName(name, workspaceId);
        expect(made).toMatch(/^[a-z]([-a-z0-9]*[a-z0-9])?$/);
        expect(made.length).toBeLessThanOrEqual(63);
        expect(made.endsWith(workspaceId)).toBe(true);
      }),
    );
  });
});

test('two workspaces of one name have other objects, and select other pods', () => {
  expect(objectName('Work', 'aaaaaaaaaaaa')).not.toBe(objectName('Work', 'bbbbbbbbbbbb'));
  expect(serverSelector('aaaaaaaaaaaa')).not.toEqual(serverSelector('bbbbbbbbbbbb'));
});

test('labels are values that Kubernetes takes, and what selects never changes', () => {
  const labels = objectLabels(objectName('Ein Arbeitsplatz', workspaceId), workspaceId);
  for (const value of Object.values(labels)) expect(value).toMatch(/^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/);
  expect(labels).toMatchObject(serverSelector(workspaceId));
  expect(labels).toEqual({
    'app.kubernetes.io/name': 'jupyterlab',
    'app.kubernetes.io/instance': `labdock-ein-arbeitsplatz-${workspaceId}`,
    'app.kubernetes.io/component': 'server',
    'app.kubernetes.io/part-of': 'labdock',
    'app.kubernetes.io/managed-by': 'labdock',
    'io.labdock.workspace': workspaceId,
  });
  expect(Object.keys(serverSelector(workspaceId))).not.toContain('app.kubernetes.io/instance');
});

test('a helper pod is none of the server', () => {
  const helper = objectLabels('labdock-x', workspaceId, 'helper');
  expect(helper).not.toMatchObject(serverSelector(workspaceId));
});

test('labelSelector', () => {
  expect(labelSelector({ a: 'b', 'c/d': 'e' })).toBe('a=b,c/d=e');
});

describe('the names under which it may be asked', () => {
  const service = ['lab', 'lab.team', 'lab.team.svc', 'lab.team.svc.cluster.local'];
  const ingress = { host: 'lab.example.org', className: '', annotations: {}, tlsSecret: '' };

  test('inside the cluster alone', () => {
    expect(hostnames('lab', clusterSettings())).toEqual(service);
    expect(addresses('lab', clusterSettings())).toEqual({ inside: 'http://lab.team.svc:8888/lab' });
  });

  test('and from outside', () => {
    expect(hostnames('lab', clusterSettings({ ingress }))).toEqual([...service, 'lab.example.org']);
    expect(addresses('lab', clusterSettings({ ingress })).outside).toBe('http://lab.example.org/lab');
    const secure = clusterSettings({ ingress: { ...ingress, tlsSecret: 'tls' } });
    expect(addresses('lab', secure).outside).toBe('https://lab.example.org/lab');
  });
});
