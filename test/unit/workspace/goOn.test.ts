/** A workspace that ran before a switch which failed with its target: waited for, unlike a start that somebody asked for. */
import { expect, test, vi } from 'vitest';
import { LabdockError, type Problem } from '../../../main/common/problem';
import { Controller } from '../../../main/workspace/controller';
import type { ControllerHost } from '../../../main/workspace/controllerHost';
import { LogBuffer } from '../../../main/workspace/logBuffer';
import type { Workspace } from '../../../main/workspace/model';
import type { Site } from '../../../main/workspace/parts';

const away: Problem = { reason: 'cluster-unreachable', params: { context: 'far' } };

function bench(reason: Problem['reason'] = 'cluster-unreachable') {
  const looks: string[] = [];
  let answers = false;
  const observe = () => {
    looks.push('look');
    return answers ? new Promise<null>(() => undefined) : Promise.reject(new LabdockError(reason));
  };
  const site = { kind: 'cluster', runtime: { observe } } as unknown as Site;
  const world = { target: 'available' as 'available' | 'unavailable', wanted: '' };
  const host = {
    workspace: () => ({ id: 'one', name: 'One', target: { kind: 'cluster' } }) as Workspace,
    site: () => (world.target === 'available' ? site : null),
    target: () => (world.target === 'available' ? { status: 'available' } : { status: 'unavailable', problem: away }),
    local: () => null,
    localFound: () => Promise.resolve(null),
    wantedImage: () => new Promise(() => undefined),
    preflight: () => Promise.resolve({}),
    reportLost: vi.fn(),
    setWanted: (_: string, wanted: string) => (world.wanted = wanted),
    secretWords: () => [],
    changed: () => undefined,
    ended: () => undefined,
  } as unknown as ControllerHost;
  const controller = new Controller('one', host, new LogBuffer());
  const gone = () => {
    world.target = 'unavailable';
    controller.engineGone(away);
  };
  const back = () => {
    answers = true;
    world.target = 'available';
    controller.engineBack();
  };
  return { controller, world, looks, gone, back };
}

test('a start that was asked for is given up where the target is away', () => {
  const { controller, world, gone } = bench();
  gone();
  controller.start();
  expect(world.wanted).toBe('stopped');
});

test.each(['before it is looked at', 'by the look itself'])(
  'the target is away, seen %s: it stays wanted',
  async (when) => {
    const { controller, world, looks, gone, back } = bench();
    await controller.suspend();
    if (when === 'before it is looked at') gone();
    controller.resume('as-before');
    await controller.idle();
    gone();
    expect(world.wanted).toBe('running');
    expect(controller.state()).toMatchObject({ phase: 'failed', problem: away });
    const before = looks.length;
    back();
    await vi.waitFor(() => expect(looks.length).toBeGreaterThan(before));
    expect(world.wanted).toBe('running');
    expect(controller.phase).toBe('preparing');
  },
);

test('refused for another reason (credentials): it stays wanted as well, and is tried again', async () => {
  const { controller, world, looks, gone, back } = bench('cluster-credentials');
  controller.resume('as-before');
  await controller.idle();
  gone();
  expect(world.wanted).toBe('running');
  const before = looks.length;
  back();
  await vi.waitFor(() => expect(looks.length).toBeGreaterThan(before));
  expect(world.wanted).toBe('running');
});

test('stopped by its user while it is waited for, it stays stopped', async () => {
  const { controller, world, gone, back } = bench();
  gone();
  controller.resume('as-before');
  controller.stop();
  gone();
  back();
  expect(world.wanted).toBe('stopped');
});
