/** What a change of the kubeconfig does to connections: nothing where their own context is as before. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { defaultClusterSettings, type ClusterSettings } from '../../../main/runtime/kubernetes/model';
import { Clusters } from '../../../main/workspace/clusters';

let folder: string;
let api: Server;
let clusters: Clusters;
const availability = vi.fn();
const before = process.env['KUBECONFIG'];
/** Longer than the watch of the files waits for a writer to be done. Milliseconds. */
const noticedMs = 700;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'labdock-clusters-'));
  process.env['KUBECONFIG'] = join(folder, 'config');
  api = createServer(({ url = '' }, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    // Watches stay open, and have nothing to tell.
    if (url.includes('watch=')) response.flushHeaders();
    else response.end(JSON.stringify({ kind: 'List', metadata: { resourceVersion: '1' }, items: [] }));
  });
  await new Promise<void>((listening) => api.listen(0, '127.0.0.1', listening));
  clusters = new Clusters({ changed: () => undefined, event: () => undefined, availability });
  clusters.begin();
});
afterEach(async () => {
  clusters.close();
  api.closeAllConnections();
  await new Promise((resolve) => api.close(resolve));
  if (before === undefined) delete process.env['KUBECONFIG'];
  else process.env['KUBECONFIG'] = before;
  rmSync(folder, { recursive: true, force: true });
  availability.mockReset();
});

/** Replaced whole, as kubectl does. */
function write({ current = 'near', near = 'token-1', far = 'token-2', namespace = 'team' }): void {
  const server = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const users = Object.entries({ near, far }).map(([name, token]) => ({ name, user: { token } }));
  const contexts = ['near', 'far'].map((name) => ({ name, context: { cluster: 'c', user: name, namespace } }));
  const config = { 'current-context': current, clusters: [{ name: 'c', cluster: { server } }], users, contexts };
  writeFileSync(join(folder, 'new'), JSON.stringify(config));
  renameSync(join(folder, 'new'), join(folder, 'config'));
}

const near: ClusterSettings = { ...defaultClusterSettings, context: 'near', namespace: 'team' };
const runtime = () => clusters.runtimeAt(near);

async function connected() {
  write({});
  const first = await clusters.reach(near);
  // The watch of the files begins with the first connection.
  await sleep(300);
  availability.mockReset();
  return first;
}

test('another current context, or another context’s credentials: it stays connected, and nobody is told', async () => {
  const first = await connected();
  write({ current: 'far' });
  await sleep(noticedMs);
  write({ far: 'token-3' });
  await sleep(noticedMs);
  expect(runtime()).toBe(first);
  expect(await first.list()).toEqual([]);
  expect(availability).not.toHaveBeenCalled();
});

test.each([{ near: 'token-3' }, { namespace: 'other' }])(
  'its own context changed (%o): another connection',
  async (change) => {
    const first = await connected();
    write(change);
    await vi.waitFor(() => expect(runtime() ?? first).not.toBe(first), 3_000);
    await expect(first.list()).rejects.toMatchObject({ problem: { reason: 'cancelled' } });
  },
);

test('while a move is under way there it stays, and is another one after it', async () => {
  const first = await connected();
  const release = clusters.hold(near);
  const second = clusters.hold(near);
  write({ near: 'token-3' });
  await sleep(noticedMs);
  release();
  await sleep(noticedMs);
  expect(runtime()).toBe(first);
  expect(await first.list()).toEqual([]);
  second();
  await vi.waitFor(() => expect(runtime() ?? first).not.toBe(first), 3_000);
});

test('changed and changed back while it was held: nothing happens', async () => {
  const first = await connected();
  const release = clusters.hold(near);
  write({ near: 'token-3' });
  await sleep(noticedMs);
  write({});
  await sleep(noticedMs);
  release();
  await sleep(noticedMs);
  expect(runtime()).toBe(first);
  expect(availability).not.toHaveBeenCalled();
});
