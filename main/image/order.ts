/**
 * Where the last stage has each environment from, and in which order. A changed layer makes every layer above it anew, so
 * what is unchanged since the image before comes first, as it stood there; what is new or edited comes last, and the last
 * of it is made in place: nothing of it is copied then. When another kernel is edited next, the one that was made in place is
 * copied out of the image it was made in. Where everything is new, all have stages of their own, which run side by side. Pure.
 */
import { createHash } from 'node:crypto';
import { environmentKey } from './environment';
import type { Kernel } from './model';

/** Label of a built image: what its environments are made on, and they in their order, `GROUND NAME:DIGEST@ORIGIN …`. */
export const environmentsLabel = 'io.labdock.environments';

/** A built image by name, and its {@link environmentsLabel}. */
export interface BuiltImage {
  image: string;
  environments: string;
}

/** `stage`: copied from a stage of its own. `here`: made in the last stage. Else copied out of the image of this name. */
export type Origin = 'stage' | 'here' | (string & {});

export interface Environment {
  kernel: Kernel;
  digest: string;
  origin: Origin;
}

export interface Known {
  /** 12 hex digits for what else environments are made of (base, channels, build scripts): with another one all are others. */
  ground: string;
  /** The image that was built last for this workspace. */
  before?: BuiltImage | undefined;
  /** Those of other workspaces. */
  others?: readonly BuiltImage[];
  /** Names of images that the engine does not have (any more). */
  gone?: ReadonlySet<string>;
}

/** Without an image before, the default kernel, to which people add most, comes last. */
export function arrange(kernels: readonly Kernel[], { ground, before, others = [], gone = new Set() }: Known) {
  const own = before ? parse(before, ground) : [];
  const elsewhere = others.flatMap((other) => parse(other, ground));
  const place = (digest: string) => {
    const found = own.findIndex((known) => known.digest === digest);
    return found < 0 ? own.length : found;
  };
  const ordered = kernels
    .toReversed()
    .map((kernel) => ({ kernel, digest: digestOf(environmentKey(kernel)) }))
    .sort((a, b) => place(a.digest) - place(b.digest));

  /** Nothing below it has changed: the builder has its layer still. */
  const stands = (at: number) => ordered.slice(0, at + 1).every(({ digest }, index) => own[index]?.digest === digest);
  const originOf = (digest: string, at: number): Origin => {
    const found = own.find((known) => known.digest === digest) ?? elsewhere.find((known) => known.digest === digest);
    if (found?.origin === 'stage') return 'stage';
    if (found?.origin === 'here' && own.includes(found) && stands(at)) return 'here';
    const source = found && [found.origin, found.image].find((name) => name !== 'here' && !gone.has(name));
    return source ?? (own.length > 0 && at === ordered.length - 1 ? 'here' : 'stage');
  };
  return ordered.map(({ kernel, digest }, at): Environment => ({ kernel, digest, origin: originOf(digest, at) }));
}

export const environmentsOf = (ground: string, arranged: readonly Environment[]): string =>
  [ground, ...arranged.map(({ kernel, digest, origin }) => `${kernel.name}:${digest}@${origin}`)].join(' ');

/** Images that environments are copied out of. */
export const sourcesOf = (arranged: readonly Environment[]): string[] => [
  ...new Set(arranged.map(({ origin }) => origin).filter((origin) => origin !== 'here' && origin !== 'stage')),
];

/** 12 hex digits of SHA-256. */
export const digestOf = (content: string): string => createHash('sha256').update(content).digest('hex').slice(0, 12);

const entry = /^[^:@]+:([0-9a-f]{12})@(stage|here|labdock\/workspace:[0-9a-f]+)$/;

/** What is no entry of ours names nothing. */
function parse({ image, environments }: BuiltImage, ground: string) {
  const [under, ...entries] = environments.split(' ');
  if (under !== ground) return [];
  return entries.flatMap((text): { digest: string; origin: Origin; image: string }[] => {
    const [, digest, origin] = entry.exec(text) ?? [];
    return digest && origin ? [{ digest, origin, image }] : [];
  });
}
