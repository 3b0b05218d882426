/** Throw-away containers and old images, on real engines. */
import { randomInt, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerImageStore } from '../../main/runtime/docker/imageStore';
import { throwawayLabel } from '../../main/runtime/docker/run';
import { labels } from '../../main/runtime/runtime';
import { openEngine, processesWith, removeImages, type ImageEngine } from '../harness/imageEngines';
import { until } from '../harness/processes';
import { putTinyImage, tar } from '../harness/tinyImage';

const run = randomUUID().slice(0, 8);
const base = `labdock-test/run-base:${run}`;

describe.each([['docker'], ['podman']] as const)('on %s', (engineName) => {
  let engine: ImageEngine;
  let store: DockerImageStore;

  beforeAll(async () => {
    engine = await openEngine(engineName);
    store = new DockerImageStore(engine.docker);
    await putTinyImage(engine.docker, base);
  });
  afterAll(async () => {
    await removeImages(engine.docker, [base]);
    await engine.stop();
  });

  const shell = (script: string, more: Partial<Parameters<DockerImageStore['run']>[0]> = {}, signal?: AbortSignal) =>
    store.run({ image: base, entrypoint: ['/bin/sh', '-c'], command: [script], timeoutMs: 30_000, ...more }, signal);
  // The engine is shared: only what comes from this test's image counts.
  const throwaways = async () =>
    (await engine.docker.listContainers({ all: true, filters: { label: [throwawayLabel] } })).filter(({ Image }) =>
      Image.endsWith(base),
    ).length;

  describe('a throw-away container', () => {
    it('returns both outputs and the code, and leaves nothing', async () => {
      const before = await throwaways();
      expect(await shell('echo "out ü"; echo err >&2; exit 7')).toEqual({
        code: 7,
        stdout: 'out ü\n',
        stderr: 'err\n',
      });
      expect(await shell('true')).toEqual({ code: 0, stdout: '', stderr: '' });
      expect(await throwaways()).toBe(before);
    });

    it('has the files it was given, with their modes, as the user it was given', async () => {
      const files = [
        { path: '/tmp/labdock/a b.txt', content: 'ä', mode: 0o644 },
        { path: '/tmp/run', content: Buffer.from('#!/bin/sh\nid -u; cat "/tmp/labdock/a b.txt"\n'), mode: 0o755 },
      ];
      expect(await shell('/tmp/run', { files, user: '1234:0' })).toMatchObject({ code: 0, stdout: '1234\nä' });
    });

    it('has no network', async () => {
      const { stdout } = await shell('ip -o link');
      expect(stdout.trim().split('\n')).toHaveLength(1);
      expect(stdout).toContain('lo');
    });

    it('keeps a flood of output within bounds', async () => {
      const { code, stdout } = await shell('yes 0123456789 | dd bs=11000 count=1000 2>/dev/null; exit 4');
      expect(code).toBe(4);
      expect(stdout).toHaveLength(1024 * 1024);
    });

    it.each([
      ['when it does not end in time', { timeoutMs: 3000 }, undefined, { reason: 'engine-error' }],
      ['when cancelled', {}, 2000, { reason: 'cancelled' }],
    ])('is ended %s', async (_when, more, cancelAfter, problem) => {
      const seconds = String(4000 + randomInt(5000)) + String(randomInt(1000));
      const signal = cancelAfter === undefined ? undefined : AbortSignal.timeout(cancelAfter);
      const before = await throwaways();
      const running = shell(`echo begun; sleep ${seconds}; true`, more, signal).catch((thrown: unknown) => thrown);
      await until('it runs', () => processesWith(['sleep', seconds]).length > 0, 10_000, 50);
      expect(await running).toMatchObject({ problem });
      await until('it ends', () => processesWith(['sleep', seconds]).length === 0, 5000);
      expect(await throwaways()).toBe(before);
    });

    it('says that the image or the program is not there, and leaves nothing', async () => {
      const before = await throwaways();
      const image = 'labdock-test/no-such-image:1';
      await expect(shell('true', { image })).rejects.toMatchObject({
        problem: { reason: 'image-not-found', params: { reference: image } },
      });
      const error = await shell('true', { entrypoint: ['/no/such/program'] }).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ problem: { reason: 'engine-error' } });
      expect(JSON.stringify((error as { problem: unknown }).problem)).toContain('/no/such/program');
      expect(await throwaways()).toBe(before);
    });

    it('that a crash left is removed by the next, one that may still run is not', async () => {
      const left = async (until: number) => {
        const Labels = { [throwawayLabel]: new Date(until).toISOString() };
        return (await engine.docker.createContainer({ Image: base, Cmd: ['true'], Labels })).id;
      };
      const old = await left(Date.now() - 1000);
      const young = await left(Date.now() + 60_000);
      try {
        await shell('true');
        const ids = (await engine.docker.listContainers({ all: true })).map(({ Id }) => Id);
        expect(ids).toContain(young);
        expect(ids).not.toContain(old);
      } finally {
        await engine.docker.getContainer(young).remove({ force: true });
      }
    });
  });

  it('old images of ours are removed, what is kept, used, foreign or built on ours is not', async () => {
    const repository = `labdock-test-own-${run}`;
    const build = async (name: string, from: string, recipe?: string) => {
      const context = await tar([{ name: 'Dockerfile', content: `FROM ${from}\nRUN echo ${randomUUID()}\n` }]);
      const onProgress = () => {};
      await store.build(
        { name, context: () => Readable.from([context]), buildArgs: {}, labels: recipe === undefined ? {} : { [labels.recipe]: recipe } }, // prettier-ignore
        { signal: new AbortController().signal, onProgress },
      );
      return name;
    };
    const kept = await build(`${repository}:kept`, base, 'a');
    const old = await build(`${repository}:old`, base, 'b');
    const used = await build(`${repository}:used`, base, 'c');
    const foreign = await build(`${repository}:foreign`, base);
    const derived = await build(`labdock-test-derived-${run}:1`, kept);
    const container = await engine.docker.createContainer({ Image: used, Cmd: ['true'] });
    try {
      const own = await store.listOwn(repository);
      expect(own.map(({ recipe }) => recipe).sort()).toEqual(['a', 'b', 'c']);
      expect(own.every(({ sizeBytes, created }) => sizeBytes > 0 && created > 1_700_000_000)).toBe(true);
      const policy = { repository, keep: new Set([kept]), newest: 0, olderThanMs: 0 };
      // Young, or the newest: they stay.
      expect(await store.removeOld({ ...policy, olderThanMs: 3600_000 })).toEqual([]);
      expect(await store.removeOld({ ...policy, newest: 1 })).toEqual([]);
      await sleep(1100); // the engine counts whole seconds
      const removed = await store.removeOld(policy);
      expect(removed.map((name) => name.split('/').pop())).toEqual([old]);
      expect(await store.find(old)).toBeNull();
      for (const name of [kept, used, foreign, derived]) expect(await store.find(name), name).not.toBeNull();
      expect(await store.removeImage(foreign)).toBe(false);
      expect(await store.removeImage('labdock-test/no-such-image:1')).toBe(false);
    } finally {
      await container.remove({ force: true });
      await removeImages(engine.docker, [derived, kept, old, used, foreign]);
    }
  });
});
