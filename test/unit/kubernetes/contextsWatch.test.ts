import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { watchContexts } from '../../../main/runtime/kubernetes/contexts';

let folder: string;
let path: string;
let watching: { dispose(): void } | undefined;
const changed = vi.fn();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'labdock-watch-'));
  path = join(folder, '.kube', 'config');
});
afterEach(() => {
  watching?.dispose();
  changed.mockReset();
  rmSync(folder, { recursive: true, force: true });
});

async function begin(files = [path]) {
  watching = watchContexts(changed, files);
  await sleep(150);
}
const toldOf = (times: number) => vi.waitFor(() => expect(changed).toHaveBeenCalledTimes(times), { timeout: 3000 });

test('written, replaced, removed, made again: each is told once', async () => {
  mkdirSync(join(folder, '.kube'));
  writeFileSync(path, 'a: 1');
  await begin();
  writeFileSync(path, 'a: 2');
  await toldOf(1);
  writeFileSync(`${path}.new`, 'a: 3');
  renameSync(`${path}.new`, path);
  await toldOf(2);
  rmSync(path);
  await toldOf(3);
  writeFileSync(path, 'a: 4');
  await toldOf(4);
});

test('the folder itself may come and go', async () => {
  await begin();
  mkdirSync(join(folder, '.kube'));
  await sleep(300);
  writeFileSync(path, 'a: 1');
  await toldOf(1);
  rmSync(join(folder, '.kube'), { recursive: true });
  await toldOf(2);
  mkdirSync(join(folder, '.kube'));
  await sleep(300);
  writeFileSync(path, 'a: 2');
  await toldOf(3);
});

test('a link is watched where it leads', async () => {
  mkdirSync(join(folder, '.kube'));
  mkdirSync(join(folder, 'elsewhere'));
  writeFileSync(join(folder, 'elsewhere', 'real'), 'a: 1');
  symlinkSync(join(folder, 'elsewhere', 'real'), path);
  await begin();
  writeFileSync(join(folder, 'elsewhere', 'real'), 'a: 2');
  await toldOf(1);
});

test('the same content again, and other files of the folder, are no news', async () => {
  mkdirSync(join(folder, '.kube'));
  writeFileSync(path, 'a: 1');
  await begin();
  writeFileSync(path, 'a: 1');
  writeFileSync(join(folder, '.kube', 'cache'), 'x');
  await sleep(600);
  expect(changed).not.toHaveBeenCalled();
  watching?.dispose();
  writeFileSync(path, 'a: 2');
  await sleep(600);
  expect(changed).not.toHaveBeenCalled();
});
