import fc from 'fast-check';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';
import { beforeAll, describe, expect, it } from 'vitest';
import { contextTar } from '../../../main/image/context';
import type { Kernel } from '../../../main/image/model';
import { loadParts, type ImageParts } from '../../../main/image/parts';
import { makeRecipe, type Recipe } from '../../../main/image/recipe';
import { paths } from '../../../main/runtime/runtime';
import { authority, build, kernel, resources } from './samples';

let parts: ImageParts;
beforeAll(async () => {
  parts = await loadParts(resources);
});

const three = () => [kernel('one', { pip: ['six'] }), kernel('two'), kernel('three', { version: '2.7' })];
const recipe = (kernels: Kernel[] = three(), more: Partial<Parameters<typeof makeRecipe>[0]> = {}) =>
  makeRecipe({ kernels, build: build(), parts, ...more });
const content = ({ files }: Recipe, path: string) => files.find((file) => file.path === path)?.content;

describe('the name', () => {
  it('says what is in it, and nothing of the order things are listed in', () => {
    const { name, hash, labels } = recipe();
    expect(name).toBe(`labdock/workspace:${hash}`);
    expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(labels['io.labdock.recipe']).toBe(hash);
    const [one, two, last] = three() as [Kernel, Kernel, Kernel];
    expect(recipe([one, last, two]).hash).toBe(hash);
    const listed = kernel('one', { conda: ['b', 'a'], pip: ['d', 'c'] });
    const otherwise = kernel('one', { conda: ['a', 'b', 'a'], pip: ['c', 'd'] });
    expect(recipe([listed]).hash).toBe(recipe([otherwise]).hash);
  });

  it('changes with everything that goes in', () => {
    const [one, two, last] = three() as [Kernel, Kernel, Kernel];
    const changed = [
      recipe([two, one, last]), // another default kernel
      recipe([one, two]),
      recipe([{ ...one, displayName: 'Eins' }, two, last]),
      recipe([{ ...one, conda: ['numpy'] }, two, last]),
      recipe([{ ...one, pip: [] }, two, last]),
      recipe([{ ...one, version: '3.12' }, two, last]),
      recipe(three(), { base: 'example.org/other:2' }),
      recipe(three(), { build: build({ channels: ['conda-forge', 'bioconda'] }) }),
      recipe(three(), { build: build({ channels: ['bioconda', 'conda-forge'] }) }),
      recipe(three(), { caBundlePem: authority }),
      recipe(three(), { parts: { ...parts, template: `${parts.template}\n# more` } }),
      recipe(three(), {
        parts: { ...parts, files: parts.files.map((file) => ({ ...file, content: `${file.content}\n` })) },
      }),
    ].map(({ hash }) => hash);
    expect(new Set([recipe().hash, ...changed]).size).toBe(changed.length + 1);
  });

  it('does not change with how the build reaches the network', () => {
    const proxy = { http: 'http://proxy.example:3128', https: '', noProxy: 'localhost,.example' };
    const behind = recipe(three(), { build: build({ proxy }) });
    expect(behind.hash).toBe(recipe().hash);
    expect(behind.buildArgs).toMatchObject({
      HTTP_PROXY: proxy.http,
      http_proxy: proxy.http,
      NO_PROXY: proxy.noProxy,
      no_proxy: proxy.noProxy,
    });
    expect(behind.buildArgs).not.toHaveProperty('HTTPS_PROXY');
    expect(JSON.stringify([behind.files, behind.labels])).not.toContain('3128');
  });
});

describe('the build context', () => {
  const entries = async (made: Recipe) => {
    const found = new Map<string, { mode?: number; type?: string; text: string }>();
    const reader = extract();
    contextTar(made).pipe(reader);
    for await (const entry of reader) {
      const { name, mode, type } = entry.header;
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry) chunks.push(chunk as Uint8Array);
      found.set(name.replace(/\/$/, ''), { mode, type, text: Buffer.concat(chunks).toString() });
    }
    return found;
  };

  it('is the same bytes for the same recipe', async () => {
    const bytes = await Promise.all([recipe(), recipe()].map((made) => buffer(contextTar(made))));
    expect(bytes[0]!.length).toBeGreaterThan(5000);
    expect(bytes[0]!.equals(bytes[1]!)).toBe(true);
  });

  it('holds package lists, kernelspecs, programs and open folders', async () => {
    const found = await entries(recipe([kernel('py27', { version: '2.7', displayName: '파이썬 "2"', pip: ['six'] })]));
    expect(found.get('kernels/py27/conda.txt')!.text).toBe('python=2.7\npip\nipykernel=4\n');
    expect(found.get('kernels/py27/pip.txt')!.text).toBe('six\n');
    const spec = 'system/usr/local/share/jupyter/kernels/py27';
    expect(JSON.parse(found.get(`${spec}/kernel.json`)!.text)).toMatchObject({
      display_name: '파이썬 "2"',
      argv: [
        '/opt/labdock/bin/kernel',
        '/opt/conda/envs/py27',
        'python',
        '-m',
        'ipykernel_launcher',
        '-f',
        '{connection_file}',
      ],
      metadata: { debugger: false },
    });
    expect(found.get(`${spec}/logo-svg.svg`)!.text).toContain('>2.7</text>');
    expect(found.get(`system${paths.entrypoint}`)).toMatchObject({ mode: 0o755 });
    expect(found.get(`system${paths.home}`)).toMatchObject({ type: 'directory', mode: 0o775 });
    expect(found.get(`system${paths.work}`)).toMatchObject({ type: 'directory', mode: 0o775 });
    expect(found.get('Dockerfile')!.text).toContain('kernel-py27');
  });
});

describe('the Dockerfile', () => {
  it('trusts an extra authority only when there is one', () => {
    expect(recipe().dockerfile).not.toContain('PIP_CERT');
    const trusting = recipe(three(), { caBundlePem: authority });
    expect(trusting.dockerfile).toContain('PIP_CERT');
    expect(content(trusting, 'ca/extra.pem')).toBe(authority);
  });

  it('leaves no directive and no placeholder behind', () => {
    expect(recipe(three(), { caBundlePem: authority }).dockerfile).not.toMatch(/^#:|\{\{/m);
  });

  describe('with images that were built before', () => {
    const label = (made: Recipe) => made.labels['io.labdock.environments']!;
    const built = (made: Recipe) => ({ image: made.name, environments: label(made) });
    /** `one@stage`, in the order of the last stage, as the Dockerfile itself says it. */
    const origins = ({ dockerfile }: Recipe) =>
      [...dockerfile.slice(dockerfile.indexOf('AS workspace')).matchAll(lastStage)].map(([, from, copied, made]) =>
        made
          ? `${made}@here`
          : `${copied}@${from!.startsWith('kernel-') ? 'stage' : from!.replace(/^localhost\//, '')}`,
      );
    const lastStage = /COPY --from=(\S+) \/opt\/conda\/envs\/(\w+)|make-environment", "(\w+)"/g;
    const stages = ({ dockerfile }: Recipe) => [...dockerfile.matchAll(/AS kernel-(\w+)/g)].map((m) => m[1]);
    const [one, two, last] = three() as [Kernel, Kernel, Kernel];
    const edited = (kernel: Kernel, pip = 'attrs') => ({ ...kernel, pip: [pip] });
    let first: Recipe;
    let second: Recipe;
    beforeAll(() => {
      first = recipe();
      second = recipe([edited(one), two, last], { known: { before: built(first) } });
    });

    it('makes all side by side where none is there', () => {
      expect(origins(first)).toEqual(['three@stage', 'two@stage', 'one@stage']);
      expect(stages(first)).toEqual(['three', 'two', 'one']);
      expect(first.sources).toEqual([]);
    });

    it('makes the edited one in place, on what is unchanged', () => {
      expect(origins(second)).toEqual(['three@stage', 'two@stage', 'one@here']);
      expect(stages(second)).toEqual(['three', 'two']);
      const again = recipe([edited(one, 'docopt'), two, last], { known: { before: built(second) } });
      expect(origins(again)).toEqual(['three@stage', 'two@stage', 'one@here']);
    });

    it('leaves one that was made in place where it is, while nothing below it changes', () => {
      const known = { before: built(second) };
      const renamed = recipe([{ ...edited(one), displayName: 'Another' }, two, last], { known });
      expect(origins(renamed)).toEqual(['three@stage', 'two@stage', 'one@here']);
      const added = recipe([edited(one), two, last, kernel('four')], { known });
      expect(origins(added)).toEqual(['three@stage', 'two@stage', 'one@here', 'four@here']);
    });

    it('copies it out of its image when another one is edited, or removed', () => {
      const known = { before: built(second) };
      const third = recipe([edited(one), edited(two), last], { known });
      expect(origins(third)).toEqual(['three@stage', `one@${second.name}`, 'two@here']);
      expect(third.sources).toEqual([second.name]);
      const fourth = recipe([edited(one), edited(two, 'docopt'), last], { known: { before: built(third) } });
      expect(origins(fourth)).toEqual(['three@stage', `one@${second.name}`, 'two@here']);
      expect(origins(recipe([edited(one), last], { known }))).toEqual(['three@stage', `one@${second.name}`]);
    });

    it('takes the image before where the first one is gone, and builds anew where none is there', () => {
      const third = recipe([edited(one), edited(two), last], { known: { before: built(second) } });
      const kernels = [edited(one), edited(two), edited(last)];
      const known = { before: built(third), gone: new Set([second.name]) };
      expect(origins(recipe(kernels, { known }))).toEqual([`one@${third.name}`, `two@${third.name}`, 'three@here']);
      known.gone.add(third.name);
      expect(origins(recipe(kernels, { known }))).toEqual(['one@stage', 'two@stage', 'three@here']);
    });

    it("takes what another workspace's image has", () => {
      const other = recipe([edited(one), kernel('four')], { known: { others: [built(second)] } });
      expect(origins(other)).toEqual(['four@stage', `one@${second.name}`]);
    });

    it('takes nothing that was made on another base, and nothing that is not ours', () => {
      const known = { before: built(second), others: [{ image: 'x', environments: 'not ours at all' }] };
      const base = 'other/base:2';
      expect(origins(recipe([edited(one), two, last], { known, base }))).toEqual([
        'three@stage',
        'two@stage',
        'one@stage',
      ]);
    });

    it('gives the image the same name, wherever its environments come from', () => {
      expect(recipe([edited(one), two, last]).name).toBe(second.name);
    });
  });
});

describe('what a person types', () => {
  const hostile = [
    'a; rm -rf /',
    'a\nRUN rm -rf /',
    '$(id)',
    '`id`',
    '--file=/etc/passwd',
    '-r /etc/passwd',
    'a && b',
    'a | b',
    "a'b",
    'a"b',
    'a\\b',
    '../../etc',
    '',
    'a\u0000b',
    '한글;',
  ];

  it.each(hostile)('is refused before it reaches a Dockerfile: %j', (text) => {
    const refused: unknown = expect.objectContaining({
      problem: expect.objectContaining({ reason: 'field-invalid' }) as unknown,
    });
    expect(() => recipe([kernel(text)])).toThrow(refused);
    expect(() => recipe([kernel('a', { conda: [text] })])).toThrow(refused);
    expect(() => recipe([kernel('a', { pip: [text] })])).toThrow(refused);
    expect(() => recipe([kernel('a', { version: text })])).toThrow(refused);
    expect(() => recipe(three(), { base: text })).toThrow(refused);
    expect(() => recipe(three(), { build: build({ channels: [text] }) })).toThrow(refused);
  });

  it('stands in no instruction', () => {
    // The Dockerfile of three kernels is the same whatever their packages and display names are.
    const plain = recipe([kernel('one'), kernel('two'), kernel('three')]).dockerfile;
    const word = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}$/);
    const display = fc
      .string({ minLength: 1, maxLength: 40 })
      .filter((text) => text.trim() !== '' && !/\p{Cc}/u.test(text));
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 5 }),
        fc.array(word, { maxLength: 5 }),
        display,
        (conda, pip, displayName) => {
          const made = recipe([kernel('one', { conda, pip, displayName }), kernel('two'), kernel('three')]);
          expect(made.dockerfile).toBe(plain);
          for (const spec of pip) expect(content(made, 'kernels/one/pip.txt')!.split('\n')).toContain(spec);
          expect(
            (
              JSON.parse(content(made, 'system/usr/local/share/jupyter/kernels/one/kernel.json')!) as {
                display_name: string;
              }
            ).display_name,
          ).toBe(displayName.trim());
        },
      ),
    );
  });

  it('may be a channel with a dollar sign, which names no variable', () => {
    const made = recipe(three(), { build: build({ channels: ['https://mirror.example/a$HOME/b'] }) });
    expect(made.dockerfile).toContain('ARG CHANNELS="https://mirror.example/a\\$HOME/b"');
    expect(made.buildArgs['CHANNELS']).toBe('https://mirror.example/a$HOME/b');
  });
});
