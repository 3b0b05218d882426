import { describe, expect, it } from 'vitest';
import { handInstalledAtRest, type ContainerAtRest } from '../../../main/image/installedAtRest';

const created = Date.parse('2026-11-28T12:00:00Z');
const before = created - 60_000;
const after = created + 60_000;
const prefix = '/opt/conda/envs/py313';
const site = `${prefix}/lib/python3.13/site-packages`;
const meta = `${prefix}/conda-meta`;

function container(times: Record<string, number>, added: string[], files: Record<string, object | string> = {}) {
  const asked: string[] = [];
  const at: ContainerAtRest = {
    createdAt: () => Promise.resolve(created),
    modifiedAt: (path) => Promise.resolve(times[path] ?? null),
    added: () => {
      asked.push('added');
      return Promise.resolve(added);
    },
    read: (path) => {
      const file = files[path];
      return Promise.resolve(file === undefined ? null : Buffer.from(typeof file === 'string' ? file : JSON.stringify(file))); // prettier-ignore
    },
  };
  return { at, asked };
}
const kernels = [{ name: 'py313', version: '3.13' }];

describe('a container at rest', () => {
  it('as old as its image is asked no more than that', async () => {
    const { at, asked } = container({ [prefix]: before, [meta]: before, [site]: before }, ['/x']);
    expect(await handInstalledAtRest(kernels, at)).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('names what pip added, what was asked for before what came along', async () => {
    const { at } = container({ [meta]: before, [site]: after }, [
      `${site}/cowsay`,
      `${site}/cowsay-6.1.dist-info`,
      `${site}/cowsay-6.1.dist-info/REQUESTED`,
      `${site}/six-1.17.0.dist-info`,
      `${site}/six-1.17.0.dist-info/METADATA`,
      '/opt/conda/envs/lab/lib/python3.13/site-packages/other-1.dist-info',
      '/opt/conda/envs/py313x/lib/python3.13/site-packages/other-1.dist-info',
      '/work/site-packages/mine-1.dist-info',
    ]);
    expect(await handInstalledAtRest(kernels, at)).toEqual([{ kernel: 'py313', conda: [], pip: ['cowsay==6.1'] }]);
  });

  it("keeps conda's packages from pip's, by conda's own records", async () => {
    const dist = 'lib/python3.13/site-packages/python_dateutil-2.9.0.post0.dist-info';
    const { at } = container(
      { [meta]: after, [site]: after },
      [
        `${meta}/python-dateutil-2.9.0-pyhd_1.json`,
        `${meta}/six-1.17.0-pyhd_0.json`,
        `${prefix}/${dist}`,
        `${prefix}/${dist}/REQUESTED`,
        `${site}/polars-1.9.0.dist-info`,
        `${site}/polars-1.9.0.dist-info/REQUESTED`,
        `${site}/old_one-1.0-py2.7.egg-info`,
      ],
      {
        [`${meta}/python-dateutil-2.9.0-pyhd_1.json`]: { requested_spec: 'python-dateutil', files: [`${dist}/METADATA`, 'lib/x'] }, // prettier-ignore
        // Of what came along conda writes this.
        [`${meta}/six-1.17.0-pyhd_0.json`]: { requested_spec: 'None', files: [] },
      },
    );
    expect(await handInstalledAtRest(kernels, at)).toEqual([
      { kernel: 'py313', conda: ['python-dateutil=2.9.0'], pip: ['polars==1.9.0'] },
    ]);
  });

  it('names all where nothing was asked for by name, records that cannot be read among them', async () => {
    const { at } = container(
      { [meta]: after, [site]: before },
      [`${meta}/numpy-2.1.3-py313_0.json`, `${meta}/gone-1-0.json`, `${site}/old_one-1.0-py2.7.egg-info`],
      { [`${meta}/numpy-2.1.3-py313_0.json`]: '{' },
    );
    expect(await handInstalledAtRest(kernels, at)).toEqual([
      { kernel: 'py313', conda: ['numpy=2.1.3', 'gone=1'], pip: ['old_one==1.0'] },
    ]);
  });

  it.each([
    ['whose Python is not known by its minor version', '3', { [prefix]: before }, ['added']],
    ['made with another Python', '3.12', { [prefix]: before, [site]: before }, ['added']],
    ['that has no such environment', '3.13', {}, []],
  ])('%s is asked: %s', async (_, version, times, expected) => {
    const { at, asked } = container(times, []);
    expect(await handInstalledAtRest([{ name: 'py313', version }], at)).toEqual([]);
    expect(asked).toEqual(expected);
  });
});
