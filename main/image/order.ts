/**
 * In which order the last stage copies the environments. A changed layer makes every layer above it anew, so what is
 * unchanged since the image before comes first, as it stood there; what is new or edited comes last. Pure.
 */
import { createHash } from 'node:crypto';
import { environmentKey } from './environment';
import type { Kernel } from './model';

/** Label of a built image: its environments in the order they were copied, `NAME:DIGEST`, separated by spaces. */
export const environmentsLabel = 'io.labdock.environments';

const entry = (kernel: Kernel) =>
  `${kernel.name}:${createHash('sha256').update(environmentKey(kernel)).digest('hex').slice(0, 12)}`;

/**
 * @param before the label of the image that was built last for this workspace, if there is one.
 * Without it the default kernel, to which people add most, is copied last.
 */
export function copyOrder(kernels: readonly Kernel[], before = ''): Kernel[] {
  const places = new Map(before.split(' ').map((kept, place) => [kept, place]));
  const place = (kernel: Kernel) => places.get(entry(kernel)) ?? places.size;
  return kernels.toReversed().sort((a, b) => place(a) - place(b));
}

export const environmentsOf = (ordered: readonly Kernel[]): string => ordered.map(entry).join(' ');
