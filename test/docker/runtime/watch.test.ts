/** One event stream wakes the heart for what happens outside, and comes back when the engine does. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startOwnEngine, type OwnEngine } from '../../harness/engine';
import { until } from '../../harness/processes';
import { launch, openRuntime, runtimeOn, type RuntimeEngine } from '../../harness/runtimeEngines';

function recorder(engine: RuntimeEngine) {
  const changes: (string | null)[] = [];
  const availability: boolean[] = [];
  const watch = engine.runtime.watch(
    (id) => changes.push(id),
    (available) => availability.push(available),
  );
  return { changes, availability, dispose: () => watch.dispose() };
}

const settled = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe.each(['docker', 'podman'] as const)('watching %s', (name) => {
  let engine: RuntimeEngine;
  let seen: ReturnType<typeof recorder>;

  beforeAll(async () => {
    engine = await openRuntime(name);
  });
  afterAll(() => engine?.close());
  afterEach(() => seen?.dispose());

  it('wakes for stops, kills, pauses and removals from outside, of ours and of nobody else', async () => {
    const spec = await engine.spec('exec sleep 1000');
    const id = spec.workspaceId;
    const stranger = await engine.client.createContainer({ Image: spec.image, Cmd: ['sleep', '1000'] });
    seen = recorder(engine);
    await until('the stream is open', async () => seen.availability.includes(true), 20_000);
    await settled(2_500);
    expect(seen.availability).toEqual([true]);
    expect(seen.changes.length).toBeGreaterThan(0);
    expect(seen.changes.every((change) => change === null)).toBe(true);

    const woken = async (what: string, act: () => Promise<unknown>) => {
      await settled(1_000);
      seen.changes.length = 0;
      await act();
      await until(`woken by ${what}`, async () => seen.changes.includes(id), 15_000);
      expect(new Set(seen.changes)).toEqual(new Set([id]));
    };
    try {
      await woken('create and start', () => launch(engine, spec));
      const container = engine.client.getContainer((await engine.runtime.observe(id))!.id);
      await woken('pause', () => container.pause());
      await woken('unpause', () => container.unpause());
      await woken('kill', () => container.kill());
      await woken('start', () => container.start());
      await woken('stop', () => container.stop({ t: 0 }));
      await woken('remove', () => container.remove({ force: true }));

      seen.changes.length = 0;
      await stranger.start();
      await stranger.stop({ t: 0 });
    } finally {
      await stranger.remove({ force: true }).catch(() => undefined);
    }
    await settled(2_000);
    expect(seen.changes).toEqual([]);
  });

  it('sleeps through what a server does to itself: commands, files, health checks', async () => {
    const spec = await engine.spec('exec sleep 1000');
    await launch(engine, spec);
    await settled(1_500);
    seen = recorder(engine);
    await until('the stream is open', async () => seen.availability.includes(true), 20_000);
    await settled(2_500);
    seen.changes.length = 0;
    await engine.runtime.exec(spec.workspaceId, ['true'], 20_000);
    await engine.runtime.putFiles(spec.workspaceId, [{ path: '/tmp/x', content: 'x', mode: 0o600 }]);
    await engine.runtime.readFile(spec.workspaceId, '/tmp/x');
    await settled(2_000);
    expect(seen.changes).toEqual([]);
  });

  it('is silent once disposed', async () => {
    seen = recorder(engine);
    await until('the stream is open', async () => seen.availability.includes(true), 20_000);
    seen.dispose();
    await settled(2_000);
    seen.changes.length = 0;
    await launch(engine, await engine.spec('exec sleep 1000'));
    await settled(2_000);
    expect(seen.changes).toEqual([]);
    expect(seen.availability).toEqual([true]);
  });
});

describe('an engine that goes and comes back', () => {
  let own: OwnEngine;
  let engine: RuntimeEngine;

  beforeAll(async () => {
    own = await startOwnEngine();
    engine = await runtimeOn(own.socket);
  });
  afterAll(async () => {
    await engine?.close();
    await own?.destroy();
  });

  it.each(['stop', 'kill'] as const)('is seen to %s, found again, and observed as it then is', async (how) => {
    const spec = await engine.spec('exec sleep 1000');
    const id = spec.workspaceId;
    await launch(engine, spec);
    const before = (await engine.runtime.observe(id))!;
    const seen = recorder(engine);
    await until('available', async () => seen.availability.at(-1) === true, 20_000);

    await own[how]();
    await until('unavailable', async () => seen.availability.at(-1) === false, 30_000);
    await expect(engine.runtime.observe(id)).rejects.toMatchObject({ problem: { reason: 'engine-gone' } });

    seen.changes.length = 0;
    await own.start();
    await until('available again', async () => seen.availability.at(-1) === true, 60_000);
    await until('everything is to be looked at', async () => seen.changes.includes(null), 5_000);
    const after = (await engine.runtime.observe(id))!;
    expect(after.id).toBe(before.id);
    expect(after).toMatchObject({ state: 'exited', configHash: spec.configHash });
    expect(seen.availability).toEqual([true, false, true]);

    await engine.runtime.start(id, new AbortController().signal);
    expect(await engine.runtime.observe(id)).toMatchObject({ state: 'running', port: spec.port });
    seen.dispose();
    await engine.runtime.stop(id, 0);
  });
});
