import { afterEach, beforeEach, expect, test } from 'vitest';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { homeFileLimit, type HomeFile, type HomeStore } from '../../../main/workspace/move/home';
import { contents, put, sha256, trashed, TwoSides } from './twoSides';

/** HOME as a folder; the real one is a volume behind an engine. */
class FolderHome implements HomeStore {
  constructor(readonly root: string) {
    mkdirSync(root);
  }

  async *read(paths: readonly string[], limit: number): ReturnType<HomeStore['read']> {
    for (const path of paths) {
      const full = join(this.root, path);
      if (!existsSync(full)) continue;
      const stats = lstatSync(full);
      if (stats.isDirectory())
        yield* this.read(
          readdirSync(full).map((name) => `${path}/${name}`),
          limit,
        );
      else if (stats.size > limit) yield { path, size: stats.size, content: null };
      else yield { path, mode: stats.mode & 0o777, mtime: stats.mtimeMs / 1000, content: readFileSync(full) };
    }
  }

  async write(files: AsyncIterable<HomeFile>): Promise<void> {
    for await (const { path, mode, mtime, content } of files) {
      mkdirSync(dirname(join(this.root, path)), { recursive: true });
      writeFileSync(join(this.root, path), content);
      chmodSync(join(this.root, path), mode);
      utimesSync(join(this.root, path), mtime, mtime);
    }
  }
}

let sides: TwoSides;
let home: FolderHome;
beforeEach(() => {
  sides = new TwoSides();
  home = new FolderHome(join(sides.top, 'home'));
});
afterEach(() => sides.dispose());

const settings = '.jupyter/lab/user-settings/@jupyterlab/notebook-extension/tracker.jupyterlab-settings';
const layout = '.jupyter/lab/workspaces/default-37a8.jupyterlab-workspace';
const history = '.ipython/profile_default/history.sqlite';
const secret = '.local/share/jupyter/notebook_secret';
const trust = '.local/share/jupyter/nbsignatures.db';
const cookie = '.local/share/jupyter/runtime/jupyter_cookie_secret';

test("Lab's settings, layout, history and trust go along; the cookie secret does not", async () => {
  const all = {
    [settings]: '{"a":1}',
    [layout]: '{}',
    [history]: Buffer.alloc(700_000, 3),
    [secret]: 'key',
    [trust]: 'db',
  };
  put(home.root, { ...all, [cookie]: 'cookie', '.bashrc': 'mine', '.cache/pip/x': 'cache' });
  chmodSync(join(home.root, secret), 0o600);
  put(sides.local, { 'a.txt': 'a' });
  const moved = await sides.move('to-cluster', {}, { home });
  expect(moved).toMatchObject({ files: 1, homeFiles: 5 });
  expect(moved.homeProblem).toBeUndefined();
  const files = Object.keys(contents(sides.farHome)).filter((path) => !path.endsWith('/'));
  expect(files.sort()).toEqual(Object.keys(all).sort());
  expect(contents(sides.farHome)).toMatchObject({ [history]: sha256(all[history] as Buffer), [secret]: sha256('key') });
  expect(lstatSync(join(sides.farHome, secret)).mode & 0o777).toBe(0o600);
  // The second time there is nothing new.
  expect(await sides.move('to-cluster', {}, { home })).toMatchObject({ homeFiles: 0 });

  put(sides.farHome, { [settings]: '{"a":2}', [cookie]: 'another', [layout.replace('default', 'other')]: 'new' });
  expect(await sides.move('to-local', {}, { home })).toMatchObject({ homeFiles: 2 });
  expect(contents(home.root)).toMatchObject({
    [settings]: sha256('{"a":2}'),
    [layout.replace('default', 'other')]: sha256('new'),
    [cookie]: sha256('cookie'),
    '.bashrc': sha256('mine'),
  });
  expect(Object.values(trashed(home.root))).toContain(sha256('{"a":1}'));
  expect(existsSync(join(sides.local, '.labdock/staging-home'))).toBe(false);
});

test('what is replaced in the cluster goes to the trash of HOME', async () => {
  put(home.root, { [settings]: 'mine' });
  put(sides.farHome, { [settings]: 'theirs' });
  await sides.move('to-cluster', {}, { home });
  expect(contents(sides.farHome)[settings]).toBe(sha256('mine'));
  expect(Object.values(trashed(sides.farHome))).toContain(sha256('theirs'));
});

test('a history that is too large stays, and is named', async () => {
  put(home.root, { [settings]: 's', [history]: '' });
  const store: HomeStore = {
    write: (files) => home.write(files),
    async *read(paths, limit) {
      for await (const file of home.read(paths, limit))
        yield file.path === history ? { path: history, size: homeFileLimit + 1, content: null } : file;
    },
  };
  const moved = await sides.move('to-cluster', {}, { home: store });
  expect(moved).toMatchObject({
    homeFiles: 1,
    leftOut: [{ path: `~/${history}`, bytes: homeFileLimit + 1, why: 'too-large' }],
  });
});

test('a HOME that cannot be written is said, and the files have arrived', async () => {
  put(sides.far, { 'a.txt': 'a' });
  put(sides.farHome, { [settings]: 's' });
  const store: HomeStore = {
    read: (paths, limit) => home.read(paths, limit),
    write: async () => {
      throw new Error('no engine');
    },
  };
  const moved = await sides.move('to-local', {}, { home: store });
  expect(moved).toMatchObject({ files: 1, homeFiles: 0, homeProblem: { reason: 'unexpected' } });
  expect(contents(sides.local)).toEqual({ 'a.txt': sha256('a') });
  expect(await sides.move('to-local', {}, { home })).toMatchObject({ files: 0, homeFiles: 1 });
});
