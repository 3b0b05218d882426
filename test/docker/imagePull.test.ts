/** Pulls on real engines from a real registry on the loopback. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerImageStore } from '../../main/runtime/docker/imageStore';
import { engineMessages } from '../../main/runtime/docker/ndjson';
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

let registry: Registry;
let guarded: RegistryProxy;
let stalling: RegistryProxy;
let folder: string;

beforeAll(async () => {
  registry = await startRegistry();
  guarded = await startRegistryProxy(registry.address, { login });
  stalling = await startRegistryProxy(registry.address, { blobs: 'stall' });
  folder = mkdtempSync(join(tmpdir(), 'labdock-pull-'));
});
afterAll(async () => {
  await stalling.stop();
  await guarded.stop();
  await registry.stop();
  rmSync(folder, { recursive: true });
});

/** Content no engine has, pushed by the machine's engine and forgotten there again. */
async function publish(docker: Docker): Promise<string> {
  const path = `labdock-test/published-${randomUUID().slice(0, 8)}:1`;
  const name = `${registry.address}/${path}`;
  // Random bytes do not compress: three megabytes to count.
  await putTinyImage(docker, name, { extra: [{ name: 'noise', content: randomBytes(3_000_000) }] });
  const answer = await docker.getImage(name).push({ authconfig: { username: 'x', password: 'x', serveraddress: '' } });
  for await (const message of engineMessages(answer as AsyncIterable<Buffer>)) void message;
  await removeImages(docker, [name]);
  return path;
}

function loginFile(address: string): string {
  const file = join(folder, `${randomUUID()}.json`);
  const auth = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  writeFileSync(file, JSON.stringify({ auths: { [address]: { auth } } }));
  return file;
}

describe.each([['docker'], ['podman']] as const)('a pull on %s', (engineName) => {
  let engine: ImageEngine;
  let path: string;
  const names: string[] = [];
  const at = (address: string) => {
    names.push(`${address}/${path}`);
    return `${address}/${path}`;
  };

  beforeAll(async () => {
    const publisher = await openEngine('docker');
    path = await publish(publisher.docker);
    engine = await openEngine(engineName);
  });
  afterAll(async () => {
    await removeImages(engine.docker, names);
    await engine.stop();
  });

  it('fetches the image and tells how far it is', async () => {
    const store = new DockerImageStore(engine.docker, { auth: nobody });
    const { seen, call } = watch();
    const image = await store.pull(at(registry.address), call);
    expect(image).toMatchObject({ os: 'linux', command: ['/bin/sh'] });
    expect(image.names).toContain(`${registry.address}/${path}`);
    const fractions = seen.flatMap(({ fraction }) => fraction ?? []);
    expect(fractions.length).toBeGreaterThan(1);
    expect(fractions.at(-1)).toBe(1);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
    expect(fractions.every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
    expect(seen.some(({ line }) => line !== undefined)).toBe(true);
  });

  it('says that the registry does not have it', async () => {
    const store = new DockerImageStore(engine.docker, { auth: nobody });
    for (const reference of [`${registry.address}/${path.replace(/:1$/, ':2')}`, `${registry.address}/no/such:1`]) {
      const missing = { problem: { reason: 'image-not-found', params: { reference } } };
      await expect(store.pull(reference, watch().call)).rejects.toMatchObject(missing);
    }
  });

  it('says that a base is missing before a build begins', async () => {
    const store = new DockerImageStore(engine.docker, { auth: nobody });
    const base = `${registry.address}/no/base:1`;
    const context = () => {
      throw new Error('nobody should ask for the context');
    };
    const asked = { name: `labdock-test/x-${randomUUID()}:1`, context, buildArgs: {}, labels: {}, bases: [base] };
    const missing = { problem: { reason: 'base-not-found', params: { reference: base } } };
    await expect(store.build(asked, watch().call)).rejects.toMatchObject(missing);
  });

  it('says that there is no registry', async () => {
    const store = new DockerImageStore(engine.docker, { auth: nobody });
    await expect(store.pull('127.0.0.1:9/x:1', watch().call)).rejects.toMatchObject({
      problem: { reason: 'network-unreachable', params: { host: '127.0.0.1' } },
    });
  });

  it('is refused without a login, and not with it', async () => {
    const reference = at(guarded.address);
    const stranger = new DockerImageStore(engine.docker, { auth: nobody });
    const denied = { problem: { reason: 'pull-denied', params: { reference } } };
    await expect(stranger.pull(reference, watch().call)).rejects.toMatchObject(denied);
    // A login elsewhere is not tried here.
    const elsewhere = { ...nobody, files: [loginFile(registry.address)] };
    const other = new DockerImageStore(engine.docker, { auth: elsewhere });
    await expect(other.pull(reference, watch().call)).rejects.toMatchObject(denied);
    const here = { ...nobody, files: [loginFile(guarded.address)] };
    const { seen, call } = watch();
    const image = await new DockerImageStore(engine.docker, { auth: here }).pull(reference, call);
    expect(image.names).toContain(reference);
    expect(JSON.stringify(seen)).not.toContain(login.password);
  });

  it('can be cancelled while the registry is silent', async () => {
    const store = new DockerImageStore(engine.docker, { auth: nobody });
    await removeImages(engine.docker, names);
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 700);
    const begun = Date.now();
    await expect(store.pull(at(stalling.address), watch(abort.signal).call)).rejects.toMatchObject({
      problem: { reason: 'cancelled' },
    });
    expect(Date.now() - begun).toBeLessThan(3000);
    expect(await store.find(`${stalling.address}/${path}`)).toBeNull();
  });
});
