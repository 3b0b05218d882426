/** What another Labdock moves is left alone, by whoever starts or removes it here. */
import { ApiException } from '@kubernetes/client-node';
import { expect, test } from 'vitest';
import type { Connection, RawCall } from '../../../main/runtime/kubernetes/connection';
import { apiError } from '../../../main/runtime/kubernetes/errors';
import { removeServer, removeVolume, startServer } from '../../../main/runtime/kubernetes/lifecycle';
import { objectLabels, serverSelector } from '../../../main/runtime/kubernetes/names';
import { ServerObjects } from '../../../main/runtime/kubernetes/serverObjects';

const id = 'abcdef012345';
const metadata = (component: 'server' | 'helper') => ({ name: 'one', uid: 'u', labels: objectLabels('one', id, component) }); // prettier-ignore

const deployment = {
  metadata: metadata('server'),
  spec: { replicas: 0, selector: { matchLabels: serverSelector(id) }, template: {} },
};

/** A stopped server and a helper pod. @param lease what is said of the lease each time it is asked for */
function cluster(lease: () => object) {
  const changes: string[] = [];
  const answer = ({ method, path }: RawCall): unknown => {
    if (method !== 'GET') {
      changes.push(`${method} ${path.split('/').slice(-2).join('/')}`);
      return {};
    }
    if (path.includes('/leases')) return lease();
    if (path.endsWith('/deployments')) return { items: [deployment] };
    if (path.endsWith('/pods')) return { items: changes.length > 0 ? [] : [{ metadata: metadata('helper') }] };
    if (path.includes('/pods/')) throw new ApiException(404, 'gone', '{}', {});
    return { items: [] };
  };
  const names = { context: 'c', server: 'https://api.example', user: 'u' };
  const connection = {
    ...names,
    request: (call: RawCall) => Promise.resolve().then(() => answer(call)),
    ask: (about: object, work: () => Promise<unknown>) =>
      work().catch((error: unknown) => Promise.reject(apiError(error, { ...about, connection: names }))),
  } as unknown as Connection;
  return { objects: new ServerObjects(connection, 'n'), changes };
}

const forbidden = 'leases.coordination.k8s.io "one" is forbidden: User "u" cannot get resource "leases" in API group "coordination.k8s.io" in the namespace "n"'; // prettier-ignore
let renewals = 0;
const foreign = () => ({
  spec: { holderIdentity: 'desk-0123456789ab', leaseDurationSeconds: 30, renewTime: String(renewals++) },
});
const refused = (code: number) => () => {
  throw new ApiException(code, 'refused', JSON.stringify({ kind: 'Status', message: forbidden }), {});
};
const start = (objects: ServerObjects) =>
  startServer(objects, id, { signal: new AbortController().signal, helperInUse: false });

test.each([
  ['a start', start],
  ['a removal', (objects: ServerObjects) => removeServer(objects, id)],
  ['the removal of its volume', (objects: ServerObjects) => removeVolume(objects, id)],
])('%s is refused while it is moved, and touches nothing', async (_, work) => {
  const { objects, changes } = cluster(foreign);
  await expect(work(objects)).rejects.toMatchObject({
    problem: { reason: 'move-elsewhere', params: { holder: 'desk' } },
  });
  expect(changes).toEqual([]);
});

test.each([404, 403])('without a lease (%i) a start takes the helper pod away, and goes on', async (code) => {
  const { objects, changes } = cluster(refused(code));
  await start(objects);
  expect(changes[0]).toBe('DELETE pods/one');
  expect(changes.slice(1).join()).toContain('deployments');
});
