/** Archives, good and bad, into real engines. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DockerImageStore } from '../../main/runtime/docker/imageStore';
import type { ImageProgress } from '../../main/runtime/runtime';
import { openEngine, removeImages, type ImageEngine } from '../harness/imageEngines';
import { tar, tinyImage } from '../harness/tinyImage';

const never = new AbortController().signal;
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'labdock-load-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: Buffer | string, name = `${randomUUID()} ä.tar`): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function watch(signal: AbortSignal = never) {
  const seen: ImageProgress[] = [];
  return { seen, call: { signal, onProgress: (progress: ImageProgress) => void seen.push(progress) } };
}

describe.each([['docker'], ['podman']] as const)('an archive on %s', (engineName) => {
  let engine: ImageEngine;
  let store: DockerImageStore;
  const made: string[] = [];
  const unique = () => ({ extra: [{ name: 'unique', content: randomUUID() }] });

  beforeAll(async () => {
    engine = await openEngine(engineName);
    store = new DockerImageStore(engine.docker);
  });
  afterAll(async () => {
    await removeImages(engine.docker, made);
    await engine.stop();
  });

  async function load(path: string) {
    const { seen, call } = watch();
    const image = await store.load(path, call);
    made.push(image.id);
    return { image, fractions: seen.flatMap(({ fraction }) => fraction ?? []) };
  }

  const kinds = [
    ['docker archive', 'docker', false],
    ['gzipped docker archive', 'docker', true],
    ['OCI layout', 'oci', false],
    ['gzipped OCI layout', 'oci', true],
  ] as const;

  it.each(kinds)('loads a %s and tells how far it is', async (_kind, form, gzip) => {
    const name = `labdock-test/loaded-${randomUUID().slice(0, 8)}:1`;
    const image = await tinyImage({ name, ...unique() });
    const loaded = await load(file(gzip ? gzipSync(image[form]) : image[form]));
    expect(loaded.image.names.some((full) => full.endsWith(name))).toBe(true);
    expect(loaded.image).toMatchObject({ os: 'linux', command: ['/bin/sh'] });
    expect((await store.find(name))?.id).toBe(loaded.image.id);
    expect(loaded.fractions).toEqual([...loaded.fractions].sort((a, b) => a - b));
    expect(loaded.fractions.length).toBeGreaterThan(5);
    expect(loaded.fractions.at(-1)).toBe(1);
  });

  it.each(kinds)('finds what a %s without a name held', async (_kind, form, gzip) => {
    const image = await tinyImage(unique());
    const loaded = await load(file(gzip ? gzipSync(image[form]) : image[form]));
    expect(loaded.image.command).toEqual(['/bin/sh']);
    expect((await store.find(loaded.image.id))?.id).toBe(loaded.image.id);
  });

  it('loads the same twice', async () => {
    const name = `labdock-test/loaded-${randomUUID().slice(0, 8)}:1`;
    const path = file((await tinyImage({ name, ...unique() })).docker);
    expect((await load(path)).image.id).toBe((await load(path)).image.id);
  });

  it('refuses what is none, before the engine sees it', async () => {
    const good = (await tinyImage({ name: 'labdock-test/bad:1', ...unique() })).docker;
    const manifest = (value: unknown) => tar([{ name: 'manifest.json', content: JSON.stringify(value) }]);
    mkdirSync(join(folder, `${engineName}.tar`));
    const bad: [string, string][] = [
      ['text', file('not an archive at all, but long enough to be a header. '.repeat(50))],
      ['empty', file('')],
      ['a folder', join(folder, `${engineName}.tar`)],
      ['cut off', file(good.subarray(0, good.length / 2))],
      ['cut off and gzipped', file(gzipSync(good.subarray(0, good.length / 2)))],
      ['a gzip cut off', file(gzipSync(good).subarray(0, 300_000))],
      ['some other tar', file(await tar([{ name: 'etc/passwd', content: 'root' }]))],
      ['a nonsense manifest', file(await manifest({ no: 'list' }))],
      ['no image', file(await manifest([]))],
      ['missing layers', file(await manifest([{ Config: 'a.json', RepoTags: null, Layers: ['b/layer.tar'] }]))],
      ['an OCI index of nothing', file(await tar([{ name: 'index.json', content: '{"manifests":[]}' }]))],
    ];
    for (const [what, path] of bad) {
      const error = await store.load(path, watch().call).catch((thrown: unknown) => thrown);
      expect(error, what).toMatchObject({ problem: { reason: 'archive-invalid', params: { path } } });
    }
    expect(await store.find('labdock-test/bad:1')).toBeNull();
  });

  it('says that the file is not there', async () => {
    const path = join(folder, 'no such file.tar');
    await expect(store.load(path, watch().call)).rejects.toMatchObject({
      problem: { reason: 'archive-missing', params: { path } },
    });
  });

  it('says what an engine refuses although it looked right', async () => {
    const wrong = await tar([
      { name: 'a.json', content: '{"rootfs":{"type":"layers","diff_ids":["sha256:00"]}}' },
      { name: 'b/layer.tar', content: 'no tar' },
      {
        name: 'manifest.json',
        content: JSON.stringify([{ Config: 'a.json', RepoTags: null, Layers: ['b/layer.tar'] }]),
      },
    ]);
    const path = file(wrong);
    await expect(store.load(path, watch().call)).rejects.toMatchObject({
      problem: { reason: 'archive-invalid', params: { path } },
    });
  });

  it('can be cancelled, before and in the middle', async () => {
    const big = { name: 'big', content: Buffer.alloc(64 * 1024 * 1024, 7) };
    const name = `labdock-test/cancelled-${randomUUID().slice(0, 8)}:1`;
    made.push(name);
    const path = file((await tinyImage({ name, extra: [big, ...unique().extra] })).docker);
    const cancelled = { problem: { reason: 'cancelled' } };
    await expect(store.load(path, watch(AbortSignal.abort()).call)).rejects.toMatchObject(cancelled);
    for (const fraction of [0.1, 0.5]) {
      const abort = new AbortController();
      const onProgress = (progress: ImageProgress) => {
        if ((progress.fraction ?? 0) > fraction) abort.abort();
      };
      await expect(store.load(path, { signal: abort.signal, onProgress })).rejects.toMatchObject(cancelled);
    }
    expect(await store.find(name)).toBeNull();
  });
});
