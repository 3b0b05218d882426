/** Packages installed by hand, before their container goes: found, asked about, kept or let go. */
import { describe, expect, it } from 'vitest';
import type { ServerObservation } from '../../../main/runtime/runtime';
import { ByHand } from '../../../main/workspace/byHand';
import type { Memory } from '../../../main/workspace/observer';
import { Declined, type Look } from '../../../main/workspace/parts';
import type { FrontEnd } from '../../../main/workspace/service';
import { workspace as sample } from '../../harness/gallery/samples';

const site = '/opt/conda/envs/py313/lib/python3.13/site-packages';
const made = Date.parse('2026-11-28T12:00:00Z');
const cowsay = [`${site}/cowsay-6.1.dist-info`, `${site}/cowsay-6.1.dist-info/REQUESTED`];
const said = '[py313]\npip cowsay 6.1 requested\nconda six 1.16.0 requested\n';
const both = [{ kernel: 'py313', conda: ['six=1.16.0'], pip: ['cowsay==6.1'] }];

type Answer = Awaited<ReturnType<FrontEnd['askToKeep']>>;
interface World {
  answers?: Answer[];
  exec?: () => Promise<{ code: number; stdout: string; stderr: string }>;
  added?: () => Promise<string[]>;
}

function bench({ answers = [], exec, added = () => Promise.resolve(cowsay) }: World = {}) {
  const world = { workspace: sample({ image: { kind: 'build' } }), walks: 0, execs: 0, asked: [] as unknown[] };
  const log: string[] = [];
  const frontEnd = {
    askToKeep: (_: string, found: unknown) => {
      world.asked.push(found);
      return Promise.resolve(answers.shift() ?? 'cancel');
    },
  } as unknown as FrontEnd;
  const byHand = new ByHand({
    saved: () => world.workspace,
    applied: () => undefined,
    frontEnd: () => (answers.length > 0 || world.asked.length > 0 ? frontEnd : undefined),
    setKernels: (_, kernels) => {
      world.workspace = { ...world.workspace, kernels };
      return Promise.resolve();
    },
    say: (_, words) => log.push(words),
  });
  const atRest = () => ({
    createdAt: () => Promise.resolve(made),
    modifiedAt: (path: string) => Promise.resolve(path === site ? made + 1000 : null),
    added: () => {
      world.walks++;
      return added();
    },
    read: () => Promise.resolve(null),
  });
  const runtime = {
    exec: () => {
      world.execs++;
      return exec?.() ?? Promise.resolve({ code: 0, stdout: said, stderr: '' });
    },
  };
  const server = (change: Partial<ServerObservation> = {}) => ({
    id: 'c',
    state: 'running',
    startedAt: 's',
    ...change,
  });
  const look = (change: Partial<ServerObservation> = {}, kind = 'local') =>
    ({ site: { kind, runtime, local: { atRest } }, server: server(change), workspace: world.workspace }) as unknown as Look; // prettier-ignore
  const memory: Memory = { run: true, apply: true, refreshed: false };
  const part = (seen = look(), signal = new AbortController().signal) => byHand.part(seen, memory, signal);
  const find = (seen = look()) => byHand.find(seen.site, seen.server!, seen.workspace);
  return { world, log, look, memory, part, find };
}
const exited = { state: 'exited', finishedAt: 'f' } as const;

describe('what is in a container', () => {
  it('that runs is listed by its own program, each by its tool', async () => {
    expect(await bench().find()).toEqual(both);
  });
  it('at rest is read once', async () => {
    const { find, look, world } = bench();
    const rested = look(exited);
    expect(await Promise.all([find(rested), find(rested)])).toEqual([
      [{ kernel: 'py313', conda: [], pip: ['cowsay==6.1'] }],
      [{ kernel: 'py313', conda: [], pip: ['cowsay==6.1'] }],
    ]);
    expect(world.walks).toBe(1);
    await find(look({ ...exited, finishedAt: 'later' }));
    expect(world.walks).toBe(2);
  });
  it('is nothing where nothing outlives the server, or it never ran', async () => {
    const { find, look, world } = bench();
    expect(await find(look(exited, 'cluster'))).toEqual([]);
    expect(await find(look({ state: 'created' }))).toEqual([]);
    expect(world).toMatchObject({ walks: 0, execs: 0 });
  });
  it('is unknown where nobody answers, and asked anew the next time', async () => {
    let fail = true;
    const added = () => (fail ? Promise.reject(new Error('no')) : Promise.resolve(cowsay));
    const { find, look, world } = bench({ added });
    expect(await find(look(exited))).toBeNull();
    fail = false;
    expect(await find(look(exited))).toHaveLength(1);
    expect(world.walks).toBe(2);
  });
  it('is not asked for in vain of images of others, and of pods that are not there', async () => {
    const { find, look, world } = bench({ exec: () => Promise.resolve({ code: 127, stdout: '', stderr: 'no shell' }) });
    expect(await find(look())).toBeNull();
    expect(await find(look({}, 'cluster'))).toEqual([]);
    world.workspace = sample({ image: { kind: 'published', reference: 'a/b', pull: 'always' } });
    expect(await find(look())).toEqual([]);
  });
});

describe('before it goes', () => {
  it('declined, it stays', async () => {
    const { part, world } = bench({ answers: ['cancel'] });
    await expect(part()).rejects.toThrow(Declined);
    expect(world.asked).toEqual([both]);
  });
  it('kept, each is a line of its tool in its kernel, and the next look asks nothing', async () => {
    const { part, world, look } = bench({ answers: ['keep'] });
    expect(await part(look())).toBe('again');
    const [kernel] = world.workspace.kernels;
    expect(kernel).toMatchObject({ conda: ['six=1.16.0'], pip: ['cowsay==6.1'] });
    // The one who looked may still have the old settings.
    expect(await part({ ...look(), workspace: sample() })).toBe('go');
    expect(world.asked).toHaveLength(1);
  });
  it('let go, it is asked about once, over the stop as well', async () => {
    const { part, world, look, memory } = bench({ answers: ['lose'] });
    expect(await part(look())).toBe('go');
    expect(await part(look(exited))).toBe('go');
    expect(world).toMatchObject({ execs: 1, walks: 0 });
    // After a build: what was let go is let go, what came since is not.
    memory.partedKey = undefined;
    expect(await part(look())).toBe('go');
    expect(world.asked).toHaveLength(1);
  });
  it('unknown is said, and can be gone on from', async () => {
    const { part, world, look, memory } = bench({ answers: ['lose'], added: () => Promise.reject(new Error('no')) });
    expect(await part(look(exited))).toBe('go');
    expect(world.asked).toEqual([null]);
    memory.partedKey = undefined;
    expect(await part(look(exited))).toBe('go');
    expect(world.asked).toHaveLength(1);
  });
  it('a kernel that the settings dropped is not offered once more', async () => {
    const { part, world, look } = bench({ answers: ['cancel'] });
    world.workspace = sample({ kernels: [{ ...sample().kernels[0]!, name: 'other' }] });
    expect(await part(look())).toBe('go');
    expect(world.asked).toEqual([]);
  });
  it('without anybody to ask, the log has their names', async () => {
    const { part, log } = bench();
    expect(await part()).toBe('go');
    expect(log).toEqual(['Installed by hand: py313: six=1.16.0, py313: cowsay==6.1']);
  });
  it('too many for a list: refused, nothing is written', async () => {
    const many = Array.from({ length: 201 }, (_, index) => `pip p${index} 1.0 requested`).join('\n');
    const exec = () => Promise.resolve({ code: 0, stdout: `[py313]\n${many}`, stderr: '' });
    const { part, world } = bench({ answers: ['keep'], exec });
    const before = world.workspace;
    await expect(part()).rejects.toMatchObject({ problem: { reason: 'field-invalid' } });
    expect(world.workspace).toBe(before);
  });
  it('a stop meanwhile does not wait for the walk', async () => {
    const { part, look } = bench({ added: () => new Promise(() => undefined) });
    const abort = new AbortController();
    const parting = part(look(exited), abort.signal);
    abort.abort();
    await expect(parting).rejects.toMatchObject({ name: 'AbortError' });
  });
});
