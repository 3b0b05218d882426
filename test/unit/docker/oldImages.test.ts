import { describe, expect, it } from 'vitest';
import { removable, repositoryOf, type OwnImage } from '../../../main/runtime/docker/oldImages';

const now = 1_800_000_000_000;
const hour = 3600_000;
/** `age` in hours. */
const image = (name: string, age: number, names = [`labdock/workspace:${name}`]): OwnImage => ({
  id: `sha256:${name}`,
  names,
  recipe: name,
  sizeBytes: 1,
  created: (now - age * hour) / 1000,
});
const policy = { keep: new Set<string>(), newest: 2, olderThanMs: 24 * hour };
const none = new Set<string>();

describe('old images', () => {
  const aged = [image('e', 500), image('a', 30), image('b', 40), image('d', 400), image('c', 50)];

  it('keep the newest of those nobody wants', () => {
    expect(removable(aged, none, policy, now)).toEqual(['c', 'd', 'e'].map((name) => `labdock/workspace:${name}`));
  });

  it('stay when they are wanted by name or id, or a container is made from them, and do not count among the newest', () => {
    const keep = new Set(['labdock/workspace:a', 'sha256:c']);
    expect(removable(aged, new Set(['sha256:d']), { ...policy, keep }, now)).toEqual([]);
    expect(removable(aged, new Set(['sha256:d']), { ...policy, keep, newest: 1 }, now)).toEqual([
      'labdock/workspace:e',
    ]);
  });

  it('stay while they are young', () => {
    const young = [image('a', 1), image('b', 2), image('c', 3), image('d', 25)];
    expect(removable(young, none, policy, now)).toEqual(['labdock/workspace:d']);
  });

  it('are known under the long names Podman gives them', () => {
    const long = image('x', 400, ['docker.io/labdock/workspace:x']);
    expect(removable([long], none, { ...policy, newest: 0 }, now)).toEqual(['docker.io/labdock/workspace:x']);
    const keep = new Set(['labdock/workspace:x']);
    expect(removable([long], none, { ...policy, newest: 0, keep }, now)).toEqual([]);
  });

  it.each([
    ['labdock/workspace:1', 'labdock/workspace'],
    ['localhost/labdock/workspace:1', 'labdock/workspace'],
    ['docker.io/library/x:1', 'x'],
    ['127.0.0.1:5000/a/b', '127.0.0.1:5000/a/b'],
  ])('%s is in %s', (name, repository) => {
    expect(repositoryOf(name)).toBe(repository);
  });
});
