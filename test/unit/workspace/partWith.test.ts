/** A start that would make the container anew asks first: nothing is built, stopped or removed before the answer. */
import { expect, test, vi } from 'vitest';
import { Controller } from '../../../main/workspace/controller';
import type { ControllerHost } from '../../../main/workspace/controllerHost';
import { LogBuffer } from '../../../main/workspace/logBuffer';
import { Declined, type Local, type Site } from '../../../main/workspace/parts';
import { workspace as sample } from '../../harness/gallery/samples';

type Answer = 'go' | 'again' | 'cancel' | Promise<'cancel'>;

function bench(state: 'exited' | 'running', answers: Answer[]) {
  const done: string[] = [];
  const world = { there: true, wanted: '', state: state as string, signal: undefined as AbortSignal | undefined };
  const image = { id: 'image', labels: {} };
  const runtime = {
    observe: () => Promise.resolve(world.there ? { id: 'c', state: world.state, image: 'image', configHash: 'old', startedAt: 's', outOfMemory: false } : null), // prettier-ignore
    readFile: () => Promise.resolve(null),
    followLogs: () => Promise.resolve(),
    stop: () => {
      done.push('stop');
      world.state = 'exited';
      return Promise.resolve();
    },
    remove: () => {
      done.push('remove');
      world.there = false;
      return Promise.resolve();
    },
    create: () => {
      done.push('create');
      return new Promise(() => undefined);
    },
  };
  const local = { runtime, images: { find: () => Promise.resolve(image) }, rootInside: false } as unknown as Local;
  const site = { kind: 'local', local, runtime } as unknown as Site;
  const part = vi.fn(async (_look: unknown, _memory: unknown, signal: AbortSignal) => {
    world.signal = signal;
    const answer = await (answers.shift() ?? 'go');
    if (answer === 'cancel') throw new Declined();
    return answer;
  });
  const host = {
    workspace: () => sample(),
    site: () => site,
    target: () => ({ status: 'available' }),
    local: () => local,
    localFound: () => Promise.resolve(local),
    wantedImage: () => Promise.resolve({ by: 'build-image', refresh: false, name: 'image', own: true }),
    launchOf: () => ({ command: [], init: false, env: {}, wantsRoot: false, putEntrypoint: false }),
    secretsOf: () => Promise.resolve({ token: 'token', passwordHash: null }),
    printOf: () => undefined,
    keepPrint: () => undefined,
    preflight: () => Promise.resolve({}),
    isAdopted: () => false,
    part,
    setWanted: (_: string, wanted: string) => (world.wanted = wanted),
    secretWords: () => [],
    changed: () => undefined,
    ended: () => undefined,
    awaitReady: () => Promise.resolve(),
    saveWork: () => Promise.resolve(),
    shutDown: () => Promise.resolve(),
  } as unknown as ControllerHost;
  const controller = new Controller('one', host, new LogBuffer());
  return { controller, world, done, part };
}

test('at rest: declined, it stays as it is', async () => {
  const { controller, world, done } = bench('exited', ['cancel']);
  controller.start();
  await controller.idle();
  expect(done).toEqual([]);
  expect(world.wanted).toBe('stopped');
  expect(controller.state()).toMatchObject({ phase: 'stopped' });
  expect(controller.state().problem).toBeUndefined();
});

test('at rest: let go, it is made anew', async () => {
  const { controller, done, part } = bench('exited', ['go', 'go']);
  controller.start();
  await vi.waitFor(() => expect(done).toEqual(['remove', 'create']));
  // Before the first step, and by the step itself.
  expect(part).toHaveBeenCalledTimes(2);
  controller.stop();
});

test('at rest: kept, the settings are looked at again before anything goes', async () => {
  const { controller, done, part } = bench('exited', ['again', 'go', 'again', 'go', 'go']);
  controller.start();
  await vi.waitFor(() => expect(done).toEqual(['remove', 'create']));
  expect(part).toHaveBeenCalledTimes(5);
  controller.stop();
});

test('a stop while it is asked counts, whatever is answered then', async () => {
  let answer: (word: 'cancel') => void = () => undefined;
  const { controller, world, done } = bench('exited', [new Promise((resolve) => (answer = resolve))]);
  controller.start();
  await vi.waitFor(() => expect(world.signal).toBeDefined());
  expect(controller.phase).toBe('preparing');
  controller.stop();
  expect(world.signal!.aborted).toBe(true);
  answer('cancel');
  await controller.idle();
  expect(done).toEqual([]);
  expect(world.wanted).toBe('stopped');
  expect(controller.state().problem).toBeUndefined();
});

test('running: declined, it goes on as it was', async () => {
  const { controller, world, done } = bench('running', ['cancel']);
  controller.wake();
  await vi.waitFor(() => expect(controller.phase).toBe('ready'));
  controller.apply();
  await vi.waitFor(() => expect(world.signal).toBeDefined());
  await vi.waitFor(() => expect(controller.state().pending).toBe('recreate'));
  expect(done).toEqual([]);
  expect(world.wanted).toBe('running');
  void controller.close();
});
