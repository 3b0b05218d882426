/** Packages installed by hand in a server, on real engines: named before their container goes, whether it runs or not. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { HandInstalled } from '../../../main/common/handInstalled';
import { createClient } from '../../../main/runtime/docker/client';
import { runCell } from './kernelClient';
import { freePort, ok, openBenchOn, type Bench } from './workbench';

/** With pip as it is; conda's records as conda leaves them, since the test's stand-in leaves none. */
const install = `
import json, pathlib, subprocess, sys
subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", "--disable-pip-version-check", "cowsay==6.1"])
prefix = pathlib.Path(sys.prefix)
site = next(prefix.glob("lib/python*/site-packages"))
info = site / "toolz-0.12.1.dist-info"
info.mkdir()
for name, text in {"INSTALLER": "conda", "REQUESTED": "", "METADATA": "Name: toolz"}.items():
    (info / name).write_text(text)
meta = prefix / "conda-meta"
meta.mkdir(exist_ok=True)
record = {"name": "toolz", "requested_spec": "toolz", "files": [str((info / "METADATA").relative_to(prefix))]}
(meta / "toolz-0.12.1-pyhd_0.json").write_text(json.dumps(record, indent=2))
# What comes along.
(meta / "zlib-1.3.1-h1_0.json").write_text(json.dumps({"name": "zlib", "requested_spec": "None", "files": []}, indent=2))
print("done")
`;
const found = [{ kernel: 'py313', conda: ['toolz=0.12.1'], pip: ['cowsay==6.1'] }];

describe.each(['docker', 'podman'] as const)('packages installed by hand on %s', (engine) => {
  let bench: Bench;
  const asked: (HandInstalled[] | null)[] = [];
  let answer: 'keep' | 'lose' | 'cancel' = 'cancel';
  beforeAll(async () => {
    bench = await openBenchOn(engine);
    bench.service.setFrontEnd({
      saveOpenDocuments: () => Promise.resolve({ unsaved: [] }),
      ask: () => Promise.resolve('proceed'),
      askToKeep: (_, packages) => {
        asked.push(packages);
        return Promise.resolve(answer);
      },
    });
  }, 900_000);
  afterAll(() => bench?.destroy());
  const walks = () =>
    bench.service.logs.tail(bench.id).lines.filter(({ text }) => text.includes('looking which')).length;
  const estimate = async (port: number) => {
    const { id } = bench;
    const { id: _id, wanted: _wanted, ...draft } = bench.state().workspace;
    return ok(
      await bench.service.procedures['workspace.estimate']({ id, draft: { ...draft, port }, passwordChanged: false }),
    );
  };

  test('the cost of a change names them, by tool, while the server runs and when it is stopped', async () => {
    expect(await runCell(await bench.start(), install)).toBe('done\n');
    const port = await freePort();
    expect(await estimate(port)).toMatchObject({ cost: 'recreate', handInstalled: found });
    await bench.stop();
    expect(await estimate(port)).toMatchObject({ cost: 'recreate', handInstalled: found, interrupts: false });
  }, 900_000);

  test('the same container started again: nothing is asked', async () => {
    const before = await bench.containers();
    await bench.start();
    await bench.stop();
    expect(await bench.containers()).toEqual(before);
    expect(asked).toEqual([]);
  });

  test('stopped, then another port: asked before anything is removed; declined, all is as it was', async () => {
    const before = await bench.containers();
    await bench.update({ port: await freePort() }, false);
    answer = 'cancel';
    await expect(bench.start()).rejects.toMatchObject({ problem: { reason: 'cancelled' } });
    expect(asked).toEqual([found]);
    expect(await bench.containers()).toEqual(before);
    expect(bench.state()).toMatchObject({ phase: 'stopped', workspace: { wanted: 'stopped' } });
  });

  test('kept: they are packages of their kernel, and there in the new container', async () => {
    const before = await bench.containers();
    answer = 'keep';
    const endpoint = await bench.start();
    expect(asked).toEqual([found, found]);
    expect(bench.state().workspace.kernels).toMatchObject([
      { name: 'py313', conda: ['toolz=0.12.1'], pip: ['cowsay==6.1'] },
    ]);
    expect(await bench.containers()).not.toEqual(before);
    const code = 'import cowsay, toolz; print(toolz.__version__)';
    expect(await runCell(endpoint, code)).toBe('0.12.1\n');
  }, 900_000);

  test('nothing beyond the image: made anew without a question, and without the engine’s long walk', async () => {
    await bench.stop();
    const before = await bench.containers();
    await bench.update({ port: await freePort() }, false);
    const walked = walks();
    await bench.start();
    expect(walks()).toBe(walked);
    expect(await bench.containers()).not.toEqual(before);
    expect(asked).toHaveLength(2);
  });

  test('the server was killed: they are found all the same; let go, they go', async () => {
    const code = 'import subprocess, sys; subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", "colorama==0.4.6"]); print("done")'; // prettier-ignore
    expect(await runCell(bench.service.endpoint(bench.id)!, code)).toBe('done\n');
    const before = await bench.containers();
    await createClient({ host: bench.host }).getContainer(before[0]!).kill();
    await bench.settled(({ phase }) => phase === 'stopped' || phase === 'failed');
    await bench.update({ resources: { memoryMiB: 2048, cpus: 0, gpu: 'none' } }, false);
    answer = 'lose';
    const endpoint = await bench.start();
    expect(asked.at(-1)).toEqual([{ kernel: 'py313', conda: [], pip: ['colorama==0.4.6'] }]);
    expect(asked).toHaveLength(3);
    expect(await bench.containers()).not.toEqual(before);
    expect(bench.state().workspace.kernels[0]!.pip).toEqual(['cowsay==6.1']);
    expect(await runCell(endpoint, 'import importlib.util as u; print(u.find_spec("colorama"))')).toBe('None\n');
  });

  test('a running server: asked once, before it is stopped', async () => {
    const code = 'import subprocess, sys; subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", "colorama==0.4.6"]); print("done")'; // prettier-ignore
    expect(await runCell(bench.service.endpoint(bench.id)!, code)).toBe('done\n');
    const before = await bench.containers();
    answer = 'cancel';
    await bench.update({ port: await freePort() }, true);
    await bench.settled(() => asked.length === 4);
    await bench.settled(({ pending }) => pending === 'recreate');
    expect(bench.state().phase).toBe('ready');
    expect(await bench.containers()).toEqual(before);
    answer = 'lose';
    ok(await bench.service.procedures['workspace.apply']({ id: bench.id }));
    await bench.settled(({ phase }) => phase !== 'ready');
    await bench.service.whenReady(bench.id);
    expect(asked).toHaveLength(5);
    expect(await bench.containers()).not.toEqual(before);
  });

  test('named where the change was made: only what was not is asked about', async () => {
    const add = (spec: string) =>
      `import subprocess, sys; subprocess.check_call([sys.executable, "-m", "pip", "install", "-q", "${spec}"]); print("done")`;
    expect(await runCell(bench.service.endpoint(bench.id)!, add('colorama==0.4.6'))).toBe('done\n');
    const letGo = [{ kernel: 'py313', conda: [], pip: ['colorama==0.4.6'] }];
    const before = await bench.containers();
    await bench.update({ port: await freePort() }, true, letGo);
    await bench.settled(({ phase }) => phase !== 'ready');
    const endpoint = await bench.service.whenReady(bench.id);
    expect(asked).toHaveLength(5);
    expect(await bench.containers()).not.toEqual(before);

    expect(await runCell(endpoint, add('colorama==0.4.6'))).toBe('done\n');
    expect(await runCell(endpoint, add('iniconfig==2.0.0'))).toBe('done\n');
    answer = 'cancel';
    await bench.update({ port: await freePort() }, true, letGo);
    await bench.settled(() => asked.length === 6);
    expect(asked.at(-1)).toEqual([{ kernel: 'py313', conda: [], pip: ['iniconfig==2.0.0'] }]);
  });
});
