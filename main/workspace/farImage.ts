/** How a workspace's image gets to where a cluster's nodes can pull it: pushed from here, or published already. */
import { LabdockError } from '../common/problem';
import type { WorkspaceDraft } from './model';
import type { FarImage, WantedImage } from './parts';
import type { Remembered } from './remembered';

/** @param here how the image comes to this computer's engine, which pushes it */
export function farImage(
  { image, cluster }: WorkspaceDraft,
  here: WantedImage,
  remembered: Pick<Remembered, 'pushed' | 'setPushed'>,
): FarImage {
  if (image.kind === 'published') {
    return {
      reference: image.reference,
      architecture: '',
      pullPolicy: image.pull === 'always' ? 'Always' : 'IfNotPresent',
      push: () => Promise.resolve(image.reference),
    };
  }
  const repository = cluster?.repository ?? '';
  const key = here.name === undefined ? undefined : pushKey(here.name, repository);
  const known = key === undefined ? undefined : remembered.pushed(key);
  return {
    ...(known && { reference: known.reference }),
    architecture: known?.architecture ?? '',
    // Named by digest: what is there under it is what was pushed.
    pullPolicy: 'IfNotPresent',
    async push(local, info, call) {
      if (repository === '') throw new LabdockError('repository-missing');
      const { digest } = await local.images.push(info.id, `${repository}:${tagOf(here.name ?? info.id)}`, call);
      const reference = `${repository}@${digest}`;
      const name = here.name ?? info.id;
      remembered.setPushed(pushKey(name, repository), { reference, architecture: info.architecture });
      return reference;
    },
  };
}

const pushKey = (name: string, repository: string) => `${name}|${repository}`;

/** The recipe's hash of our own names (`labdock/workspace:HASH`), the beginning of an id else. */
export function tagOf(name: string): string {
  const last = name.split(/[:/]/).at(-1) ?? '';
  return /^[\w][\w.-]{0,127}$/.test(last) ? last.slice(0, 40) : 'image';
}
