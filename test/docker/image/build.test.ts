/** How images come about: only what changed is built, by either builder, trusting whom it is told to; and the seed's own. */
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainBuildProblem } from '../../../main/image/steps';
import { probeProblem, probeScript, readProbe } from '../../../main/image/probe';
import { entrypointFile, ownImageFacts, serverCommand } from '../../../main/image/serverCommand';
import { LabdockError } from '../../../main/common/problem';
import type { Kernel } from '../../../main/image/model';
import { Images } from '../../../main/workspace/images';
import type { WorkspaceDraft } from '../../../main/workspace/model';
import type { Local } from '../../../main/workspace/parts';
import { Remembered } from '../../../main/workspace/remembered';
import { paths } from '../../../main/runtime/runtime';
import type { Recipe } from '../../../main/image/recipe';
import { startPodman } from '../../harness/podman';
import { authority } from '../../unit/image/samples';
import { kernel, Workbench } from './workbench';

/** Several environments are made, on two cores that may have other work. */
const long = 900_000;

let bench: Workbench;
beforeAll(async () => {
  bench = await Workbench.open();
});
afterAll(() => bench?.close());

/** When an environment was made: its list of packages is written then, and every later copy keeps the time. */
async function madeAt(image: string, names: string[], on = bench): Promise<Record<string, string>> {
  const files = names.map((name) => `/opt/conda/envs/${name}/share/labdock/packages.txt`);
  const said = await on.once(image, ['--entrypoint', 'stat'], '-c', '%.Y', ...files);
  const times = said.stdout.trim().split('\n');
  return Object.fromEntries(names.map((name, at): [string, string] => [name, times[at] ?? '']));
}

const built = ({ name, labels }: Recipe) => ({ image: name, environments: labels['io.labdock.environments']! });

describe('editing kernels', () => {
  const names = ['first', 'second', 'third', 'lab'];
  it('builds the edited one and no other, wherever it stands', { timeout: long }, async () => {
    // Of this run: what an earlier one left in the builder's cache does not fit.
    const run = `py-${Date.now().toString(36)}`;
    const [first, second, third] = [kernel('first', '3.13'), kernel('second', '2.7'), kernel('third', '2.7')];
    const bare = bench.recipe([first, second, third]);
    await bench.build(bare);
    const before = await madeAt(bare.name, names);

    const renamed = bench.recipe([{ ...first, displayName: run }, second, third]);
    await bench.build(renamed);
    expect(await madeAt(renamed.name, names)).toEqual(before);

    const edited = bench.recipe([{ ...first, displayName: run, pip: ['six'] }, second, third]);
    await bench.build(edited);
    const after = await madeAt(edited.name, names);
    expect(after).toEqual({ ...before, first: after['first'] });
    expect(after['first']).not.toBe(before['first']);

    // From here on the image before is known: the edited one is made in place, and copied out of there when another one is.
    const inPlace = bench.recipe([{ ...first, displayName: run, pip: ['attrs'] }, second, third], {
      known: { before: built(edited) },
    });
    expect(inPlace.dockerfile).not.toContain('kernel-first');
    await bench.build(inPlace);
    const then = await madeAt(inPlace.name, names);
    expect(then).toEqual({ ...after, first: then['first'] });
    expect(then['first']).not.toBe(after['first']);

    const last = bench.recipe([{ ...first, displayName: run, pip: ['attrs'] }, second, { ...third, pip: ['six'] }], {
      known: { before: built(inPlace) },
    });
    expect(last.sources).toEqual([inPlace.name]);
    // Only under a name that no registry is asked for, and that goes again.
    expect(last.dockerfile).toContain(`COPY --from=localhost/${inPlace.name} `);
    await bench.build(last);
    expect((await bench.store().find(inPlace.name))!.names).toEqual([inPlace.name]);
    const end = await madeAt(last.name, names);
    expect(end).toEqual({ ...then, third: end['third'] });
    expect(end['third']).not.toBe(then['third']);
  });

  it('builds nothing that exists', async () => {
    const recipe = bench.recipe([kernel('second', '2.7')]);
    const { image } = await bench.build(recipe);
    const { image: again, lines } = await bench.build(bench.recipe([kernel('second', '2.7')]));
    expect(again.id).toBe(image.id);
    expect(lines).toEqual([]);
  });

  it('says which kernel has a package that does not exist', async () => {
    const recipe = bench.recipe([
      kernel('second', '2.7'),
      { ...kernel('wrong', '2.7'), conda: ['no-such-package-labdock'] },
    ]);
    const error = await bench.build(recipe).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LabdockError);
    expect((error as LabdockError).problem).toMatchObject({
      reason: 'package-not-found',
      params: { package: expect.stringContaining('no-such-package-labdock') as unknown, kernel: 'wrong' },
    });
  });

  it('says that a base has no conda', async () => {
    const name = 'labdock-test/no-conda:image-test';
    const docker = `FROM ${bench.base.reference}\nRUN mv /opt/conda /opt/aside\nENV PATH=/usr/bin:/bin\n`;
    await buildByHand(name, docker);
    const error = await bench
      .build(bench.recipe([kernel('a', '2.7')], { base: name }))
      .catch((thrown: unknown) => thrown);
    const problem = explainBuildProblem((error as LabdockError).problem, name);
    expect(problem).toMatchObject({ reason: 'base-without-conda', params: { reference: name } });
  });
});

describe('a workspace', () => {
  it('is built anew from what is there, when an image of it was removed by hand', { timeout: long }, async () => {
    const proxy = { http: '', https: '', noProxy: '' };
    const build = { base: bench.base.reference, channels: bench.base.channels, caBundle: '', proxy };
    const resources = join(import.meta.dirname, '../../../resources');
    const images = new Images(resources, new Remembered(tmpdir()), () => build);
    const run = `py-${Date.now().toString(36)}`;
    const call = { signal: AbortSignal.timeout(long), onProgress: () => undefined };
    const bring = async (kernels: Kernel[]) => {
      const draft = { id: 'one', image: { kind: 'build' }, kernels } as WorkspaceDraft & { id: string };
      const wanted = await images.wanted(draft);
      const image = await wanted.bring({ images: bench.store() } as Partial<Local> as Local, call);
      bench.remember(wanted.name!);
      return { name: wanted.name!, environments: image.labels['io.labdock.environments']!.split(' ').slice(1) };
    };
    // Display names of this run: the images are its own.
    const named = (name: string, pip: string[]) => ({ ...kernel(name, '2.7', pip), displayName: run });
    await bring([named('first', []), named('second', [])]);
    const edited = await bring([named('first', ['six']), named('second', [])]);
    expect(edited.environments).toEqual([expect.stringMatching(/^second:.*@stage$/), expect.stringMatching(/@here$/)]);
    await bench.cli('rmi', '-f', edited.name);

    const last = await bring([named('first', ['six']), named('second', ['six'])]);
    expect(last.environments).toEqual([expect.stringMatching(/^first:.*@stage$/), expect.stringMatching(/@here$/)]);
    const packages = '/opt/conda/envs/*/share/labdock/packages.txt';
    const said = await bench.once(last.name, ['--entrypoint', 'sh'], '-c', `grep -lw six ${packages}`);
    expect(said.stdout).toContain('/first/');
    expect(said.stdout).toContain('/second/');
  });
});

describe('the classic builder, with an extra authority', () => {
  it('makes the same image, which trusts it from the start', { timeout: long }, async () => {
    const recipe = bench.recipe([kernel('second', '2.7')], { caBundlePem: authority });
    await bench.build(recipe, 'classic');
    const script = [
      'tail -n 12 "$PIP_CERT"; echo; wc -l < "$SSL_CERT_FILE"; cat "$NODE_EXTRA_CA_CERTS"',
      'stat -c "%a %n" /opt/conda/envs/second /opt/conda/envs /home/labdock /work /etc/passwd',
    ].join('\n');
    const said = await bench.once(recipe.name, ['--user', '1234:1234', '--group-add', '0'], 'sh', '-c', script);
    expect(said.stdout.split(authority)).toHaveLength(3);
    expect(said.stdout).toContain(
      '775 /opt/conda/envs/second\n775 /opt/conda/envs\n775 /home/labdock\n775 /work\n664 /etc/passwd\n',
    );
    expect(Number(/^(\d+)$/m.exec(said.stdout)![1])).toBeGreaterThan(authority.split('\n').length);
    const history = await bench.cli('history', '--no-trunc', '--format', '{{.CreatedBy}}', recipe.name);
    expect(history.stdout).not.toContain('PROXY');
    // The environment made in place, and one copied out of an image: what an edit or two leave behind.
    const inPlace = bench.recipe([kernel('second', '2.7', ['six'])], {
      caBundlePem: authority,
      known: { before: built(recipe) },
    });
    await bench.build(inPlace, 'classic');
    const more = bench.recipe([kernel('second', '2.7', ['six']), kernel('third', '2.7')], {
      caBundlePem: authority,
      known: { others: [built(inPlace)] },
    });
    expect([inPlace.sources, more.sources]).toEqual([[], [inPlace.name]]);
    await bench.build(more, 'classic');
    expect(await madeAt(more.name, ['second'])).toEqual(await madeAt(inPlace.name, ['second']));
    expect(await madeAt(inPlace.name, ['lab'])).toEqual(await madeAt(recipe.name, ['lab']));
    const server = await bench.serve(more.name, ['--user', '1234:1234', '--group-add', '0']);
    const [said27] = await bench.inKernel(
      server,
      'second',
      [{ code: 'import sys; print(sys.version_info[0])' }],
      '/opt/conda/envs/lab/bin/python',
    );
    expect(said27).toEqual({ text: '2\n', error: null });
  });
});

describe('Podman', () => {
  it('builds the same Dockerfile', { timeout: long }, async () => {
    const podman = await startPodman();
    const there = await Workbench.open(podman.socket);
    try {
      const recipe = there.recipe([kernel('second', '2.7')]);
      const { image } = await there.build(recipe);
      expect(image.labels).toMatchObject(recipe.labels);
      expect([image.user, image.entrypoint.at(-1)]).toEqual(['1000:0', paths.entrypoint]);
      const modes = 'stat -c "%a %n" /opt/conda/envs/second /home/labdock /work; ';
      const said = await there.store().run({
        image: recipe.name,
        entrypoint: ['/bin/sh', '-c', modes + probeScript],
        command: [],
        timeoutMs: 120_000,
      });
      expect(said.stdout).toContain('775 /opt/conda/envs/second\n775 /home/labdock\n775 /work\n');
      expect(serverCommand(readProbe(said.stdout))).toEqual(serverCommand(ownImageFacts));

      const inPlace = there.recipe([kernel('second', '2.7', ['six'])], { known: { before: built(recipe) } });
      const more = there.recipe([kernel('second', '2.7', ['six']), kernel('third', '2.7')], {
        known: { others: [built(inPlace)] },
      });
      expect([inPlace.sources, more.sources]).toEqual([[], [inPlace.name]]);
      await there.build(inPlace);
      await there.build(more);
      expect(await madeAt(more.name, ['second'], there)).toEqual(await madeAt(inPlace.name, ['second'], there));
    } finally {
      await there.close();
      await podman.stop();
    }
  });
});

/** The document's Dockerfile, letter for letter. Its base is not to be had here, so the stand-in bears its name meanwhile. */
const seed = `FROM continuumio/miniconda3

# Install jupyter server
WORKDIR /app
RUN conda install -c conda-forge jupyter_server
RUN conda run jupyter server --generate-config --allow-root -y

# Make RUN commands use the new environment:
RUN conda create -n py38 python=3.8
SHELL ["conda", "run", "-n", "py38", "/bin/bash", "-c"]
RUN python3 -m pip install ipykernel
RUN python3 -m ipykernel install --user --name python3 --display-name "python3.8"

RUN conda create -n py27 python=2.7
SHELL ["conda", "run", "-n", "py27", "/bin/bash", "-c"]
RUN python2 -m pip install ipykernel
RUN python2 -m ipykernel install --user --name python2 --display-name "python2.7"

EXPOSE 8888

ENTRYPOINT ["conda", "run", "--no-capture-output", "jupyter", "server","--allow-root", "--ip=0.0.0.0"]
`;

async function buildByHand(name: string, dockerfile: string): Promise<void> {
  // The command line's own way, so that these images owe nothing to the product.
  const input = Buffer.from(dockerfile);
  execFileSync('docker', ['build', '-q', '-t', name, '-'], {
    input,
    stdio: ['pipe', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
  });
  bench.remember(name);
}

describe("the seed's image, as it stands", () => {
  it('is built, probed, and its server and both kernels run as it means them to', { timeout: long }, async () => {
    const miniconda = 'continuumio/miniconda3:latest';
    // A real one on this machine is used as it is, and stays; a stand-in that a killed run left is made again.
    const label = '{{index .Config.Labels "io.labdock.test"}}';
    const present = await bench.cli('image', 'inspect', '-f', label, miniconda);
    if (present.code !== 0 || present.stdout.trim() === 'standin-conda') {
      const substitute = 'RUN echo "3.8=3.13" > /opt/standin-conda/substitute';
      await buildByHand(miniconda, `FROM ${bench.base.reference}\n${substitute}\n`);
    }
    const image = 'labdock-test/seed:image-test';
    await buildByHand(image, seed);

    const probe = await bench
      .store()
      .run({ image, entrypoint: ['/bin/sh', '-c', probeScript], command: [], timeoutMs: 120_000 });
    const facts = readProbe(probe.stdout);
    expect(facts).toMatchObject({ uid: 0, home: '/root', homeKernels: ['python2', 'python3'], homeReadable: false });
    expect(probeProblem(facts, image)).toEqual({ reason: 'image-without-lab', params: { reference: image } });

    const { command, init, env, wantsRoot } = serverCommand(facts, image);
    expect([init, wantsRoot]).toEqual([true, true]);
    const variables = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
    const [entrypoint, program] = command as [string, string];
    const options = ['--init', '--user', '0:0', '--entrypoint', entrypoint, '-e', 'HOME=/home/labdock', ...variables];
    const server = await bench.serve(
      image,
      options,
      [program, '--allow-root', '--ip=0.0.0.0'],
      [entrypointFile(bench.parts)],
    );
    const python = `${program.replace(/\/[^/]+$/, '')}/python`;
    for (const [name, major] of [
      ['python3', '3'],
      ['python2', '2'],
    ] as const) {
      const [said] = await bench.inKernel(server, name, [{ code: 'import sys; print(sys.version_info[0])' }], python);
      expect(said).toEqual({ text: `${major}\n`, error: null });
    }
    const began = Date.now();
    await bench.cli('stop', '-t', '30', server.id);
    expect(Date.now() - began).toBeLessThan(10_000);
  });
});
