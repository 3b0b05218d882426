/** The very Dockerfile that ships, built and run on a real engine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handInstalled, listPackagesCommand } from '../../../main/image/installed';
import { probeProblem, probeScript, readProbe } from '../../../main/image/probe';
import { ownImageFacts, serverCommand } from '../../../main/image/serverCommand';
import { paths } from '../../../main/runtime/runtime';
import { kernel, Workbench, type Server } from './workbench';

const python = '/opt/conda/envs/lab/bin/python';
const kernels = [kernel('py313', '3.13'), kernel('py27', '2.7')];
/** A uid no image knows, in group 0 as the runtimes have it. */
const stranger = ['--user', '1234:1234', '--group-add', '0'];
let bench: Workbench;
let image: string;

beforeAll(async () => {
  bench = await Workbench.open();
  const recipe = bench.recipe(kernels);
  const { image: built } = await bench.build(recipe);
  image = recipe.name;
  expect(built.labels).toMatchObject(recipe.labels);
});
afterAll(() => bench?.close());

describe('under any uid', () => {
  let server: Server;
  beforeAll(async () => {
    server = await bench.serve(image, stranger);
  });
  const sh = async (script: string) => (await bench.exec(server, 'sh', '-c', script)).stdout.trim();

  it('is at home: name, HOME, a runtime directory of its own', async () => {
    expect(await sh('whoami; touch ~/x && echo writable; echo $HOME')).toBe(`labdock\nwritable\n${paths.home}`);
    expect(await sh('stat -c %a /tmp/labdock-1234/runtime; ls /tmp/labdock-1234/runtime')).toMatch(
      /^700\n[^]*jpserver-\d+\.json/,
    );
    expect(await sh('cd /opt/conda/envs/py313 && touch x && rm x && echo writable')).toBe('writable');
  });

  it('answers its health check', async () => {
    expect((await bench.exec(server, '/opt/labdock/bin/healthcheck')).code).toBe(0);
  });

  it('offers exactly the kernels of the recipe, the first as default', async () => {
    const answer = await fetch(`${server.origin}/api/kernelspecs`, { headers: { Authorization: 'token t0ken' } });
    const specs = (await answer.json()) as {
      default: string;
      kernelspecs: Record<string, { resources: Record<string, string> }>;
    };
    expect(specs.default).toBe('py313');
    expect(Object.keys(specs.kernelspecs).sort()).toEqual(['py27', 'py313']);
    const logo = specs.kernelspecs['py313']!.resources['logo-svg']!;
    const picture = await fetch(`${server.origin}${logo}`, { headers: { Authorization: 'token t0ken' } });
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
  });

  it.each([
    ['py313', '3.13'],
    ['py27', '2.7'],
  ])('runs code in %s, in its activated environment, and can be interrupted', async (name, version) => {
    const facts = [
      'from __future__ import print_function',
      'import os, sys, subprocess',
      'print(".".join(map(str, sys.version_info[:2])), os.environ["CONDA_DEFAULT_ENV"], os.environ["CONDA_PREFIX"])',
      'print(subprocess.check_output(["sh", "-c", "command -v python"]).decode().strip())',
      'print(open("/proc/self/oom_score_adj").read().strip())',
    ].join('\n');
    const sleep = 'import time, sys\nprint("asleep")\nsys.stdout.flush()\ntime.sleep(60)';
    const [said, slept, after] = await bench.inKernel(
      server,
      name,
      [{ code: facts }, { code: sleep, interrupt: true }, { code: 'x = 6 * 7\nprint(x)' }],
      python,
    );
    const prefix = `/opt/conda/envs/${name}`;
    const lines = said!.text.trim().split('\n');
    expect(lines.slice(0, 2)).toEqual([`${version} ${name} ${prefix}`, `${prefix}/bin/python`]);
    // Memory pressure takes the kernel, not the server.
    expect(Number(lines[2])).toBeGreaterThanOrEqual(Number(await sh('cat /proc/1/oom_score_adj')) + 500);
    expect(slept).toMatchObject({ text: 'asleep\n', error: 'KeyboardInterrupt' });
    expect(after).toEqual({ text: '42\n', error: null });
  });

  it('names packages installed by hand, and only those', async () => {
    const list = async () =>
      handInstalled((await bench.exec(server, ...listPackagesCommand(['py313', 'py27']))).stdout);
    expect(await list()).toEqual([]);
    const wheel = `
import zipfile
with zipfile.ZipFile("/tmp/byhand-1.2-py3-none-any.whl", "w") as z:
    z.writestr("byhand.py", "")
    z.writestr("byhand-1.2.dist-info/METADATA", "Metadata-Version: 2.1\\nName: byhand\\nVersion: 1.2\\n")
    z.writestr("byhand-1.2.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    z.writestr("byhand-1.2.dist-info/RECORD", "")
`;
    expect((await bench.exec(server, python, '-c', wheel)).code).toBe(0);
    const pip = [
      '/opt/conda/envs/py313/bin/python',
      '-m',
      'pip',
      'install',
      '--no-index',
      '/tmp/byhand-1.2-py3-none-any.whl',
    ];
    const installed = await bench.exec(server, ...pip);
    expect(installed.stderr).not.toContain('ERROR');
    expect(await list()).toEqual([{ kernel: 'py313', conda: [], pip: ['byhand==1.2'] }]);
  });

  it('probes as what it is, and starts with the command that follows', async () => {
    const probe = await bench
      .store()
      .run({ image, entrypoint: ['/bin/sh', '-c', probeScript], command: [], timeoutMs: 60_000 });
    const facts = readProbe(probe.stdout);
    expect(facts).toMatchObject({ uid: 1000, home: paths.home, homeKernels: [] });
    expect([facts.jupyterLab, facts.tini]).toEqual([ownImageFacts.jupyterLab, ownImageFacts.tini]);
    expect(facts.labVersion).toMatch(/^4\./);
    expect(Number(/^2\.(\d+)/.exec(facts.serverVersion!)![1])).toBeGreaterThanOrEqual(20);
    expect(probeProblem(facts, image)).toBeNull();
    expect(serverCommand(facts)).toEqual(serverCommand(ownImageFacts));
  });

  it('exits cleanly on SIGTERM, kernels included', async () => {
    const began = Date.now();
    await bench.cli('stop', '-t', '30', server.id);
    expect(Date.now() - began).toBeLessThan(10_000);
    const state = await bench.cli('inspect', '-f', '{{.State.ExitCode}} {{.State.OOMKilled}}', server.id);
    expect(state.stdout.trim()).toBe('0 false');
  });

  it('starts again after that, with the old runtime files gone', async () => {
    await bench.cli('start', server.id);
    server = await bench.ready(server.id);
    expect(await sh('ls /tmp/labdock-1234/runtime | grep -c jpserver-.*json')).toBe('1');
    expect(await sh('grep -c ^labdock /etc/passwd')).toBe('1');
  });
});

describe('elsewhere', () => {
  it('runs as uid 0 where it is allowed to', async () => {
    const { command } = serverCommand(ownImageFacts);
    const server = await bench.serve(image, ['--user', '0:0'], [command[4]!, '--allow-root', '--ip=0.0.0.0']);
    const [said] = await bench.inKernel(
      server,
      '',
      [{ code: 'import os; print(os.getuid(), os.environ["CONDA_DEFAULT_ENV"])' }],
      python,
    );
    expect(said).toEqual({ text: '0 py313\n', error: null });
  });

  it('finds a place where HOME cannot be written and no passwd line either', async () => {
    const readOnly = ['--user', '4321:4321', '--read-only', '--tmpfs', '/tmp:mode=1777'];
    const said = await bench.once(image, readOnly, 'sh', '-c', 'echo $HOME $USER; cd && touch x && echo writable');
    expect(said.stdout).toBe('/tmp/labdock-4321/home labdock\nwritable\n');
    expect(said.stderr).toContain(`labdock: home-unwritable: ${paths.home}`);
  });

  it('has no program that makes anybody root', async () => {
    const found = await bench.once(
      image,
      ['--user', '0:0', '--entrypoint', '/bin/sh'],
      '-c',
      'find / -xdev -type f -perm /6000',
    );
    expect(found).toMatchObject({ code: 0, stdout: '' });
  });

  it.each([
    ['c.ServerApp.port = 8888\nc.ServerApp.ip = = "x"\n', 2],
    ['if True:\nc.ServerApp.port = 1\n', 2],
    ['x = "unterminated', 1],
    ['a = 1\nb = "\xff"\n', 2],
  ])('says which line of a broken configuration is wrong: %j', async (text, line) => {
    const [, ...rest] = serverCommand(ownImageFacts).command.slice(2);
    const created = await bench.cli('create', ...stranger, image, ...rest.slice(1));
    const id = created.stdout.trim();
    try {
      const content = Buffer.from(text, 'latin1');
      await bench.put(id, [{ path: paths.config, content, mode: 0o400, uid: 1234 }]);
      const said = await bench.cli('start', '-a', id);
      expect(said.code).toBe(78);
      expect(said.stderr.trim()).toMatch(new RegExp(`^labdock: config-syntax: ${line}: \\S[^\\n]*$`));
    } finally {
      await bench.cli('rm', '-f', id);
    }
  });

  it('does not start on defaults when the configuration is missing', async () => {
    const said = await bench.once(image, stranger, ...serverCommand(ownImageFacts).command.slice(4));
    expect(said.code).toBe(78);
    expect(said.stderr.trim()).toBe('labdock: config-syntax: 0: No such file or directory');
  });

  it('takes a package line as one argument, whatever it holds', async () => {
    const script = [
      'mkdir -p /opt/labdock/build/evil; cd /opt/labdock/build/evil; : > pip.txt',
      'printf "%s\\n" "python=3.13" "a; touch /tmp/owned" "\\$(touch /tmp/owned)" "\\`touch /tmp/owned\\`" > conda.txt',
      'CHANNELS=conda-forge sh /opt/labdock/build/make-environment evil; echo first $?',
      'echo --file=/etc/passwd > conda.txt; CHANNELS=conda-forge sh /opt/labdock/build/make-environment evil; echo second $?',
      'echo python=3.13 > conda.txt; echo "-r /etc/passwd" > pip.txt; CHANNELS="c;touch,/tmp/owned" sh /opt/labdock/build/make-environment evil; echo third $?',
      'ls /tmp/owned',
    ].join('\n');
    const said = await bench.once(image, ['--user', '0:0', '--entrypoint', '/bin/sh'], '-c', script);
    expect(said.stdout).toMatch(/^first 1$/m);
    expect(said.stdout).toMatch(/^second 65$/m);
    expect(said.stdout).toMatch(/^third 65$/m);
    expect(said.stderr).toMatch(/InvalidMatchSpec/);
    expect(said.stderr).toMatch(/ls: cannot access '\/tmp\/owned'/);
  });
});
