/** Progress of layers that are fetched or sent side by side. */

export interface LayerShare {
  /** Bytes; undefined until the engine says it. */
  size?: number | undefined;
  /** 0..1 */
  done: number;
}

/** One fraction of bytes; a layer that waits has no size yet and counts as an average one. undefined: no layers. */
export function mergedFraction(layers: readonly LayerShare[]): number | undefined {
  const sizes = layers.flatMap(({ size }) => (size === undefined ? [] : [size]));
  // Podman names sizes only of layers that take it longer than half a second.
  const average = sizes.length > 0 ? sizes.reduce((a, b) => a + b, 0) / sizes.length : 1;
  let sum = 0;
  let all = 0;
  for (const { size = average, done } of layers) {
    all += size;
    sum += size * done;
  }
  return all > 0 ? Math.min(1, sum / all) : undefined;
}

/** Layers carry a short hex id; other lines have a tag in its place, or none. */
export const isLayerId = (id: string): boolean => /^[0-9a-f]{12,64}$/.test(id.replace(/^sha256:/, ''));
