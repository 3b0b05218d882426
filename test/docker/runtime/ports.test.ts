/** Busy ports: who holds them is said, the next free one is offered, and nothing moves silently. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toProblem } from '../../../main/common/problem';
import { freePort, launch, listenOn, openRuntime, type RuntimeEngine } from '../../harness/runtimeEngines';
import { until } from '../../harness/processes';

const { signal } = new AbortController();
const problemOf = (call: Promise<unknown>) => call.then(() => undefined, toProblem);

describe.each(['docker', 'podman'] as const)('a port on %s', (name) => {
  let engine: RuntimeEngine;

  beforeAll(async () => {
    engine = await openRuntime(name);
  });
  afterAll(() => engine?.close());

  it('is published on loopback only', async () => {
    const spec = await engine.spec('exec sleep 1000');
    await launch(engine, spec);
    const { id } = (await engine.runtime.observe(spec.workspaceId))!;
    const { NetworkSettings } = await engine.client.getContainer(id).inspect();
    const published = Object.values(NetworkSettings.Ports).flat();
    expect(published).toEqual([{ HostIp: '127.0.0.1', HostPort: String(spec.port) }]);
  });

  it('held by another program is refused with its name and another port', async () => {
    const port = await freePort();
    const script = `require('node:net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`;
    const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    try {
      const spec = await engine.spec('exec sleep 1000', { port });
      await engine.runtime.create(spec, signal);
      const problem = await problemOf(engine.runtime.start(spec.workspaceId, signal));
      expect(problem).toMatchObject({ reason: 'port-busy', params: { port, holder: `node (${holder.pid})` } });
      const suggestion = Number(problem!.params!['suggestion']);
      expect(suggestion).toBeGreaterThan(port);
      await listenOn(suggestion).then((server) => server.close());
      expect(await engine.runtime.observe(spec.workspaceId)).toMatchObject({ state: 'created' });

      // Nothing is left in the way once the port is free.
      holder.kill();
      await once(holder, 'exit');
      await engine.runtime.start(spec.workspaceId, signal);
      expect(await engine.runtime.observe(spec.workspaceId)).toMatchObject({ state: 'running', port });
    } finally {
      holder.kill();
    }
  });

  it('held by a listener on all addresses is refused as well', async () => {
    const holder = await listenOn(0, '0.0.0.0');
    const { port } = holder.address() as { port: number };
    const spec = await engine.spec('exec sleep 1000', { port });
    await engine.runtime.create(spec, signal);
    const problem = await problemOf(engine.runtime.start(spec.workspaceId, signal));
    expect(problem).toMatchObject({ reason: 'port-busy', params: { port } });
    expect(problem!.params!['holder']).toContain(`(${process.pid})`);
    holder.close();
  });

  it('held by another container is refused with its name', async () => {
    const port = await freePort();
    const holder = await engine.spec('exec sleep 1000', { port, workspaceName: 'Holder' });
    await launch(engine, holder);
    const spec = await engine.spec('exec sleep 1000', { port });
    await engine.runtime.create(spec, signal);
    expect(await problemOf(engine.runtime.start(spec.workspaceId, signal))).toMatchObject({
      reason: 'port-busy',
      params: { port, holder: `labdock-holder-${holder.workspaceId}` },
    });
    await engine.runtime.stop(holder.workspaceId, 0);
    await engine.runtime.start(spec.workspaceId, signal);
    expect(await engine.runtime.observe(spec.workspaceId)).toMatchObject({ state: 'running', port });
  });

  it('lost to a program between the look and the start is refused in the same words', async () => {
    // The engine's own sentence, got past the look: the container is started behind the runtime's back.
    const holder = await listenOn(0);
    const { port } = holder.address() as { port: number };
    const spec = await engine.spec('exec sleep 1000', { port });
    await engine.runtime.create(spec, signal);
    const { id } = (await engine.runtime.observe(spec.workspaceId))!;
    const { engineError } = await import('../../../main/runtime/docker/errors');
    const words = await engine.client.getContainer(id).start().then(() => undefined, (error: unknown) => error); // prettier-ignore
    expect(engineError(words).problem).toMatchObject({ reason: 'port-busy', params: { port } });
    holder.close();
    await until('the port is free again', async () => (await problemOf(listenOn(port).then((s) => s.close()))) === undefined, 5_000); // prettier-ignore
  });
});
