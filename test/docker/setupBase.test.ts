/** What set-up asks of an engine before the application is there: does it reach the base image, can it build a stand-in. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine, removeImages, type ImageEngine } from '../harness/imageEngines';
import { freePort } from '../harness/processes';
import { startRegistry, type Registry } from '../harness/registry';

const setup = (name: string) => join(import.meta.dirname, '../../scripts/setup', name);
const { engineReaches } = (await import(setup('base-image.mjs'))) as {
  engineReaches: (host: string, reference: string) => Promise<boolean>;
};
const { buildImage, importImage } = (await import(setup('engine-api.mjs'))) as {
  importImage: (host: string, folder: string, reference: string) => Promise<void>;
  buildImage: (host: string, folder: string, reference: string, args: Record<string, string>) => Promise<void>;
};

describe.each(['docker', 'podman'] as const)('set-up on %s', (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'labdock-setup-'));
  let engine: ImageEngine;
  let registry: Registry;
  let pushed: string;
  const ground = 'localhost/labdock-test/setup-ground:1';
  const built = 'labdock-test/setup-built:1';

  beforeAll(async () => {
    engine = await openEngine(name);
    registry = await startRegistry();
    pushed = `${registry.address}/labdock-test/base:1`;
    for (const part of ['tree', 'context']) mkdirSync(join(folder, part));
    writeFileSync(join(folder, 'tree/made'), 'by set-up\n');
    writeFileSync(join(folder, 'context/Dockerfile'), 'ARG GROUND\nFROM ${GROUND}\nLABEL labdock-test=setup\n');
  }, 120_000);
  afterAll(async () => {
    await removeImages(engine.docker, [built, ground, pushed]);
    await registry.stop();
    await engine.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('builds on a tree it has imported, without asking a registry for it', async () => {
    await importImage(engine.host, join(folder, 'tree'), ground);
    await buildImage(engine.host, join(folder, 'context'), built, { GROUND: ground });
    const { Config } = await engine.docker.getImage(built).inspect();
    expect(Config.Labels).toMatchObject({ 'labdock-test': 'setup' });
  });

  it('knows whether an image can be had, without fetching it', async () => {
    const [repo, tag] = [pushed.slice(0, -2), '1'];
    await engine.docker.getImage(ground).tag({ repo, tag });
    const pushing = await engine.docker.getImage(pushed).push({ authconfig: { username: 'x', password: 'x' } });
    await new Promise((done, fail) =>
      engine.docker.modem.followProgress(pushing, (error) => (error ? fail(error) : done(undefined))),
    );
    await removeImages(engine.docker, [pushed, built, ground]);
    expect(await engineReaches(engine.host, pushed)).toBe(true);
    await expect(engine.docker.getImage(pushed).inspect()).rejects.toMatchObject({ statusCode: 404 });
    expect(await engineReaches(engine.host, `${repo}:absent`)).toBe(false);
    expect(await engineReaches(engine.host, `127.0.0.1:${await freePort()}/nobody:1`)).toBe(false);
  });
});
