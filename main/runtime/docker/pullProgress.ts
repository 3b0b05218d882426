/** A pull's progress per layer, merged to one fraction of bytes that never goes back. */
import type { ImageProgress } from '../runtime';
import { isLayerId, mergedFraction } from './layerProgress';
import type { EngineMessage } from './ndjson';

interface Layer {
  /** Bytes, compressed; undefined until the engine says it. */
  size?: number;
  /** 0..1 of each half of the work. */
  fetched: number;
  unpacked: number;
}

/** Of the time a layer takes; unpacking writes more bytes but from a local disk. */
const fetchShare = 0.75;

export class PullProgress {
  readonly #layers = new Map<string, Layer>();
  #fraction = 0;

  push(message: EngineMessage): ImageProgress[] {
    if (message.stray !== undefined || message.stream !== undefined) {
      return [{ line: (message.stray ?? message.stream ?? '').trimEnd() }];
    }
    const { status, id, progressDetail } = message;
    if (!status) return [];
    const layer = id !== undefined ? this.#layer(id, status) : undefined;
    if (!layer) return [{ line: id ? `${id}: ${status}` : status }];
    const { current = 0, total = 0 } = progressDetail ?? {};
    const share = total > 0 ? Math.min(1, current / total) : 0;
    if (status === 'Downloading') {
      if (total > 0) layer.size = total;
      layer.fetched = Math.max(layer.fetched, share);
    } else if (status === 'Extracting') {
      layer.size ??= total || undefined;
      layer.fetched = 1;
      layer.unpacked = Math.max(layer.unpacked, share);
    } else if (/^(?:Verifying Checksum|Download complete)$/.test(status)) {
      layer.fetched = 1;
    } else if (/^(?:Pull complete|Already exists)$/.test(status)) {
      layer.fetched = layer.unpacked = 1;
    }
    const before = this.#fraction;
    this.#fraction = Math.max(before, this.#merged());
    const counts = progressDetail?.current !== undefined;
    return [
      ...(counts ? [] : [{ line: `${id}: ${status}` }]),
      ...(this.#fraction > before ? [{ fraction: this.#fraction }] : []),
    ];
  }

  /** The first line (`1.2: Pulling from library/x`) has the tag in the id's place. */
  #layer(id: string, status: string): Layer | undefined {
    const known = this.#layers.get(id);
    if (known) return known;
    if (!isLayerId(id) || /^Pulling from/.test(status)) return undefined;
    const layer: Layer = { fetched: 0, unpacked: 0 };
    this.#layers.set(id, layer);
    return layer;
  }

  /** What was here already has no size at all. */
  #merged(): number {
    const layers = [...this.#layers.values()].filter((l) => l.size !== undefined || l.unpacked < 1);
    const shares = layers.map(({ size, fetched, unpacked }) => ({
      size,
      done: fetched * fetchShare + unpacked * (1 - fetchShare),
    }));
    return mergedFraction(shares) ?? this.#fraction;
  }
}
