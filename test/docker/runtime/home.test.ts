/** A workspace's HOME, read and written through its container on Docker Engine and on Podman, as a move does. */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toProblem } from '../../../main/common/problem';
import type { HomeFile, LargeHomeFile } from '../../../main/runtime/runtime';
import { ended, launch, logOf, openRuntime, person, type RuntimeEngine } from '../../harness/runtimeEngines';

const { signal } = new AbortController();
/** Bytes. */
const limit = 10_000_000;
const mtimeMs = Date.UTC(2025, 3, 5, 6, 7, 8);
const file = (path: string, content: string, mode = 0o644): HomeFile => ({
  path,
  mode,
  mtimeMs,
  content: Buffer.from(content),
});

async function all(files: AsyncIterable<HomeFile | LargeHomeFile>): Promise<HomeFile[]> {
  const found: HomeFile[] = [];
  for await (const one of files) if (one.content !== null) found.push(one);
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

describe.each(['docker', 'podman'] as const)('HOME on %s', (name) => {
  let engine: RuntimeEngine;
  beforeAll(async () => {
    engine = await openRuntime(name);
  });
  afterAll(() => engine?.close());

  it('takes files into a server that never ran, as the server’s user, and gives them back', async () => {
    const { runtime } = engine;
    const spec = await engine.spec('ls -lanR $HOME; cat "$HOME/.jupyter/lab/user-settings/@x/테마 😀.json"');
    const id = spec.workspaceId;
    await runtime.create(spec, signal);
    const deep = 'a'.repeat(120);
    const given = [
      file('.ipython/profile_default/history.sqlite', '\0\x01binary', 0o600),
      file('.jupyter/lab/user-settings/@x/테마 😀.json', '{"theme":"dark"}\n'),
      file(`.local/share/jupyter/${deep}/${deep}/x`, 'long'),
      file('.profile', '', 0o755),
    ];
    expect(await runtime.writeHome(id, given, signal)).toEqual({ skipped: [] });
    const wanted = ['.jupyter', '.ipython/profile_default', '.local/share/jupyter', '.profile', 'not/there'];
    expect(await all(runtime.readHome(id, wanted, limit, signal))).toEqual(given);

    await runtime.start(id, signal);
    await ended(engine, spec);
    const lines = (await logOf(runtime, id)).map(({ text }) => text);
    const owner = `${person.uid} +${person.gid}`;
    expect(lines.at(-1)).toBe('{"theme":"dark"}');
    expect(lines.join('\n')).toMatch(new RegExp(`-rw------- +1 ${owner} .*Apr +5 .* history.sqlite`));
    expect(lines.join('\n')).toMatch(new RegExp(`drwxr-xr-x +\\d+ ${owner} .* .jupyter`));
    // In the volume, not in the container: the next server has them.
    await runtime.remove(id);
    const next = await engine.spec('true', { workspaceId: id, folder: spec.folder });
    await runtime.create(next, signal);
    expect(await all(runtime.readHome(id, ['.profile'], limit, signal))).toEqual([given.at(-1)]);
  });

  it('replaces what is there, and reads a server that has ended', async () => {
    const { runtime } = engine;
    const spec = await engine.spec(
      'mkdir -p $HOME/.jupyter/lab; echo old > $HOME/.jupyter/lab/x; echo y > $HOME/.jupyter/y',
    );
    await launch(engine, spec);
    await ended(engine, spec);
    const id = spec.workspaceId;
    await runtime.writeHome(id, [file('.jupyter/lab/x', 'new')], signal);
    const found = await all(runtime.readHome(id, ['.jupyter'], limit, signal));
    expect(found.map(({ path, content }) => [path, content.toString()])).toEqual([
      ['.jupyter/lab/x', 'new'],
      ['.jupyter/y', 'y\n'],
    ]);
  });

  it('neither reads nor follows links', async () => {
    const { runtime } = engine;
    const links =
      'echo mine > /work/secret; cd $HOME; ln -s /work .jupyter; ln -s /work/secret .bashrc; mkdir d; ln -s /work/secret d/l; echo f > d/f; ln -s /etc d/e';
    const spec = await engine.spec(links);
    await launch(engine, spec);
    await ended(engine, spec);
    const id = spec.workspaceId;
    const found = await all(runtime.readHome(id, ['.jupyter', '.jupyter/secret', '.bashrc', 'd'], limit, signal));
    expect(found.map(({ path }) => path)).toEqual(['d/f']);

    const bad = ['.jupyter/planted', '.bashrc', 'd/l', 'd/e/passwd', 'd'];
    const { skipped } = await runtime.writeHome(
      id,
      [...bad.map((path) => file(path, 'bad')), file('d/g', 'g')],
      signal,
    );
    // Podman shows a link that leads out of the volume as nothing at all: a file of that name takes the link's place.
    expect(skipped).toEqual(name === 'docker' ? bad : ['d']);
    expect(readdirSync(spec.folder)).toEqual(['secret']);
    expect(existsSync(join(spec.folder, 'planted'))).toBe(false);
    expect(readFileSync(join(spec.folder, 'secret'), 'utf8')).toBe('mine\n');
    expect((await runtime.readFile(id, '/etc/passwd'))?.toString() ?? '').not.toContain('bad');
    const after = (await all(runtime.readHome(id, ['d'], limit, signal))).map(({ path }) => path);
    expect(after).toEqual(name === 'docker' ? ['d/f', 'd/g'] : ['d/e/passwd', 'd/f', 'd/g', 'd/l']);
  });

  it('sends more than one archive holds', async () => {
    const { runtime } = engine;
    const spec = await engine.spec('true');
    const id = spec.workspaceId;
    await runtime.create(spec, signal);
    const many = Array.from({ length: 7 }, (_, n) => file(`.big/${n}/x`, String(n).repeat(3_000_000)));
    expect(await runtime.writeHome(id, many, signal)).toEqual({ skipped: [] });
    const found = await all(runtime.readHome(id, ['.big'], limit, signal));
    // Not with toEqual, which looks at each byte by itself.
    expect(found.map(({ path, content }, n) => [path, content.equals(many[n]!.content)])).toEqual(
      many.map(({ path }) => [path, true]),
    );
    const reader = runtime.readHome(id, ['.big'], limit, signal);
    expect((await reader.next()).done).toBe(false);
    await reader.return(undefined);
    const large = [];
    for await (const one of runtime.readHome(id, ['.big/0', '.big/1'], 2_999_999, signal)) large.push(one);
    expect(large).toEqual(['.big/0/x', '.big/1/x'].map((path) => ({ path, size: 3_000_000, content: null })));
    // Who writes what it reads, file by file, is not held up by the reading.
    const copies = async function* () {
      for await (const one of runtime.readHome(id, ['.big'], limit, signal))
        if (one.content !== null) yield { ...one, path: `.trash/${one.path}` };
    };
    expect(await runtime.writeHome(id, copies(), signal)).toEqual({ skipped: [] });
    expect((await all(runtime.readHome(id, ['.trash/.big'], limit, signal))).length).toBe(7);
    // Who stops half-way holds nothing up.
    expect((await all(runtime.readHome(id, ['.big/6'], limit, signal))).length).toBe(1);
  });

  it('refuses paths that lead out of HOME', async () => {
    const spec = await engine.spec('true');
    await engine.runtime.create(spec, signal);
    for (const path of ['../x', '/etc/passwd', 'a/../../x', '.', 'a\0b']) {
      await expect(all(engine.runtime.readHome(spec.workspaceId, [path], limit, signal))).rejects.toThrow(TypeError);
      await expect(engine.runtime.writeHome(spec.workspaceId, [file(path, 'x')], signal)).rejects.toThrow(TypeError);
    }
  });

  it('ends when it is cancelled, and when its source fails', async () => {
    const { runtime } = engine;
    const spec = await engine.spec('true');
    const id = spec.workspaceId;
    await runtime.create(spec, signal);
    const abort = new AbortController();
    const endless = async function* () {
      for (let n = 0; ; n += 1) {
        yield file(`f${n}`, 'x'.repeat(1000));
        if (n === 50) abort.abort();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    const cancelled = await runtime.writeHome(id, endless(), abort.signal).then(() => undefined, toProblem);
    expect(cancelled).toMatchObject({ reason: 'cancelled' });
    const broken = async function* () {
      yield file('g', 'x');
      await Promise.resolve();
      throw new Error('the source broke');
    };
    await expect(runtime.writeHome(id, broken(), signal)).rejects.toThrow('the source broke');
    // The container is as good as before.
    expect(await runtime.writeHome(id, [file('h', 'h')], signal)).toEqual({ skipped: [] });
    expect((await all(runtime.readHome(id, ['h'], limit, signal))).length).toBe(1);
    const early = runtime.readHome(id, ['h'], limit, AbortSignal.abort());
    await expect(all(early)).rejects.toMatchObject({ problem: { reason: 'cancelled' } });
  });
});
