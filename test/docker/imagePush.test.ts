/** Pushes from real engines to a real registry on the loopback. */
import { randomBytes, randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DockerImageStore } from '../../main/runtime/docker/imageStore';
import type { ImageProgress } from '../../main/runtime/runtime';
import { openEngine, removeImages, type ImageEngine } from '../harness/imageEngines';
import { startRegistry, type Registry } from '../harness/registry';
import { startRegistryProxy, type RegistryProxy } from '../harness/registryProxy';
import { putTinyImage } from '../harness/tinyImage';

const login = { username: 'alice', password: 'correct: horse' };
const never = new AbortController().signal;
const nobody = { files: [], env: {}, helperTimeoutMs: 1000 };

function watch(signal: AbortSignal = never) {
  const seen: ImageProgress[] = [];
  return { seen, call: { signal, onProgress: (progress: ImageProgress) => void seen.push(progress) } };
}
const linesOf = (seen: ImageProgress[]) => seen.flatMap(({ line }) => line ?? []);

let registry: Registry;
let guarded: RegistryProxy;
let stalling: RegistryProxy;
let slow: RegistryProxy;
let folder: string;

beforeAll(async () => {
  registry = await startRegistry();
  guarded = await startRegistryProxy(registry.address, { login });
  stalling = await startRegistryProxy(registry.address, { blobs: 'stall' });
  slow = await startRegistryProxy(registry.address, { blobs: 'slow' });
  folder = mkdtempSync(join(tmpdir(), 'labdock-push-'));
});
afterAll(async () => {
  for (const proxy of [stalling, guarded, slow]) await proxy.stop();
  await registry.stop();
  rmSync(folder, { recursive: true });
});

const manifestTypes = ['docker.distribution.manifest.v2', 'oci.image.manifest.v1'].map(
  (type) => `application/vnd.${type}+json`,
);

/** Asked past every engine: what a node would be given. */
async function inRegistry(path: string): Promise<string | null> {
  const [name, tag] = path.split(':');
  const address = `http://${registry.address}/v2/${name}/manifests/${tag}`;
  const answer = await fetch(address, { method: 'HEAD', headers: { accept: manifestTypes.join(', ') } });
  return answer.ok ? answer.headers.get('docker-content-digest') : null;
}

function loginFile(address: string): string {
  const file = join(folder, `${randomUUID()}.json`);
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  writeFileSync(file, JSON.stringify({ auths: { [address]: { auth } } }));
  return file;
}

/** A credential helper of the kind Docker's desktop products bring along. */
function helperFor(address: string) {
  const answer = JSON.stringify({ ServerURL: address, Username: login.username, Secret: login.password });
  const program = join(folder, 'docker-credential-labdocktest');
  writeFileSync(program, `#!/bin/sh\nread server\n[ "$server" = "${address}" ] || exit 1\necho '${answer}'\n`);
  chmodSync(program, 0o755);
  const file = join(folder, `${randomUUID()}.json`);
  writeFileSync(file, JSON.stringify({ credHelpers: { [address]: 'labdocktest' } }));
  return { files: [file], env: { PATH: `${folder}:${process.env['PATH']}` }, helperTimeoutMs: 5000 };
}

describe.each([['docker'], ['podman']] as const)('a push from %s', (engineName) => {
  let engine: ImageEngine;
  let image: string;
  let path: string;
  const named = (name: string) => engine.docker.listImages().then((all) => all.some((i) => i.RepoTags?.includes(name)));

  beforeAll(async () => {
    engine = await openEngine(engineName);
  });
  afterAll(() => engine.stop());

  // Content no registry has.
  beforeEach(async () => {
    const key = randomUUID().slice(0, 8);
    image = `labdock-test/push-${key}:1`;
    path = `labdock-test/pushed-${key}:abc`;
    await putTinyImage(engine.docker, image, { extra: [{ name: 'noise', content: randomBytes(3_000_000) }] });
  });
  afterEach(() => removeImages(engine.docker, [image]));

  it('puts the image there, returns its digest in the registry and takes its own name back', async () => {
    const store = new DockerImageStore(engine.docker, { auth: nobody });
    const reference = `${registry.address}/${path}`;
    expect(await store.imageDigestAt(reference)).toBeNull();
    const { seen, call } = watch();
    const { digest } = await store.push(image, reference, call);
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await inRegistry(path)).toBe(digest);
    // Podman does not answer the question; its next push says that the layers are there.
    expect(await store.imageDigestAt(reference)).toBe(engineName === 'docker' ? digest : null);
    expect(seen.at(-1)).toEqual({ fraction: 1 });
    expect(linesOf(seen).some((line) => line.includes(digest))).toBe(true);
    expect(await named(reference)).toBe(false);
    expect(await store.find(image)).not.toBeNull();

    const again = watch();
    expect(await store.push(image, reference, again.call)).toEqual({ digest });
    if (engineName === 'docker') {
      expect(linesOf(again.seen).some((line) => line.endsWith('Layer already exists'))).toBe(true);
    }
  });

  it('tells what the engine tells while it lasts: bytes and layers on Docker', async () => {
    const store = new DockerImageStore(engine.docker, { auth: nobody });
    const { seen, call } = watch();
    // More than the buffers of the loopback hold: an engine that is rid of all at once has nothing to tell in between.
    await putTinyImage(engine.docker, image, { extra: [{ name: 'noise', content: randomBytes(20_000_000) }] });
    await store.push(image, `${slow.address}/${path}`, call);
    const fractions = seen.flatMap(({ fraction }) => fraction ?? []);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.at(-1)).toBe(1);
    expect(linesOf(seen)[0]).toMatch(/^The push refers to repository/);
    // Podman 4.3 says where it sends to and where it arrived, and nothing between.
    if (engineName === 'podman') return;
    expect(fractions.filter((fraction) => fraction > 0.1 && fraction < 0.95).length).toBeGreaterThan(0);
    const steps = seen.flatMap(({ step }) => step ?? []);
    expect(steps.at(-1)).toMatchObject({ label: expect.stringMatching(/^[0-9a-f]{12} pushed$/) as string });
  });

  it('leaves a name that was the user’s as it was', async () => {
    const store = new DockerImageStore(engine.docker, { auth: nobody });
    const reference = `${registry.address}/${path}`;
    await putTinyImage(engine.docker, reference, { extra: [{ name: 'other', content: randomBytes(10) }] });
    const before = await store.find(reference);
    const { digest } = await store.push(image, reference, watch().call);
    expect(await inRegistry(path)).toBe(digest);
    expect((await store.find(reference))?.id).toBe(before?.id);
    await removeImages(engine.docker, [reference]);
  });

  it('is refused without a login, and not with one, from a file or a helper', async () => {
    const reference = `${guarded.address}/${path}`;
    const denied = { problem: { reason: 'push-denied', params: { reference } } };
    const stranger = new DockerImageStore(engine.docker, { auth: nobody });
    await expect(stranger.push(image, reference, watch().call)).rejects.toMatchObject(denied);
    expect(await stranger.imageDigestAt(reference)).toBeNull();
    expect(await named(reference)).toBe(false);
    const sources = [{ ...nobody, files: [loginFile(guarded.address)] }, helperFor(guarded.address)];
    for (const auth of sources) {
      const { seen, call } = watch();
      const { digest } = await new DockerImageStore(engine.docker, { auth }).push(image, reference, call);
      expect(await inRegistry(path)).toBe(digest);
      expect(JSON.stringify(seen)).not.toContain(login.password);
    }
  });

  it('says that there is no registry', async () => {
    const store = new DockerImageStore(engine.docker, { auth: nobody });
    await expect(store.push(image, '127.0.0.1:9/x:1', watch().call)).rejects.toMatchObject({
      problem: { reason: 'network-unreachable', params: { host: '127.0.0.1' } },
    });
  });

  it('says what is not here, and what is no place', async () => {
    const store = new DockerImageStore(engine.docker, { auth: nobody });
    await expect(store.push('labdock-test/no-such:1', `${registry.address}/x:1`, watch().call)).rejects.toMatchObject({
      problem: { reason: 'image-not-found', params: { reference: 'labdock-test/no-such:1' } },
    });
    const digest = `${registry.address}/x@sha256:${'0'.repeat(64)}`;
    await expect(store.push(image, digest, watch().call)).rejects.toMatchObject({ problem: { reason: 'push-failed' } });
  });

  it('can be cancelled while the registry is silent, and leaves no name', async () => {
    const store = new DockerImageStore(engine.docker, { auth: nobody });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 700);
    const begun = Date.now();
    const reference = `${stalling.address}/${path}`;
    await expect(store.push(image, reference, watch(abort.signal).call)).rejects.toMatchObject({
      problem: { reason: 'cancelled' },
    });
    expect(Date.now() - begun).toBeLessThan(4000);
    expect(await named(reference)).toBe(false);
    expect(await inRegistry(path)).toBeNull();
  });
});
