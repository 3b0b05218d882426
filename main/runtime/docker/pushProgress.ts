/** A push's progress per layer, merged to one fraction of bytes that never goes back. */
import type { ImageProgress } from '../runtime';
import { isLayerId, mergedFraction, type LayerShare } from './layerProgress';
import type { EngineMessage } from './ndjson';

interface Layer extends LayerShare {
  /** True where the registry had it already: an earlier push that was cut off, or another image's. */
  exists?: true;
}

export class PushProgress {
  readonly #layers = new Map<string, Layer>();
  #fraction = 0;
  #lastLine = '';

  push(message: EngineMessage): ImageProgress[] {
    const { status, id, progressDetail } = message;
    if (message.stray !== undefined) return [{ line: message.stray }];
    if (!status) return [];
    if (id === undefined || !isLayerId(id)) return this.#line(id ? `${id}: ${status}` : status);
    const layer = this.#layers.get(id) ?? { done: 0 };
    this.#layers.set(id, layer);
    const before = layer.done;
    const { current = 0, total = 0 } = progressDetail ?? {};
    if (status === 'Pushing') {
      if (total > 0) layer.size = total;
      // More than all: a tar has headers. Not quite done until the registry said so.
      if (total > 0) layer.done = Math.max(layer.done, Math.min(0.99, current / total));
    } else if (/^(?:Layer already exists|Mounted from )/.test(status)) {
      layer.exists = true;
      layer.done = 1;
    } else if (status === 'Pushed') {
      layer.done = 1;
    }
    const counts = progressDetail?.current !== undefined;
    return [
      ...(counts ? [] : this.#line(`${id}: ${status}`)),
      ...(layer.done === 1 && before < 1 ? [{ step: this.#step(id, layer) }] : []),
      ...this.#grown(),
    ];
  }

  /** A retry counts its seconds down, one line each: said once. */
  #line(line: string): ImageProgress[] {
    const kind = line.replace(/Retrying in \d+ seconds?/, 'Retrying');
    if (kind !== line && kind === this.#lastLine) return [];
    this.#lastLine = kind;
    return [{ line }];
  }

  #step(id: string, { exists }: Layer): NonNullable<ImageProgress['step']> {
    const all = [...this.#layers.values()];
    const current = all.filter(({ done }) => done === 1).length;
    return { current, total: all.length, label: exists ? `${id} already exists` : `${id} pushed` };
  }

  #grown(): ImageProgress[] {
    // What is there already takes no time; without sizes it would count as much as the layer that takes all of it.
    const moving = [...this.#layers.values()].filter(({ exists }) => !exists);
    const fraction = mergedFraction(moving) ?? 0;
    if (fraction <= this.#fraction) return [];
    this.#fraction = fraction;
    return [{ fraction }];
  }
}
