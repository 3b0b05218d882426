/** Builds on real engines: BuildKit and the classic builder of Docker, and Podman's. */
import { randomInt, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Builder } from '../../main/runtime/docker/build';
import { createClient } from '../../main/runtime/docker/client';
import { DockerImageStore } from '../../main/runtime/docker/imageStore';
import { labels, type BuildRequest, type ImageProgress } from '../../main/runtime/runtime';
import { startOwnEngine, type OwnEngine } from '../harness/engine';
import { buildMark, openEngine, processesWith, removeImages, type ImageEngine } from '../harness/imageEngines';
import { until } from '../harness/processes';
import { putTinyImage, tar } from '../harness/tinyImage';

const run = randomUUID().slice(0, 8);
const base = `labdock-test/build-base:${run}`;
const never = new AbortController().signal;

async function request(name: string, dockerfile: string[], recipe = run): Promise<BuildRequest> {
  const context = await tar([{ name: 'Dockerfile', content: dockerfile.join('\n') }]);
  return { name, context: () => Readable.from([context]), buildArgs: {}, labels: { [labels.recipe]: recipe } };
}

function watch(signal: AbortSignal = never) {
  const seen: ImageProgress[] = [];
  const lines = () => seen.flatMap(({ line }) => line ?? []);
  return { seen, lines, call: { signal, onProgress: (progress: ImageProgress) => void seen.push(progress) } };
}

describe.each([
  ['docker', 'buildkit'],
  ['docker', 'classic'],
  ['podman', undefined],
] as const)('a build on %s (%s)', (engineName, builder: Builder | undefined) => {
  let engine: ImageEngine;
  let store: DockerImageStore;
  const made: string[] = [];
  const name = (what: string) => {
    const full = `labdock-test/${what}-${builder ?? engineName}:${run}`;
    made.push(full);
    return full;
  };

  beforeAll(async () => {
    engine = await openEngine(engineName);
    store = new DockerImageStore(engine.docker, {
      ...(builder && { builder }),
      auth: { files: [], env: {}, helperTimeoutMs: 1 },
    });
    await putTinyImage(engine.docker, base);
  });
  afterAll(async () => {
    await removeImages(engine.docker, [...made, base]);
    await engine.stop();
  });

  const steps = (unique: string) => [`FROM ${base}`, 'ARG GREETING', `RUN echo "$GREETING" ${unique} > /hello`, 'RUN cat /hello; echo 한글 >&2', 'CMD ["cat", "/hello"]']; // prettier-ignore

  it('makes the image, tells steps and lines, and takes every step from the cache the next time', async () => {
    const first = watch();
    const unique = randomUUID();
    const asked = { ...(await request(name('made'), steps(unique))), buildArgs: { GREETING: "it's $HOME" } };
    const image = await store.build(asked, first.call);
    expect(image).toMatchObject({ labels: { [labels.recipe]: run }, command: ['cat', '/hello'], os: 'linux' });
    expect(image.names.some((full) => full.endsWith(asked.name))).toBe(true);
    expect(first.lines().join('\n')).toContain(`it's $HOME ${unique}`);
    expect(first.lines().some((line) => line.endsWith('한글'))).toBe(true);
    const counts = first.seen.flatMap(({ step }) => step ?? []);
    expect(counts.length).toBeGreaterThanOrEqual(3);
    expect(counts.map(({ current }) => current)).toEqual(counts.map((_, index) => index + 1));
    expect(counts.at(-1)?.current).toBe(counts.at(-1)?.total);
    expect((await store.find(asked.name))?.id).toBe(image.id);

    const second = watch();
    const again = await store.build({ ...asked, name: name('cached') }, second.call);
    expect(second.lines().filter((line) => /cache/i.test(line)).length).toBeGreaterThanOrEqual(2);
    expect(second.lines().some((line) => line.endsWith(`#2 ${unique}`) || line === '한글')).toBe(false);
    expect(again.sizeBytes).toBe(image.sizeBytes);
  });

  it('builds nothing that is there already', async () => {
    const asked = await request(name('once'), [`FROM ${base}`, `RUN echo ${randomUUID()}`]);
    const image = await store.build(asked, watch().call);
    const none = watch();
    const context = () => {
      throw new Error('nobody should ask for the context');
    };
    expect((await store.build({ ...asked, context }, none.call)).id).toBe(image.id);
    expect(none.seen).toEqual([]);
  });

  it('makes one image for two who ask at once', async () => {
    let contexts = 0;
    const asked = await request(name('twice'), [`FROM ${base}`, `RUN echo ${randomUUID()}; sleep 1`]);
    const counted = { ...asked, context: () => ((contexts += 1), asked.context()) };
    const both = await Promise.all([store.build(counted, watch().call), store.build(counted, watch().call)]);
    expect(both[0].id).toBe(both[1].id);
    expect(contexts).toBe(1);
  });

  it('names the step that fails and shows its last lines', async () => {
    const failing = `for i in $(seq 1 50); do echo line $i; done; echo "boom ü" >&2; exit 3`;
    const asked = await request(name('failing'), [`FROM ${base}`, 'RUN true', `RUN ${failing}`, 'RUN echo later']);
    const error = await store.build(asked, watch().call).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ problem: { reason: 'build-failed', params: { step: 3, instruction: `RUN ${failing}` } } }); // prettier-ignore
    const { detail } = (error as { problem: { detail: string } }).problem;
    expect(detail).toContain('line 50');
    expect(detail).toContain('boom ü');
    expect(detail).not.toContain('line 12\n');
    expect(await store.find(asked.name)).toBeNull();
    expect(await engine.buildContainers()).toEqual([]);
  });

  it('says what is wrong with the Dockerfile', async () => {
    const asked = await request(name('unreadable'), [`FROM ${base}`, 'RUNX true']);
    const error = await store.build(asked, watch().call).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ problem: { reason: 'build-failed' } });
    expect(JSON.stringify((error as { problem: unknown }).problem)).toMatch(/unknown instruction/i);
  });

  it('says which base is out of reach', async () => {
    const missing = '127.0.0.1:9/labdock-test/no-such-base:1';
    const asked = await request(name('no-base'), [`FROM ${missing}`]);
    const gone = { problem: { reason: 'network-unreachable', params: { host: '127.0.0.1' } } };
    await expect(store.build(asked, watch().call)).rejects.toMatchObject(gone);
    await expect(store.build({ ...asked, bases: [missing] }, watch().call)).rejects.toMatchObject(gone);
  });

  it('ends when cancelled: no process, no container, no image, and the steps before are kept', async () => {
    const seconds = String(3000 + randomInt(1000)) + String(randomInt(1000));
    const unique = randomUUID();
    const dockerfile = [`FROM ${base}`, `RUN echo ${unique}`, `RUN echo ${buildMark}; sleep ${seconds}; true`];
    const asked = await request(name('cancelled'), dockerfile);
    const abort = new AbortController();
    const building = store.build(asked, watch(abort.signal).call).catch((thrown: unknown) => thrown);
    await until('the step runs', () => processesWith(['sleep', seconds]).length > 0);
    const at = Date.now();
    abort.abort();
    expect(await building).toMatchObject({ problem: { reason: 'cancelled' } });
    expect(Date.now() - at).toBeLessThan(3000);
    await until('the step ends', () => processesWith(['sleep', seconds]).length === 0, 8000);
    await until('its container goes', async () => (await engine.buildContainers()).length === 0, 8000);
    expect(await store.find(asked.name)).toBeNull();

    const retry = watch();
    await store.build(await request(name('retried'), dockerfile.slice(0, 2)), retry.call);
    expect(retry.lines().some((line) => /cache/i.test(line))).toBe(true);
  });

  it('does not begin when cancelled before', async () => {
    const asked = await request(name('never'), [`FROM ${base}`]);
    await expect(store.build(asked, watch(AbortSignal.abort()).call)).rejects.toMatchObject({
      problem: { reason: 'cancelled' },
    });
  });
});

describe('what a failed build leaves', () => {
  let docker: Docker;
  const mine = `labdock-test/left-${run}`;
  beforeAll(async () => {
    docker = (await openEngine('docker')).docker;
    await putTinyImage(docker, base);
  });
  afterAll(() => removeImages(docker, [base]));

  it('is removed when it is ours and new, and nothing else is', async () => {
    const store = new DockerImageStore(docker, { builder: 'classic' });
    const dangling = async (value: string) =>
      (await docker.listImages({ filters: { dangling: ['true'], label: [`${labels.recipe}=${value}`] } })).map(({ Id }) => Id); // prettier-ignore
    // Nameless images with this recipe that are older, and with another one: not of this build.
    const nameless = async (value: string) => {
      await store.build(await request(`${mine}:${value}`, [`FROM ${base}`, `RUN echo ${randomUUID()}`], value), watch().call); // prettier-ignore
      await docker.getImage(`${mine}:${value}`).tag({ repo: mine, tag: 'kept' });
      await docker.getImage(`${mine}:${value}`).remove();
      await putTinyImage(docker, `${mine}:kept`);
      return (await dangling(value))[0] ?? '';
    };
    const older = await nameless(`${run}-a`);
    const other = await nameless(`${run}-b`);
    expect([older, other].every((id) => id.startsWith('sha256:'))).toBe(true);
    try {
      const stages = [`FROM ${base} AS one`, `LABEL ${labels.recipe}=${run}-a`, `RUN echo ${randomUUID()}`, `FROM ${base}`, 'RUN false']; // prettier-ignore
      await expect(store.build(await request(`${mine}:fails`, stages, `${run}-a`), watch().call)).rejects.toThrow();
      expect(await dangling(`${run}-a`)).toEqual([older]);
      expect(await dangling(`${run}-b`)).toEqual([other]);
    } finally {
      await removeImages(docker, [older, other, `${mine}:kept`]);
    }
  });
});

describe('an engine that fails in the middle', () => {
  const engines: OwnEngine[] = [];
  // One of its own for each test: it is killed, stopped or filled.
  const engine = async () => {
    const own = await startOwnEngine({ size: '96m' });
    engines.push(own);
    const docker = createClient({ host: `unix://${own.socket}` });
    await putTinyImage(docker, base);
    return { own, docker };
  };
  afterEach(async () => {
    for (const own of engines.splice(0)) await own.destroy();
  });

  const slow = () => request(`labdock-test/slow-${randomUUID()}:1`, [`FROM ${base}`, `RUN echo ${randomUUID()}; sleep 20`]); // prettier-ignore
  const builders = [['buildkit'], ['classic']] as const;

  it.each(builders)('says that the disk is full (%s)', async (builder) => {
    const { docker } = await engine();
    const store = new DockerImageStore(docker, { builder });
    const fill = await request(`labdock-test/fill-${builder}:1`, [`FROM ${base}`, 'RUN dd if=/dev/zero of=/big bs=1M count=400']); // prettier-ignore
    await expect(store.build(fill, watch().call)).rejects.toMatchObject({ problem: { reason: 'disk-full' } });
  });

  it.each(builders)('says at once that it is gone when it is killed (%s)', async (builder) => {
    const { own, docker } = await engine();
    const store = new DockerImageStore(docker, { builder });
    const seen = watch();
    const building = store.build(await slow(), seen.call).catch((thrown: unknown) => thrown);
    await until('the step runs', () => seen.seen.some(({ step }) => step?.label.includes('sleep 20')));
    const at = Date.now();
    await own.kill();
    expect(await building).toMatchObject({ problem: { reason: 'engine-gone' } });
    expect(Date.now() - at).toBeLessThan(5000);
  });

  it.each(builders)('says that it is gone when it is stopped in order (%s)', async (builder) => {
    const { own, docker } = await engine();
    const store = new DockerImageStore(docker, { builder });
    const seen = watch();
    const building = store.build(await slow(), seen.call).catch((thrown: unknown) => thrown);
    await until('the step runs', () => seen.seen.some(({ step }) => step?.label.includes('sleep 20')));
    const stopped = own.stop();
    expect(await building).toMatchObject({ problem: { reason: 'engine-gone' } });
    await stopped;
  });
});
